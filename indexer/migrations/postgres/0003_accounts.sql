-- The account that a party has from an epoch (as a stamp) on: what it held in
-- an epoch is what the account of that epoch's close held.
CREATE TABLE accounts (
    side SMALLINT NOT NULL,
    party BIGINT NOT NULL,
    stamp BIGINT NOT NULL,
    account BYTEA NOT NULL,
    PRIMARY KEY (side, party, stamp)
);
INSERT INTO accounts (side, party, stamp, account) SELECT side, party, stamp, account FROM parties;
