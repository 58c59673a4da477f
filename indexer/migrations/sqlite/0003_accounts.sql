-- The account that a party has from an epoch (as a stamp) on: what it held in
-- an epoch is what the account of that epoch's close held.
CREATE TABLE accounts (
    side INTEGER NOT NULL,
    party INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    account BLOB NOT NULL,
    PRIMARY KEY (side, party, stamp)
) WITHOUT ROWID;
INSERT INTO accounts (side, party, stamp, account) SELECT side, party, stamp, account FROM parties;
