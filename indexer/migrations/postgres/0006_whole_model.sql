-- The rest of what the suite says. A database that holds blocks already lacks
-- the rows of those blocks, so Store::open refuses it before this runs.

ALTER TABLE network ADD COLUMN redemption BYTEA;
ALTER TABLE network ADD COLUMN vesting BYTEA;
ALTER TABLE network ADD COLUMN foundation BYTEA;
ALTER TABLE network ADD COLUMN otc BYTEA;

-- The block that ended a device for good.
ALTER TABLE devices ADD COLUMN retired_block BIGINT;

-- Who may lock a device's deposit beside its shop, and its class. The platform
-- may put a device in a class before receipts knows it.
CREATE TABLE device_terms (
    device BIGINT NOT NULL PRIMARY KEY,
    agent BYTEA,
    class SMALLINT NOT NULL
);

CREATE TABLE agents (
    agent BIGINT NOT NULL PRIMARY KEY,
    account BYTEA NOT NULL,
    commitment BYTEA NOT NULL,
    stamp BIGINT NOT NULL,
    block BIGINT NOT NULL,
    active SMALLINT NOT NULL,
    reason BYTEA
);

-- A shop's trade and region, from an epoch on.
CREATE TABLE businesses (
    merchant BIGINT NOT NULL,
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    trade BIGINT NOT NULL,
    region BIGINT NOT NULL,
    PRIMARY KEY (merchant, from_epoch, block, event)
);
CREATE INDEX businesses_by_trade ON businesses (trade, merchant);
CREATE INDEX businesses_by_region ON businesses (region, merchant);

-- granted, decision (the hash of its reason) and decided_block are NULL while
-- an appeal waits.
CREATE TABLE appeals (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    statement BYTEA NOT NULL,
    granted SMALLINT,
    decision BYTEA,
    decided_block BIGINT,
    PRIMARY KEY (side, party, block, event)
);

-- stock is what is left; unearned is what went back or was burned at the end.
CREATE TABLE tasks (
    task BIGINT NOT NULL PRIMARY KEY,
    merchant BIGINT NOT NULL,
    conditions BYTEA NOT NULL,
    reward BYTEA NOT NULL,
    stock BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    block BIGINT NOT NULL,
    closed_block BIGINT,
    unearned BYTEA
);
CREATE INDEX tasks_by_merchant ON tasks (merchant, task);

CREATE TABLE task_fulfilments (
    task BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    account BYTEA NOT NULL,
    reward BYTEA NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (task, customer)
);

-- The terms of the present version; stock is what is left.
CREATE TABLE privileges (
    privilege BIGINT NOT NULL PRIMARY KEY,
    merchant BIGINT NOT NULL,
    block BIGINT NOT NULL,
    version BIGINT NOT NULL,
    changed_block BIGINT NOT NULL,
    conditions BYTEA NOT NULL,
    price BYTEA NOT NULL,
    stock BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    opens BIGINT NOT NULL,
    closes BIGINT NOT NULL,
    refund_ms BIGINT NOT NULL,
    closed_block BIGINT
);
CREATE INDEX privileges_by_merchant ON privileges (merchant, privilege);

-- Used tickets. version and refund_ms are those of the privilege at that time.
CREATE TABLE collections (
    ticket BYTEA NOT NULL PRIMARY KEY,
    merchant BIGINT NOT NULL,
    privilege BIGINT NOT NULL,
    version BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    amount BYTEA NOT NULL,
    refund_ms BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    refunded_block BIGINT,
    settled_block BIGINT
);
CREATE UNIQUE INDEX collections_by_place ON collections (block, event);
CREATE INDEX collections_by_merchant ON collections (merchant, block, event);
CREATE INDEX collections_by_customer ON collections (customer, block, event);

-- paid is Bzky without a payment, minor units with one. state: 0 done,
-- 1 pending, 2 charged back.
CREATE TABLE time_sales (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    buyer BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    paid BYTEA NOT NULL,
    payment BYTEA,
    state SMALLINT NOT NULL,
    settled_block BIGINT,
    PRIMARY KEY (block, event)
);
CREATE UNIQUE INDEX time_sales_by_payment ON time_sales (payment) WHERE payment IS NOT NULL;
CREATE INDEX time_sales_by_buyer ON time_sales (buyer, block, event);

-- dated_ms is NULL for a price that the admin anchored.
CREATE TABLE bzky_prices (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    price BIGINT NOT NULL,
    dated_ms BIGINT,
    PRIMARY KEY (block, event)
);

-- state: 0 open, 1 opened, 2 failed; taken and debt are of one that failed.
CREATE TABLE demands (
    device BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    position BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    demander BYTEA NOT NULL,
    bond BYTEA NOT NULL,
    until_ms BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    settled_block BIGINT,
    taken BYTEA,
    debt BYTEA,
    PRIMARY KEY (device, seq, position)
);
CREATE UNIQUE INDEX demands_by_place ON demands (block, event);
CREATE INDEX demands_by_merchant ON demands (merchant, block, event);

-- kind: 0 a deposit was penalised, 1 a deposit was seized, 2 a bond was
-- slashed; what a kind does not have is NULL.
CREATE TABLE penalties (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    account BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    device BIGINT,
    beneficiary BYTEA,
    beneficiary_amount BYTEA,
    rest_to BYTEA,
    epoch BIGINT,
    round SMALLINT,
    PRIMARY KEY (block, event)
);
CREATE INDEX penalties_by_account ON penalties (account, block, event);
CREATE INDEX penalties_by_device ON penalties (device, block, event) WHERE device IS NOT NULL;

