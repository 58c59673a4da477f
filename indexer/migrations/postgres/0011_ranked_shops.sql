-- Every shop that has a kept score, or a trade and region in the last kept epoch:
-- its last kept score (scale 10^18; zero, of no epoch, before the first), trade
-- and region. Where a search that names a trade or a region, but no words,
-- starts with the best. Written as epochs are kept, so no block that goes back
-- has to undo it.
CREATE TABLE ranked_shops (
    merchant BIGINT NOT NULL PRIMARY KEY,
    trade BIGINT,
    region BIGINT,
    scored_epoch BIGINT,
    score BYTEA NOT NULL
);
CREATE INDEX ranked_shops_by_trade ON ranked_shops (trade, score DESC, merchant);
CREATE INDEX ranked_shops_by_region ON ranked_shops (region, score DESC, merchant);
CREATE INDEX ranked_shops_by_both ON ranked_shops (region, trade, score DESC, merchant);
-- Shops that were ever of a trade in a region.
CREATE INDEX businesses_by_both ON businesses (region, trade, merchant);
-- What begins to hold after the last kept epoch.
CREATE INDEX businesses_by_epoch ON businesses (from_epoch);

INSERT INTO ranked_shops (merchant, trade, region, scored_epoch, score)
SELECT s.merchant, s.trade, s.region, s.epoch, s.score
FROM merchant_scores s
JOIN (SELECT k.merchant, MAX(k.epoch) AS epoch FROM merchant_scores k GROUP BY k.merchant) l
    ON l.merchant = s.merchant AND l.epoch = s.epoch;

INSERT INTO ranked_shops (merchant, trade, region, score)
SELECT b.merchant, b.trade, b.region, '\x00000000000000000000000000000000'
FROM businesses b
WHERE b.from_epoch <= (SELECT MAX(k.epoch) FROM scored_epochs k)
  AND NOT EXISTS (SELECT 1 FROM businesses l
                  WHERE l.merchant = b.merchant AND l.from_epoch <= (SELECT MAX(k.epoch) FROM scored_epochs k)
                    AND (l.from_epoch, l.block, l.event) > (b.from_epoch, b.block, b.event))
ON CONFLICT (merchant) DO UPDATE SET trade = excluded.trade, region = excluded.region;
