-- What a shop voided in an epoch bears on its score.
ALTER TABLE voids ADD COLUMN merchant BIGINT NOT NULL DEFAULT 0;
UPDATE voids SET merchant = (SELECT r.merchant FROM receipts r WHERE r.id = voids.receipt);
CREATE INDEX voids_by_merchant ON voids (merchant, epoch);
-- Lists of a shop's voids.
CREATE INDEX voids_by_merchant_place ON voids (merchant, block, event);

-- The epochs that are over for good and whose scores are kept, and the final
-- block after which each was scored. No block writes the tables below, so no
-- block that goes back has to undo them.
CREATE TABLE scored_epochs (
    epoch BIGINT NOT NULL PRIMARY KEY,
    block BIGINT NOT NULL
);

-- The epoch of a shop with a leaf, in the numbers of its score (scale 10^18);
-- its standing at the close, trade and region as of that epoch. A shop in good
-- standing ranks before one that is demoted, whatever their scores.
CREATE TABLE merchant_scores (
    epoch BIGINT NOT NULL,
    merchant BIGINT NOT NULL,
    in_store_orders BIGINT NOT NULL,
    in_store_sales BYTEA NOT NULL,
    first_buyers BIGINT NOT NULL,
    repeat_buyers BIGINT NOT NULL,
    outside_buyers BIGINT NOT NULL,
    outside_orders BIGINT NOT NULL,
    outside_sales BYTEA NOT NULL,
    capital BYTEA NOT NULL,
    score BYTEA NOT NULL,
    status BIGINT NOT NULL,
    trade BIGINT,
    region BIGINT,
    PRIMARY KEY (epoch, merchant)
);
CREATE INDEX merchant_scores_by_merchant ON merchant_scores (merchant, epoch);
CREATE INDEX merchant_scores_by_rank ON merchant_scores (epoch, status, score DESC, merchant);
CREATE INDEX merchant_scores_by_trade ON merchant_scores (epoch, trade, status, score DESC, merchant);
CREATE INDEX merchant_scores_by_region ON merchant_scores (epoch, region, status, score DESC, merchant);

-- The first epoch in which a customer bought at a shop.
CREATE TABLE merchant_customers (
    merchant BIGINT NOT NULL,
    customer BIGINT NOT NULL,
    first_epoch BIGINT NOT NULL,
    PRIMARY KEY (merchant, customer)
);

-- Buckets in which a shop's score changed; in the others it rests.
CREATE TABLE candles (
    merchant BIGINT NOT NULL,
    length_ms BIGINT NOT NULL,
    start_ms BIGINT NOT NULL,
    open BYTEA NOT NULL,
    high BYTEA NOT NULL,
    low BYTEA NOT NULL,
    close BYTEA NOT NULL,
    PRIMARY KEY (merchant, length_ms, start_ms)
);
