-- The texts whose hashes tasks and privileges name as their conditions, as
-- somebody gave them: UTF-8, whatever it holds. They are of no block, so a
-- block that goes back leaves them.
CREATE TABLE texts (
    hash BLOB NOT NULL PRIMARY KEY,
    text BLOB NOT NULL
) WITHOUT ROWID;

-- Which texts have a term. Bytes, so that both databases compare alike.
CREATE TABLE text_terms (
    term BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (term, hash)
) WITHOUT ROWID;

-- From a text to what it is of.
CREATE INDEX tasks_by_conditions ON tasks (conditions);
CREATE INDEX privileges_by_conditions ON privileges (conditions);
