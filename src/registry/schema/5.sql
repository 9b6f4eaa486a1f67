-- Which rows a conclusion is about, whatever files they came from: a hash over the set of them, the columns in the order in
-- which they were hashed (JSON), and the files that were left out (JSON). NULL in conclusions of before.
ALTER TABLE conclusions ADD COLUMN rows_hash TEXT;
ALTER TABLE conclusions ADD COLUMN column_names TEXT;
ALTER TABLE conclusions ADD COLUMN left_out TEXT;

-- Models whose rows have another name already and whose folders do not yet.
CREATE TABLE renames (
    old_name      TEXT NOT NULL,
    new_name      TEXT PRIMARY KEY,
    at_ms         BIGINT NOT NULL
);

-- Folders in which a model's versions or data sets are or were kept, as the settings named them.
CREATE TABLE places (
    model         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    folder        TEXT NOT NULL,
    PRIMARY KEY (model, kind, folder)
);
