-- The stored blocks that may still go back: always the highest ones.
CREATE TABLE hot_blocks (
    number BIGINT NOT NULL PRIMARY KEY
);

-- What each row that such a block changes was before, NULL if there was none;
-- key and values in SCALE, the relations' codes in store/relations.rs.
CREATE TABLE hot_changes (
    block BIGINT NOT NULL,
    relation SMALLINT NOT NULL,
    row_key BYTEA NOT NULL,
    before BYTEA,
    PRIMARY KEY (block, relation, row_key)
);
