// The table of receipts as Subsquid's code generator would declare it in
// TypeScript: decorators are plain functions here, so nothing needs compiling.
// No index but that of the primary key: the peer has less to write than we do.
const { BigIntColumn, BytesColumn, Entity, IntColumn, PrimaryColumn } = require('@subsquid/typeorm-store');

class Receipt {
  constructor(props) {
    Object.assign(this, props);
  }
}

const columns = {
  id: PrimaryColumn(),
  device: IntColumn({ nullable: false }),
  seq: BigIntColumn({ nullable: false }),
  position: IntColumn({ nullable: false }),
  block: IntColumn({ nullable: false }),
  epoch: IntColumn({ nullable: false }),
  merchant: IntColumn({ nullable: false }),
  customer: IntColumn({ nullable: true }),
  channel: IntColumn({ nullable: false }),
  rail: IntColumn({ nullable: false }),
  amount: BigIntColumn({ nullable: false }),
  reference: BytesColumn({ nullable: false }),
  atMs: BigIntColumn({ nullable: false }),
};
// TypeScript would note the one type that its decorator does not name.
Reflect.metadata('design:type', String)(Receipt.prototype, 'id');
Object.entries(columns).forEach(([name, column]) => column(Receipt.prototype, name));
Entity('receipt')(Receipt);

module.exports = { Receipt };
