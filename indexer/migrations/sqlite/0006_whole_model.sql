-- The rest of what the suite says. A database that holds blocks already lacks
-- the rows of those blocks, so Store::open refuses it before this runs.

ALTER TABLE network ADD COLUMN redemption BLOB;
ALTER TABLE network ADD COLUMN vesting BLOB;
ALTER TABLE network ADD COLUMN foundation BLOB;
ALTER TABLE network ADD COLUMN otc BLOB;

-- The block that ended a device for good.
ALTER TABLE devices ADD COLUMN retired_block INTEGER;

-- Who may lock a device's deposit beside its shop, and its class. The platform
-- may put a device in a class before receipts knows it.
CREATE TABLE device_terms (
    device INTEGER NOT NULL PRIMARY KEY,
    agent BLOB,
    class INTEGER NOT NULL
);

CREATE TABLE agents (
    agent INTEGER NOT NULL PRIMARY KEY,
    account BLOB NOT NULL,
    commitment BLOB NOT NULL,
    stamp INTEGER NOT NULL,
    block INTEGER NOT NULL,
    active INTEGER NOT NULL,
    reason BLOB
);

-- A shop's trade and region, from an epoch on.
CREATE TABLE businesses (
    merchant INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    trade INTEGER NOT NULL,
    region INTEGER NOT NULL,
    PRIMARY KEY (merchant, from_epoch, block, event)
) WITHOUT ROWID;
CREATE INDEX businesses_by_trade ON businesses (trade, merchant);
CREATE INDEX businesses_by_region ON businesses (region, merchant);

-- granted, decision (the hash of its reason) and decided_block are NULL while
-- an appeal waits.
CREATE TABLE appeals (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    statement BLOB NOT NULL,
    granted INTEGER,
    decision BLOB,
    decided_block INTEGER,
    PRIMARY KEY (side, party, block, event)
) WITHOUT ROWID;

-- stock is what is left; unearned is what went back or was burned at the end.
CREATE TABLE tasks (
    task INTEGER NOT NULL PRIMARY KEY,
    merchant INTEGER NOT NULL,
    conditions BLOB NOT NULL,
    reward BLOB NOT NULL,
    stock INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    block INTEGER NOT NULL,
    closed_block INTEGER,
    unearned BLOB
);
CREATE INDEX tasks_by_merchant ON tasks (merchant, task);

CREATE TABLE task_fulfilments (
    task INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    account BLOB NOT NULL,
    reward BLOB NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (task, customer)
) WITHOUT ROWID;

-- The terms of the present version; stock is what is left.
CREATE TABLE privileges (
    privilege INTEGER NOT NULL PRIMARY KEY,
    merchant INTEGER NOT NULL,
    block INTEGER NOT NULL,
    version INTEGER NOT NULL,
    changed_block INTEGER NOT NULL,
    conditions BLOB NOT NULL,
    price BLOB NOT NULL,
    stock INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    opens INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    refund_ms INTEGER NOT NULL,
    closed_block INTEGER
);
CREATE INDEX privileges_by_merchant ON privileges (merchant, privilege);

