-- What a shop voided in an epoch bears on its score.
ALTER TABLE voids ADD COLUMN merchant INTEGER NOT NULL DEFAULT 0;
UPDATE voids SET merchant = (SELECT r.merchant FROM receipts r WHERE r.id = voids.receipt);
CREATE INDEX voids_by_merchant ON voids (merchant, epoch);
-- Lists of a shop's voids.
CREATE INDEX voids_by_merchant_place ON voids (merchant, block, event);

-- The epochs that are over for good and whose scores are kept, and the final
-- block after which each was scored. No block writes the tables below, so no
-- block that goes back has to undo them.
CREATE TABLE scored_epochs (
    epoch INTEGER NOT NULL PRIMARY KEY,
    block INTEGER NOT NULL
);

-- The epoch of a shop with a leaf, in the numbers of its score (scale 10^18);
-- its standing at the close, trade and region as of that epoch. A shop in good
-- standing ranks before one that is demoted, whatever their scores.
CREATE TABLE merchant_scores (
    epoch INTEGER NOT NULL,
    merchant INTEGER NOT NULL,
    in_store_orders INTEGER NOT NULL,
    in_store_sales BLOB NOT NULL,
    first_buyers INTEGER NOT NULL,
    repeat_buyers INTEGER NOT NULL,
    outside_buyers INTEGER NOT NULL,
    outside_orders INTEGER NOT NULL,
    outside_sales BLOB NOT NULL,
    capital BLOB NOT NULL,
    score BLOB NOT NULL,
    status INTEGER NOT NULL,
    trade INTEGER,
    region INTEGER,
    PRIMARY KEY (epoch, merchant)
) WITHOUT ROWID;
CREATE INDEX merchant_scores_by_merchant ON merchant_scores (merchant, epoch);
CREATE INDEX merchant_scores_by_rank ON merchant_scores (epoch, status, score DESC, merchant);
CREATE INDEX merchant_scores_by_trade ON merchant_scores (epoch, trade, status, score DESC, merchant);
CREATE INDEX merchant_scores_by_region ON merchant_scores (epoch, region, status, score DESC, merchant);

-- The first epoch in which a customer bought at a shop.
CREATE TABLE merchant_customers (
    merchant INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    first_epoch INTEGER NOT NULL,
    PRIMARY KEY (merchant, customer)
) WITHOUT ROWID;

-- Buckets in which a shop's score changed; in the others it rests.
CREATE TABLE candles (
    merchant INTEGER NOT NULL,
    length_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    open BLOB NOT NULL,
    high BLOB NOT NULL,
    low BLOB NOT NULL,
    close BLOB NOT NULL,
    PRIMARY KEY (merchant, length_ms, start_ms)
) WITHOUT ROWID;
