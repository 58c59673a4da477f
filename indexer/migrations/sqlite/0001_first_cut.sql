-- Amounts of tokens, scores and sums are 16 bytes, big endian: they sort as
-- numbers. Stamps are epoch + 1; 0 is before genesis (architecture.md, Calendar).

-- The one network that this database follows.
CREATE TABLE network (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    genesis_hash BLOB NOT NULL,
    genesis_ms INTEGER NOT NULL,
    epoch_ms INTEGER NOT NULL,
    first_block INTEGER NOT NULL,
    vault BLOB NOT NULL,
    bzky BLOB NOT NULL,
    time BLOB NOT NULL,
    registry BLOB NOT NULL,
    receipts BLOB NOT NULL,
    pos_deposit BLOB NOT NULL,
    rewards BLOB NOT NULL
);

-- Every stored block; the highest is the checkpoint. receipts_end is the
-- number that the next receipt gets, so an epoch is a range of receipts.
CREATE TABLE blocks (
    number INTEGER NOT NULL PRIMARY KEY,
    hash BLOB NOT NULL,
    parent_hash BLOB NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    receipts_end INTEGER NOT NULL
);
CREATE INDEX blocks_by_stamp ON blocks (stamp, number);

CREATE TABLE parties (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    account BLOB NOT NULL,
    commitment BLOB NOT NULL,
    stamp INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (side, party)
) WITHOUT ROWID;
CREATE INDEX parties_by_account ON parties (account);

CREATE TABLE statuses (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    status INTEGER NOT NULL,
    reason BLOB NOT NULL,
    PRIMARY KEY (side, party, block, event)
) WITHOUT ROWID;

CREATE TABLE holds (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    reason BLOB NOT NULL,
    PRIMARY KEY (side, party, block, event)
) WITHOUT ROWID;

CREATE TABLE capitals (
    merchant INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    area_m2 INTEGER NOT NULL,
    staff INTEGER NOT NULL,
    rent_per_m2_month INTEGER NOT NULL,
    wage_month INTEGER NOT NULL,
    PRIMARY KEY (merchant, from_epoch, block, event)
) WITHOUT ROWID;

CREATE TABLE devices (
    device INTEGER NOT NULL PRIMARY KEY,
    merchant INTEGER NOT NULL,
    key BLOB NOT NULL,
    active INTEGER NOT NULL,
    block INTEGER NOT NULL
);
CREATE INDEX devices_by_merchant ON devices (merchant, device);

-- currency and at_ms are NULL when the payload's header is unreadable.
CREATE TABLE batches (
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    announced INTEGER NOT NULL,
    undecodable INTEGER NOT NULL,
    first_receipt INTEGER NOT NULL,
    currency BLOB,
    at_ms INTEGER,
    PRIMARY KEY (device, seq)
) WITHOUT ROWID;
CREATE INDEX batches_by_epoch ON batches (epoch, merchant);

-- Numbered in chain order from 1. validity: 0 valid, 1 zero amount, 2 amount
-- of 2^48 or more (an amount of 2^63 or more reads negative here).
CREATE TABLE receipts (
    id INTEGER NOT NULL PRIMARY KEY,
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    block INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    customer INTEGER,
    channel INTEGER NOT NULL,
    rail INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    reference BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    validity INTEGER NOT NULL,
    voided_epoch INTEGER
);
CREATE UNIQUE INDEX receipts_by_place ON receipts (device, seq, position);
CREATE INDEX receipts_by_merchant ON receipts (merchant, id);
CREATE INDEX receipts_by_customer ON receipts (customer, id) WHERE customer IS NOT NULL;

CREATE TABLE voids (
    receipt INTEGER NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL
);
CREATE INDEX voids_by_epoch ON voids (epoch, block, event);

-- position is the checkpoint's index in the contract's list.
CREATE TABLE bzky_checkpoints (
    account BLOB NOT NULL,
    stamp INTEGER NOT NULL,
    position INTEGER NOT NULL,
    close BLOB NOT NULL,
    low BLOB NOT NULL,
    PRIMARY KEY (account, stamp)
) WITHOUT ROWID;

CREATE TABLE deposit_checkpoints (
    account BLOB NOT NULL,
    stamp INTEGER NOT NULL,
    position INTEGER NOT NULL,
    close BLOB NOT NULL,
    low BLOB NOT NULL,
    PRIMARY KEY (account, stamp)
) WITHOUT ROWID;

CREATE TABLE time_balances (
    account BLOB NOT NULL PRIMARY KEY,
    balance BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE deposits (
    device INTEGER NOT NULL PRIMARY KEY,
    depositor BLOB NOT NULL,
    amount BLOB NOT NULL,
    releasable_ms INTEGER
);

CREATE TABLE epochs (
    epoch INTEGER NOT NULL PRIMARY KEY,
    batches INTEGER NOT NULL,
    announced INTEGER NOT NULL,
    receipts INTEGER NOT NULL,
    state INTEGER NOT NULL,
    round INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    since_block INTEGER NOT NULL,
    report BLOB,
    merchants_emission BLOB NOT NULL,
    merchants_reserved BLOB NOT NULL,
    merchants_paid BLOB NOT NULL,
    customers_emission BLOB NOT NULL,
    customers_reserved BLOB NOT NULL,
    customers_paid BLOB NOT NULL
);

-- report is the SCALE form of the suite's Report.
CREATE TABLE reports (
    epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    round INTEGER NOT NULL,
    member BLOB NOT NULL,
    report BLOB NOT NULL,
    PRIMARY KEY (epoch, block, event)
) WITHOUT ROWID;

CREATE TABLE rewards (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    account BLOB NOT NULL,
    amount BLOB NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (side, party, epoch)
) WITHOUT ROWID;
CREATE INDEX rewards_by_epoch ON rewards (epoch, side, party);

CREATE TABLE committees (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    members BLOB NOT NULL,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;
