-- What the board decided of how epochs are scored (architecture.md, BizPower,
-- exactly), each from an epoch on. A later decision drops those that have not
-- begun: replaced_block is the block that holds it.
CREATE TABLE algorithms (
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    version INTEGER NOT NULL,
    replaced_block INTEGER,
    PRIMARY KEY (from_epoch, block, event)
) WITHOUT ROWID;

-- lo and hi: minor units a customer and epoch.
CREATE TABLE clamps (
    trade INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    lo INTEGER NOT NULL,
    hi INTEGER NOT NULL,
    replaced_block INTEGER,
    PRIMARY KEY (trade, from_epoch, block, event)
) WITHOUT ROWID;

-- Minor units a month.
CREATE TABLE capital_floors (
    trade INTEGER NOT NULL,
    region INTEGER NOT NULL,
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    capital_floor BLOB NOT NULL,
    replaced_block INTEGER,
    PRIMARY KEY (trade, region, from_epoch, block, event)
) WITHOUT ROWID;

-- Minor units a customer and epoch.
CREATE TABLE cash_caps (
    from_epoch INTEGER NOT NULL,
    block INTEGER NOT NULL,
    event INTEGER NOT NULL,
    cap INTEGER NOT NULL,
    replaced_block INTEGER,
    PRIMARY KEY (from_epoch, block, event)
) WITHOUT ROWID;

-- The references that counted at a shop in an epoch, 16 bytes each, ascending.
-- A reference counts once in eight epochs, so older rows are removed. Like the
-- other tables of kept scores, no block writes it or the next one.
CREATE TABLE spent_references (
    merchant INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    spent BLOB NOT NULL,
    PRIMARY KEY (merchant, epoch)
);
CREATE INDEX spent_references_by_epoch ON spent_references (epoch);

-- Valid receipts of known customers whose reference had counted before. All
-- others with a reference made it count: these are the exceptions.
CREATE TABLE repeated_references (
    receipt INTEGER NOT NULL PRIMARY KEY
);
