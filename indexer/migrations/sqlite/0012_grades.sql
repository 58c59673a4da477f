-- A shop's grade after each epoch with a leaf (indexer/src/scores/grade.rs): its
-- last ranks as two bytes each, what it earned and since when, and as what it is
-- shown. Standing, score, trade and region are those of its score, so that a
-- leaderboard of a grade is one range of an index. Written as epochs are kept,
-- from their scores alone, so no block that goes back has to undo it.
CREATE TABLE merchant_grades (
    merchant INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    ranks BLOB NOT NULL,
    earned INTEGER NOT NULL,
    since_epoch INTEGER NOT NULL,
    grade INTEGER NOT NULL,
    status INTEGER NOT NULL,
    score BLOB NOT NULL,
    trade INTEGER,
    region INTEGER,
    PRIMARY KEY (merchant, epoch)
) WITHOUT ROWID;
CREATE INDEX merchant_grades_by_rank ON merchant_grades (epoch, grade, status, score DESC, merchant);

-- The epoch in which a shop was first shown with a grade, or one above; never
-- the first grade, which everybody has.
CREATE TABLE grades_reached (
    merchant INTEGER NOT NULL,
    grade INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (merchant, grade)
) WITHOUT ROWID;
CREATE INDEX grades_reached_by_epoch ON grades_reached (epoch, merchant, grade);

-- The epochs whose grades are kept, with how many shops had a positive score.
-- Those that were scored before there were grades are caught up with.
CREATE TABLE graded_epochs (
    epoch INTEGER NOT NULL PRIMARY KEY,
    shops INTEGER NOT NULL
);
