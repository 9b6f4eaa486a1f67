-- What was answered, so that labels which come later can be held against it: never a value of a row.
CREATE TABLE answers (
    model         TEXT NOT NULL,
    id            TEXT NOT NULL,
    version       BIGINT NOT NULL,
    at_ms         BIGINT NOT NULL,
    class         TEXT,
    value         DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (model, id)
);
CREATE INDEX answers_by_time ON answers (model, at_ms);

-- What was said of answers. Rows are only added: which of them counts is worked out.
CREATE TABLE labels (
    model         TEXT NOT NULL,
    id            TEXT NOT NULL,
    label         TEXT NOT NULL,
    observed_ms   BIGINT NOT NULL,
    source        TEXT NOT NULL,
    at_ms         BIGINT NOT NULL,
    PRIMARY KEY (model, id, observed_ms, source, label)
);

-- What became of labels, summed up.
CREATE TABLE label_totals (
    model         TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    labels        BIGINT NOT NULL,
    last_ms       BIGINT NOT NULL,
    PRIMARY KEY (model, outcome)
);