-- Used tickets. version and refund_ms are those of the privilege at that time.
CREATE TABLE collections (
    ticket BLOB NOT NULL PRIMARY KEY,
    merchant INTEGER NOT NULL,
    privilege INTEGER NOT NULL,
    version INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    amount BLOB NOT NULL,
    refund_ms INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    refunded_block INTEGER,
    settled_block INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX collections_by_place ON collections (block, event);
CREATE INDEX collections_by_merchant ON collections (merchant, block, event);
CREATE INDEX collections_by_customer ON collections (customer, block, event);

-- paid is Bzky without a payment, minor units with one. state: 0 done,
-- 1 pending, 2 charged back.
CREATE TABLE time_sales (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    buyer BLOB NOT NULL,
    amount BLOB NOT NULL,
    paid BLOB NOT NULL,
    payment BLOB,
    state INTEGER NOT NULL,
    settled_block INTEGER,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;
CREATE UNIQUE INDEX time_sales_by_payment ON time_sales (payment) WHERE payment IS NOT NULL;
CREATE INDEX time_sales_by_buyer ON time_sales (buyer, block, event);

-- dated_ms is NULL for a price that the admin anchored.
CREATE TABLE bzky_prices (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    price INTEGER NOT NULL,
    dated_ms INTEGER,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;

-- state: 0 open, 1 opened, 2 failed; taken and debt are of one that failed.
CREATE TABLE demands (
    device INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    demander BLOB NOT NULL,
    bond BLOB NOT NULL,
    until_ms INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    state INTEGER NOT NULL,
    settled_block INTEGER,
    taken BLOB,
    debt BLOB,
    PRIMARY KEY (device, seq, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX demands_by_place ON demands (block, event);
CREATE INDEX demands_by_merchant ON demands (merchant, block, event);

-- kind: 0 a deposit was penalised, 1 a deposit was seized, 2 a bond was
-- slashed; what a kind does not have is NULL.
CREATE TABLE penalties (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    account BLOB NOT NULL,
    amount BLOB NOT NULL,
    device INTEGER,
    beneficiary BLOB,
    beneficiary_amount BLOB,
    rest_to BLOB,
    epoch INTEGER,
    round INTEGER,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;
CREATE INDEX penalties_by_account ON penalties (account, block, event);
CREATE INDEX penalties_by_device ON penalties (device, block, event) WHERE device IS NOT NULL;

CREATE TABLE debts (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    amount BLOB NOT NULL,
    PRIMARY KEY (side, party)
) WITHOUT ROWID;

-- reason is of a debt that grew, epoch of one that was withheld from a reward.
CREATE TABLE debt_changes (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    amount BLOB NOT NULL,
    reason BLOB,
    epoch INTEGER,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;
CREATE INDEX debt_changes_by_party ON debt_changes (side, party, block, event);

CREATE TABLE disputes (
    epoch INTEGER NOT NULL,
    round INTEGER NOT NULL,
    disputer BLOB NOT NULL,
    bond BLOB NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    upheld INTEGER,
    decided_block INTEGER,
    PRIMARY KEY (epoch, round)
) WITHOUT ROWID;

CREATE TABLE struck_reports (
    epoch INTEGER NOT NULL,
    round INTEGER NOT NULL,
    challenger BLOB NOT NULL,
    reward BLOB NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (epoch, round)
) WITHOUT ROWID;

-- left_over = deferred - paid - withheld.
CREATE TABLE deferred_rewards (
    epoch INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    deferred BLOB NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    paid BLOB NOT NULL,
    withheld BLOB NOT NULL,
    left_over BLOB NOT NULL,
    PRIMARY KEY (epoch, merchant)
) WITHOUT ROWID;
CREATE INDEX deferred_rewards_by_merchant ON deferred_rewards (merchant, epoch);

CREATE TABLE deferred_payments (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    account BLOB NOT NULL,
    amount BLOB NOT NULL,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;

CREATE TABLE directors (
    director INTEGER NOT NULL PRIMARY KEY,
    name BLOB NOT NULL,
    block INTEGER NOT NULL,
    account BLOB NOT NULL,
    left_block INTEGER
);

-- director is NULL from a block in which the chair left.
CREATE TABLE chairs (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    director INTEGER,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;

-- motion is the SCALE form of the suite's Motion. state: 0 open, 1 passed,
-- 2 failed, 3 enacted, 4 cancelled.
CREATE TABLE resolutions (
    resolution INTEGER NOT NULL PRIMARY KEY,
    director INTEGER NOT NULL,
    motion BLOB NOT NULL,
    proposed_ms INTEGER NOT NULL,
    block INTEGER NOT NULL,
    state INTEGER NOT NULL,
    since_block INTEGER NOT NULL,
    executable_ms INTEGER
);

CREATE TABLE votes (
    resolution INTEGER NOT NULL,
    director INTEGER NOT NULL,
    in_favour INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (resolution, director)
) WITHOUT ROWID;

CREATE TABLE vesting_releases (
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    line INTEGER NOT NULL,
    account BLOB NOT NULL,
    amount BLOB NOT NULL,
    PRIMARY KEY (block, event)
) WITHOUT ROWID;

-- terms is the SCALE form of the suite's Terms.
CREATE TABLE offers (
    offer INTEGER NOT NULL PRIMARY KEY,
    maker BLOB NOT NULL,
    amount BLOB NOT NULL,
    currency BLOB NOT NULL,
    terms BLOB NOT NULL,
    block INTEGER NOT NULL,
    left_over BLOB NOT NULL,
    reservations INTEGER NOT NULL,
    closed_block INTEGER,
    returned BLOB
);
CREATE INDEX offers_by_currency ON offers (currency, offer);
CREATE INDEX offers_by_maker ON offers (maker, offer);

-- origin: 0 an offer, 1 a desk that sells, 2 a desk that buys; origin_id is
-- the offer's or the quote's number. stage: 0 reserved, 1 paid, 2 disputed,
-- 3 ended. opener: 0 the seller, 1 the buyer. ending is the SCALE form of the
-- suite's Ending.
CREATE TABLE reservations (
    reservation INTEGER NOT NULL PRIMARY KEY,
    origin INTEGER NOT NULL,
    origin_id INTEGER NOT NULL,
    seller BLOB NOT NULL,
    buyer BLOB NOT NULL,
    amount BLOB NOT NULL,
    bond BLOB NOT NULL,
    currency BLOB NOT NULL,
    cost BLOB NOT NULL,
    reference BLOB NOT NULL,
    block INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    payment BLOB,
    opener INTEGER,
    opener_bond BLOB,
    evidence BLOB,
    ending BLOB,
    settled_block INTEGER
);
CREATE INDEX reservations_by_origin ON reservations (origin, origin_id, reservation);
CREATE INDEX reservations_by_seller ON reservations (seller, reservation);
CREATE INDEX reservations_by_buyer ON reservations (buyer, reservation);

-- Lists of deposits go by their depositor.
CREATE INDEX deposits_by_depositor ON deposits (depositor, device);

-- Lists of all voids.
CREATE INDEX voids_by_place ON voids (block, event);
