// Indexes the receipts of a chain with Subsquid's processor, from the node's
// RPC alone, into PostgreSQL by Subsquid's TypeORM store.
//
// DB_URL             the database, postgres://...
// BENCH_CHAIN        WebSocket address of the node, ws://...
// BENCH_CONTRACT     the contract `receipts`, 0x...
// BENCH_FROM         the first block
// BENCH_TO           the last block; it ends when that is stored
// BENCH_GENESIS_MS   start of epoch 0, Unix milliseconds
// BENCH_EPOCH_MS     length of an epoch, milliseconds
// BENCH_WRITE        `store`, or `sql` for a statement of our own; see below
//
// What was chosen. The processor's defaults: ranges of ten blocks, five of them
// fetched at a time. Of each block the events of the one contract and the time,
// neither calls nor extrinsics. Rows are written as Subsquid's documentation
// tells: one `insert` of all rows of a batch of blocks, which does not check for
// rows that exist already as an upsert does. No log of hot blocks, for all are
// final.
//
// With BENCH_WRITE=sql the rows go around TypeORM in one `INSERT … SELECT FROM
// unnest(…)` inside the store's transaction. That is much faster, and not in
// Subsquid's documentation: its store has no query method, and the manager that
// is used here is a private member of it. The benchmark shows it when asked to.
const { SubstrateBatchProcessor } = require('@subsquid/substrate-processor');
const { createOrmConfig } = require('@subsquid/typeorm-config');
const { TypeormDatabase } = require('@subsquid/typeorm-store');
const { DataSource } = require('typeorm');
const { receiptId, receiptsOf } = require('../receipts');
const { Receipt } = require('./lib/model');

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const contract = setting('BENCH_CONTRACT');
const genesisMs = Number(setting('BENCH_GENESIS_MS'));
const epochMs = Number(setting('BENCH_EPOCH_MS'));

const FIELDS = [
  ...['id', 'device', 'seq', 'position', 'block', 'epoch', 'merchant', 'customer'],
  ...['channel', 'rail', 'amount', 'reference', 'atMs'],
];
const INSERT = `
  INSERT INTO receipt (id, device, seq, position, block, epoch, merchant, customer, channel, rail, amount, reference, at_ms)
  SELECT * FROM unnest($1::text[], $2::int[], $3::numeric[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[],
                       $9::int[], $10::int[], $11::numeric[], $12::bytea[], $13::numeric[])`;

const processor = new SubstrateBatchProcessor()
  .setRpcEndpoint(setting('BENCH_CHAIN'))
  .setBlockRange({ from: Number(setting('BENCH_FROM')), to: Number(setting('BENCH_TO')) })
  .setFields({ block: { timestamp: true } })
  .addContractsContractEmitted({ contractAddress: [contract] });

/** Makes the table, as a squid's migrations do. */
async function migrate() {
  const database = new DataSource(createOrmConfig({ projectDir: __dirname }));
  await database.initialize();
  await database.synchronize();
  await database.destroy();
}

async function store({ blocks, store }) {
  const rows = [];
  for (const { header, events } of blocks) {
    const epoch = Math.floor((header.timestamp - genesisMs) / epochMs);
    for (const event of events) {
      // An anonymous event has no topic of its own kind: its topics are empty.
      if (event.name !== 'Contracts.ContractEmitted' || event.args.contract !== contract) continue;
      for (const receipt of receiptsOf(event.args.data)) {
        const id = receiptId(header.height, event.index, receipt.position);
        rows.push(new Receipt({ id, block: header.height, epoch, ...receipt }));
      }
    }
  }
  await write(store, rows);
}

const writers = {
  store: (store, rows) => store.insert(rows),
  sql: async (store, rows) => {
    if (rows.length === 0) return;
    const column = (name) => rows.map(({ [name]: value }) => (typeof value === 'bigint' ? value.toString() : value));
    await store.em().query(INSERT, FIELDS.map(column));
  },
};
const write = writers[setting('BENCH_WRITE')];

migrate().then(
  () => processor.run(new TypeormDatabase({ supportHotBlocks: false, projectDir: __dirname }), store),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