CREATE TABLE debts (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    amount BYTEA NOT NULL,
    PRIMARY KEY (side, party)
);

-- reason is of a debt that grew, epoch of one that was withheld from a reward.
CREATE TABLE debt_changes (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    amount BYTEA NOT NULL,
    reason BYTEA,
    epoch BIGINT,
    PRIMARY KEY (block, event)
);
CREATE INDEX debt_changes_by_party ON debt_changes (side, party, block, event);

CREATE TABLE disputes (
    epoch BIGINT NOT NULL,
    round SMALLINT NOT NULL,
    disputer BYTEA NOT NULL,
    bond BYTEA NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    upheld SMALLINT,
    decided_block BIGINT,
    PRIMARY KEY (epoch, round)
);

CREATE TABLE struck_reports (
    epoch BIGINT NOT NULL,
    round SMALLINT NOT NULL,
    challenger BYTEA NOT NULL,
    reward BYTEA NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (epoch, round)
);

-- left_over = deferred - paid - withheld.
CREATE TABLE deferred_rewards (
    epoch BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    deferred BYTEA NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    paid BYTEA NOT NULL,
    withheld BYTEA NOT NULL,
    left_over BYTEA NOT NULL,
    PRIMARY KEY (epoch, merchant)
);
CREATE INDEX deferred_rewards_by_merchant ON deferred_rewards (merchant, epoch);

CREATE TABLE deferred_payments (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    account BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    PRIMARY KEY (block, event)
);

CREATE TABLE directors (
    director BIGINT NOT NULL PRIMARY KEY,
    name BYTEA NOT NULL,
    block BIGINT NOT NULL,
    account BYTEA NOT NULL,
    left_block BIGINT
);

-- director is NULL from a block in which the chair left.
CREATE TABLE chairs (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    director BIGINT,
    PRIMARY KEY (block, event)
);

-- motion is the SCALE form of the suite's Motion. state: 0 open, 1 passed,
-- 2 failed, 3 enacted, 4 cancelled.
CREATE TABLE resolutions (
    resolution BIGINT NOT NULL PRIMARY KEY,
    director BIGINT NOT NULL,
    motion BYTEA NOT NULL,
    proposed_ms BIGINT NOT NULL,
    block BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    since_block BIGINT NOT NULL,
    executable_ms BIGINT
);

CREATE TABLE votes (
    resolution BIGINT NOT NULL,
    director BIGINT NOT NULL,
    in_favour SMALLINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    PRIMARY KEY (resolution, director)
);

CREATE TABLE vesting_releases (
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    line SMALLINT NOT NULL,
    account BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    PRIMARY KEY (block, event)
);

-- terms is the SCALE form of the suite's Terms.
CREATE TABLE offers (
    offer BIGINT NOT NULL PRIMARY KEY,
    maker BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    currency BYTEA NOT NULL,
    terms BYTEA NOT NULL,
    block BIGINT NOT NULL,
    left_over BYTEA NOT NULL,
    reservations BIGINT NOT NULL,
    closed_block BIGINT,
    returned BYTEA
);
CREATE INDEX offers_by_currency ON offers (currency, offer);
CREATE INDEX offers_by_maker ON offers (maker, offer);

-- origin: 0 an offer, 1 a desk that sells, 2 a desk that buys; origin_id is
-- the offer's or the quote's number. stage: 0 reserved, 1 paid, 2 disputed,
-- 3 ended. opener: 0 the seller, 1 the buyer. ending is the SCALE form of the
-- suite's Ending.
CREATE TABLE reservations (
    reservation BIGINT NOT NULL PRIMARY KEY,
    origin SMALLINT NOT NULL,
    origin_id BIGINT NOT NULL,
    seller BYTEA NOT NULL,
    buyer BYTEA NOT NULL,
    amount BYTEA NOT NULL,
    bond BYTEA NOT NULL,
    currency BYTEA NOT NULL,
    cost BYTEA NOT NULL,
    reference BYTEA NOT NULL,
    block BIGINT NOT NULL,
    stage SMALLINT NOT NULL,
    until_ms BIGINT NOT NULL,
    payment BYTEA,
    opener SMALLINT,
    opener_bond BYTEA,
    evidence BYTEA,
    ending BYTEA,
    settled_block BIGINT
);
CREATE INDEX reservations_by_origin ON reservations (origin, origin_id, reservation);
CREATE INDEX reservations_by_seller ON reservations (seller, reservation);
CREATE INDEX reservations_by_buyer ON reservations (buyer, reservation);

-- Lists of deposits go by their depositor.
CREATE INDEX deposits_by_depositor ON deposits (depositor, device);

-- Lists of all voids.
CREATE INDEX voids_by_place ON voids (block, event);

-- Receipts by epoch, thirty to a partition (a month of days): old months can
-- be moved or dropped as one, and each keeps its indexes small. A partition is
-- made with the first of its epochs (store/write/partitions.rs). The table is
-- empty: a database that holds blocks of an earlier version is not opened.
DROP TABLE receipts;
CREATE TABLE receipts (
    id BIGINT NOT NULL,
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
    voided_epoch BIGINT,
    PRIMARY KEY (id, epoch)
) PARTITION BY RANGE (epoch);
CREATE INDEX receipts_by_merchant ON receipts (merchant, id);
CREATE INDEX receipts_by_customer ON receipts (customer, id) WHERE customer IS NOT NULL;
