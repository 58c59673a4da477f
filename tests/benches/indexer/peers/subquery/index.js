// SubQuery's handler. What it is told of the chain comes from the project's
// `.env`, the one source of settings that SubQuery's sandbox has:
//
// BENCH_CONTRACT     the contract `receipts`, 0x...
// BENCH_GENESIS_MS   start of epoch 0, Unix milliseconds
// BENCH_EPOCH_MS     length of an epoch, milliseconds
const { receiptId, receiptsOf } = require('./receipts');

const { BENCH_CONTRACT: contract, BENCH_GENESIS_MS, BENCH_EPOCH_MS } = process.env;
const genesisMs = Number(BENCH_GENESIS_MS);
const epochMs = Number(BENCH_EPOCH_MS);

/** Stores the receipts of a batch, all at once. */
async function handleContractEmitted({ idx, event, block }) {
  const [emitter, data] = event.data;
  if (emitter.toHex() !== contract) return;
  const height = block.block.header.number.toNumber();
  const epoch = Math.floor((block.timestamp.getTime() - genesisMs) / epochMs);
  const rows = receiptsOf(data.toHex()).map(({ reference, ...receipt }) => ({
    id: receiptId(height, idx, receipt.position),
    block: height,
    epoch,
    ...receipt,
    reference: `0x${reference.toString('hex')}`,
  }));
  await store.bulkCreate('Receipt', rows);
}

module.exports = { handleContractEmitted };
