-- Labelled rows of production that are set aside: test rows, and rows that may never be, since they were learned from. `key` is
-- the hash of the row. A row keeps its side for ever.
CREATE TABLE fresh_rows (
    model         TEXT NOT NULL,
    key           TEXT NOT NULL,
    side          TEXT NOT NULL,
    id            TEXT NOT NULL,
    version       BIGINT NOT NULL,
    at_ms         BIGINT NOT NULL,
    label         TEXT,
    cells         TEXT,
    PRIMARY KEY (model, key)
);
