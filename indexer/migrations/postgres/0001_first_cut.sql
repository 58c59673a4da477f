-- Amounts of tokens, scores and sums are 16 bytes, big endian: they sort as
-- numbers. Stamps are epoch + 1; 0 is before genesis (architecture.md, Calendar).

-- The one network that this database follows.
CREATE TABLE network (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    genesis_hash BYTEA NOT NULL,
    genesis_ms BIGINT NOT NULL,
    epoch_ms BIGINT NOT NULL,
    first_block BIGINT NOT NULL,
    vault BYTEA NOT NULL,
    bzky BYTEA NOT NULL,
    time BYTEA NOT NULL,
    registry BYTEA NOT NULL,
    receipts BYTEA NOT NULL,
    pos_deposit BYTEA NOT NULL,
    rewards BYTEA NOT NULL
);

-- Every stored block; the highest is the checkpoint. receipts_end is the
-- number that the next receipt gets, so an epoch is a range of receipts.
CREATE TABLE blocks (
    number BIGINT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL,
    parent_hash BYTEA NOT NULL,
    timestamp_ms BIGINT NOT NULL,
    stamp BIGINT NOT NULL,
    receipts_end BIGINT NOT NULL
);
CREATE INDEX blocks_by_stamp ON blocks (stamp, number);

CREATE TABLE parties (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    account BYTEA NOT NULL,
    commitment BYTEA NOT NULL,
    stamp BIGINT NOT NULL,
    block BIGINT NOT NULL,
    PRIMARY KEY (side, party)
);
CREATE INDEX parties_by_account ON parties (account);

CREATE TABLE statuses (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    stamp BIGINT NOT NULL,
    status SMALLINT NOT NULL,
    reason BYTEA NOT NULL,
    PRIMARY KEY (side, party, block, event)
);

CREATE TABLE holds (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    until_ms BIGINT NOT NULL,
    reason BYTEA NOT NULL,
    PRIMARY KEY (side, party, block, event)
);

CREATE TABLE capitals (
    merchant BIGINT NOT NULL,
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    area_m2 BIGINT NOT NULL,
    staff BIGINT NOT NULL,
    rent_per_m2_month BIGINT NOT NULL,
    wage_month BIGINT NOT NULL,
    PRIMARY KEY (merchant, from_epoch, block, event)
);

CREATE TABLE devices (
    device BIGINT NOT NULL PRIMARY KEY,
    merchant BIGINT NOT NULL,
    key BYTEA NOT NULL,
    active SMALLINT NOT NULL,
    block BIGINT NOT NULL
);
CREATE INDEX devices_by_merchant ON devices (merchant, device);

-- currency and at_ms are NULL when the payload's header is unreadable.
CREATE TABLE batches (
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    announced BIGINT NOT NULL,
    undecodable BIGINT NOT NULL,
    first_receipt BIGINT NOT NULL,
    currency BYTEA,
    at_ms BIGINT,
    PRIMARY KEY (device, seq)
);
CREATE INDEX batches_by_epoch ON batches (epoch, merchant);

-- Numbered in chain order from 1. validity: 0 valid, 1 zero amount, 2 amount
-- of 2^48 or more (an amount of 2^63 or more reads negative here).
CREATE TABLE receipts (
    id BIGINT NOT NULL PRIMARY KEY,
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    position BIGINT NOT NULL,
    block BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    customer BIGINT,
    channel SMALLINT NOT NULL,
    rail SMALLINT NOT NULL,
    amount BIGINT NOT NULL,
    reference BYTEA NOT NULL,
    at_ms BIGINT NOT NULL,
    validity SMALLINT NOT NULL,
    voided_epoch BIGINT
);
CREATE UNIQUE INDEX receipts_by_place ON receipts (device, seq, position);
CREATE INDEX receipts_by_merchant ON receipts (merchant, id);
CREATE INDEX receipts_by_customer ON receipts (customer, id) WHERE customer IS NOT NULL;

CREATE TABLE voids (
    receipt BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL
);
CREATE INDEX voids_by_epoch ON voids (epoch, block, event);

-- position is the checkpoint's index in the contract's list.
CREATE TABLE bzky_checkpoints (
    account BYTEA NOT NULL,
    stamp BIGINT NOT NULL,
    position BIGINT NOT NULL,
    close BYTEA NOT NULL,
    low BYTEA NOT NULL,
    PRIMARY KEY (account, stamp)
);

CREATE TABLE deposit_checkpoints (
    account BYTEA NOT NULL,
    stamp BIGINT NOT NULL,
    position BIGINT NOT NULL,
    close BYTEA NOT NULL,
    low BYTEA NOT NULL,
    PRIMARY KEY (account, stamp)
);

CREATE TABLE time_balances (
    account BYTEA NOT NULL PRIMARY KEY,
    balance BYTEA NOT NULL
);

CREATE TABLE deposits (
    device BIGINT NOT NULL PRIMARY KEY,
    depositor BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    releasable_ms BIGINT
);

CREATE TABLE epochs (
    epoch BIGINT NOT NULL PRIMARY KEY,
    batches BIGINT NOT NULL,
    announced BIGINT NOT NULL,
    receipts BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    round SMALLINT NOT NULL,
    since_ms BIGINT NOT NULL,
    since_block BIGINT NOT NULL,
    report BYTEA,
    merchants_emission BYTEA NOT NULL,
    merchants_reserved BYTEA NOT NULL,
    merchants_paid BYTEA NOT NULL,
    customers_emission BYTEA NOT NULL,
    customers_reserved BYTEA NOT NULL,
    customers_paid BYTEA NOT NULL
);

-- report is the SCALE form of the suite's Report.
CREATE TABLE reports (
    epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    round SMALLINT NOT NULL,
    member BYTEA NOT NULL,
    report BYTEA NOT NULL,
    PRIMARY KEY (epoch, block, event)
);

CREATE TABLE rewards (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    account BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (side, party, epoch)
);
CREATE INDEX rewards_by_epoch ON rewards (epoch, side, party);

CREATE TABLE committees (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    from_epoch BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (block, event)
);
