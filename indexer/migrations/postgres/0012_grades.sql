-- A shop's grade after each epoch with a leaf (indexer/src/scores/grade.rs): its
-- last ranks as two bytes each, what it earned and since when, and as what it is
-- shown. Standing, score, trade and region are those of its score, so that a
-- leaderboard of a grade is one range of an index. Written as epochs are kept,
-- from their scores alone, so no block that goes back has to undo it.
CREATE TABLE merchant_grades (
    merchant BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    ranks BYTEA NOT NULL,
    earned BIGINT NOT NULL,
    since_epoch BIGINT NOT NULL,
    grade BIGINT NOT NULL,
    status BIGINT NOT NULL,
    score BYTEA NOT NULL,
    trade BIGINT,
    region BIGINT,
    PRIMARY KEY (merchant, epoch)
);
CREATE INDEX merchant_grades_by_rank ON merchant_grades (epoch, grade, status, score DESC, merchant);

-- The epoch in which a shop was first shown with a grade, or one above; never
-- the first grade, which everybody has.
CREATE TABLE grades_reached (
    merchant BIGINT NOT NULL,
    grade BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (merchant, grade)
);
CREATE INDEX grades_reached_by_epoch ON grades_reached (epoch, merchant, grade);

-- The epochs whose grades are kept, with how many shops had a positive score.
-- Those that were scored before there were grades are caught up with.
CREATE TABLE graded_epochs (
    epoch BIGINT NOT NULL PRIMARY KEY,
    shops BIGINT NOT NULL
);
