-- The texts whose hashes tasks and privileges name as their conditions, as
-- somebody gave them: UTF-8, whatever it holds. They are of no block, so a
-- block that goes back leaves them.
CREATE TABLE texts (
    hash BYTEA NOT NULL PRIMARY KEY,
    text BYTEA NOT NULL
);

-- Which texts have a term. Bytes, so that both databases compare alike.
CREATE TABLE text_terms (
    term BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (term, hash)
);

-- From a text to what it is of.
CREATE INDEX tasks_by_conditions ON tasks (conditions);
CREATE INDEX privileges_by_conditions ON privileges (conditions);
