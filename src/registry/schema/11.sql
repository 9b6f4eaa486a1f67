-- Pages over long histories: what they list stands in the order in which they list it, so that records, which are long, are read of
-- those rows alone that are shown.
CREATE INDEX runs_by_move ON runs (model, (COALESCE(ended_ms, started_ms)), id);
CREATE INDEX all_runs_by_move ON runs ((COALESCE(ended_ms, started_ms)), id);
CREATE INDEX runs_by_start ON runs (model, started_ms);
CREATE INDEX versions_by_state ON versions (model, state, created_ms);
CREATE INDEX drift_checks_by_time ON drift_checks (model, kind, from_ms, at_ms);

-- What a line of a list shows of a comparison and of a run: a part of the record, in its form (JSON). NULL in those of before, of
-- which the record says it.
ALTER TABLE drift_checks ADD COLUMN line TEXT;
ALTER TABLE runs ADD COLUMN line TEXT;

-- What was counted of the same rows in the bins of the slow reference, an earlier version; see drift_windows.
CREATE TABLE slow_windows (
    model         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    slow          BIGINT NOT NULL,
    server        TEXT NOT NULL,
    from_ms       BIGINT NOT NULL,
    to_ms         BIGINT NOT NULL,
    n_rows        BIGINT NOT NULL,
    counts        TEXT NOT NULL,
    PRIMARY KEY (model, version, from_ms, slow, server)
);
