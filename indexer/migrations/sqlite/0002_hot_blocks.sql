-- The stored blocks that may still go back: always the highest ones.
CREATE TABLE hot_blocks (
    number INTEGER NOT NULL PRIMARY KEY
);

-- What each row that such a block changes was before, NULL if there was none;
-- key and values in SCALE, the relations' codes in store/relations.rs.
CREATE TABLE hot_changes (
    block INTEGER NOT NULL,
    relation INTEGER NOT NULL,
    row_key BLOB NOT NULL,
    before BLOB,
    PRIMARY KEY (block, relation, row_key)
) WITHOUT ROWID;
