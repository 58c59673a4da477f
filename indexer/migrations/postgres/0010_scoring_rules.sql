-- What the board decided of how epochs are scored (architecture.md, BizPower,
-- exactly), each from an epoch on. A later decision drops those that have not
-- begun: replaced_block is the block that holds it.
CREATE TABLE algorithms (
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    version BIGINT NOT NULL,
    replaced_block BIGINT,
    PRIMARY KEY (from_epoch, block, event)
);

-- lo and hi: minor units a customer and epoch.
CREATE TABLE clamps (
    trade BIGINT NOT NULL,
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    lo BIGINT NOT NULL,
    hi BIGINT NOT NULL,
    replaced_block BIGINT,
    PRIMARY KEY (trade, from_epoch, block, event)
);

-- Minor units a month.
CREATE TABLE capital_floors (
    trade BIGINT NOT NULL,
    region BIGINT NOT NULL,
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    capital_floor BYTEA NOT NULL,
    replaced_block BIGINT,
    PRIMARY KEY (trade, region, from_epoch, block, event)
);

-- Minor units a customer and epoch.
CREATE TABLE cash_caps (
    from_epoch BIGINT NOT NULL,
    block BIGINT NOT NULL,
    event BIGINT NOT NULL,
    cap BIGINT NOT NULL,
    replaced_block BIGINT,
    PRIMARY KEY (from_epoch, block, event)
);

-- The references that counted at a shop in an epoch, 16 bytes each, ascending.
-- A reference counts once in eight epochs, so older rows are removed. Like the
-- other tables of kept scores, no block writes it or the next one.
CREATE TABLE spent_references (
    merchant BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    spent BYTEA NOT NULL,
    PRIMARY KEY (merchant, epoch)
);
CREATE INDEX spent_references_by_epoch ON spent_references (epoch);

-- Valid receipts of known customers whose reference had counted before. All
-- others with a reference made it count: these are the exceptions.
CREATE TABLE repeated_references (
    receipt BIGINT NOT NULL PRIMARY KEY
);
