// What both peers decode: the data of `BatchRecorded`
// (contracts/primitives/src/events/receipts.rs) and the receipts in its payload
// (contracts/primitives/src/receipt.rs), both in SCALE.

/** Layout of the payloads that this reads. */
const PAYLOAD_VERSION = 1;
const RAILS = 8;
const REFERENCE_BYTES = 16;

/** Reads one value after the other; a RangeError where the bytes end. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** Where a field of so many bytes begins. */
  take(count) {
    const at = this.at;
    if (at + count > this.bytes.length) throw new RangeError('the bytes end too early');
    this.at = at + count;
    return at;
  }

  u8() {
    return this.bytes[this.take(1)];
  }

  u16() {
    return this.bytes.readUInt16LE(this.take(2));
  }

  u32() {
    return this.bytes.readUInt32LE(this.take(4));
  }

  u64() {
    return this.bytes.readBigUInt64LE(this.take(8));
  }

  /** A compact integer: a number, or a bigint from 2^32 on. */
  compact() {
    const first = this.bytes[this.at];
    switch (first & 3) {
      case 0:
        return this.u8() >> 2;
      case 1:
        return this.u16() >> 2;
      case 2:
        return this.u32() >>> 2;
      default: {
        this.take(1);
        const count = (first >> 2) + 4;
        const at = this.take(count);
        let value = 0n;
        for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i]);
        return count === 4 ? Number(value) : value;
      }
    }
  }
}

/**
 * The receipts of one batch. As in the indexer, what decodes is taken, up to the
 * first receipt that does not; a batch with an unreadable header has none.
 *
 * `data` is the event's data as hex, 0x...
 */
function receiptsOf(data) {
  const reader = new Reader(Buffer.from(data.slice(2), 'hex'));
  const device = reader.u32();
  const merchant = reader.u32();
  const seq = reader.u64();
  const count = reader.u16();
  reader.compact(); // The payload's length: it is the last field.
  const receipts = [];
  try {
    if (reader.u8() !== PAYLOAD_VERSION) return receipts;
    reader.take(3); // The currency.
    let atMs = reader.u64();
    for (let position = 0; position < count; position++) {
      atMs += BigInt(reader.compact()) * 1000n;
      const amount = BigInt(reader.compact());
      const customer = reader.compact();
      const kind = reader.u8();
      if (kind >> 1 >= RAILS) break;
      const at = reader.take(REFERENCE_BYTES);
      receipts.push({
        device,
        merchant,
        seq,
        position,
        // 0 says that the customer is unknown.
        customer: customer === 0 ? null : customer,
        channel: kind & 1,
        rail: kind >> 1,
        amount,
        reference: reader.bytes.subarray(at, at + REFERENCE_BYTES),
        atMs,
      });
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return receipts;
}

/** An id that sorts as the chain does. */
function receiptId(block, event, position) {
  return `${pad(block, 8)}-${pad(event, 4)}-${pad(position, 5)}`;
}

function pad(number, digits) {
  return String(number).padStart(digits, '0');
}

module.exports = { receiptsOf, receiptId };
