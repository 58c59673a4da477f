// Follows a chain with Subsquid's processor, through the node's RPC alone, and
// prints the events of one contract and the transfers of native coin, with what
// Subsquid says about their blocks and extrinsics, as one line of JSON.
//
// BIZKEY_CHAIN     WebSocket address of the chain, ws://...
// --contract HEX   the contract whose events are wanted, 0x...
// --from N         the first block; default 0
// --to N           the last block, for a range that is final already
// --until N        instead of --to: follows the head until it has this block. A
//                  block counts as final when another follows it: where blocks
//                  are final at once, the processor may hear that one is final
//                  before it has looked at it, and then passes it over
import { parseArgs } from 'node:util';
import { SubstrateBatchProcessor } from '@subsquid/substrate-processor';

const { values: options } = parseArgs({
  options: {
    contract: { type: 'string' },
    from: { type: 'string', default: '0' },
    to: { type: 'string' },
    until: { type: 'string' },
  },
});

/**
 * A database in memory: what a chain's reorganisation takes back is forgotten,
 * as it would be rolled back in a database of tables.
 */
class Memory {
  supportsHotBlocks = true;
  blocks = [];
  final = { height: -1, hash: '0x' };
  hotBlocks = 0;

  async connect() {
    return { ...this.final, top: [] };
  }

  async transact({ nextHead }, process) {
    await process(this);
    this.final = nextHead;
    this.say();
  }

  async transactHot2({ finalizedHead, baseHead, newBlocks }, process) {
    this.blocks = this.blocks.filter(({ height }) => height <= baseHead.height);
    this.hotBlocks += newBlocks.length;
    await process(this, 0, newBlocks.length);
    this.final = finalizedHead;
    this.say();
  }

  /** A line that lets whoever waits see how far it is; the end, if it is far enough. */
  say() {
    const height = this.blocks.at(-1)?.height ?? -1;
    console.log(JSON.stringify({ height }));
    if (height >= Number(options.until ?? Infinity)) process.exit(0);
  }
}

/** An extrinsic as far as every chain has it alike. */
const extrinsicOf = (extrinsic) =>
  extrinsic && {
    index: extrinsic.index,
    hash: extrinsic.hash,
    success: extrinsic.success,
    fee: extrinsic.fee?.toString(),
    call: extrinsic.call?.name,
  };

if (!options.contract) throw new Error('--contract is missing');
if (!options.to === !options.until) throw new Error('one of --to and --until, please');
if (!process.env.BIZKEY_CHAIN) throw new Error('set BIZKEY_CHAIN to the chain, ws://...');

const database = new Memory();
const relations = { extrinsic: true, call: true };
const processor = new SubstrateBatchProcessor()
  .setRpcEndpoint(process.env.BIZKEY_CHAIN)
  .setBlockRange({ from: Number(options.from), to: options.to && Number(options.to) })
  .setFields({
    block: { timestamp: true, stateRoot: true },
    extrinsic: { hash: true, fee: true, success: true },
    event: { phase: true, topics: true },
  })
  .includeAllBlocks()
  .addContractsContractEmitted({ contractAddress: [options.contract], ...relations })
  .addEvent({ name: ['Balances.Transfer'], ...relations });

if (options.until) processor.setFinalityConfirmation(1);

process.on('exit', (code) => {
  if (code !== 0) return;
  const { blocks, hotBlocks } = database;
  const events = blocks.flatMap(({ events }) => events);
  const headers = blocks.map(({ height, hash, timestamp, stateRoot }) => ({ height, hash, timestamp, stateRoot }));
  console.log(JSON.stringify({ blocks: headers, events, hotBlocks }));
});

processor.run(database, async ({ blocks, store }) => {
  for (const { header, events } of blocks) {
    const { height, hash, timestamp, stateRoot } = header;
    store.blocks.push({
      height,
      hash,
      timestamp,
      stateRoot,
      events: events.map((event) => ({
        block: height,
        index: event.index,
        name: event.name,
        args: event.args,
        topics: event.topics,
        extrinsic: extrinsicOf(event.extrinsic),
      })),
    });
  }
});
