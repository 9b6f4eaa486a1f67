-- What was counted of the rows that servers answered, per window: counters in the bins of the version's reference (JSON).
CREATE TABLE drift_windows (
    model         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    server        TEXT NOT NULL,
    from_ms       BIGINT NOT NULL,
    to_ms         BIGINT NOT NULL,
    n_rows        BIGINT NOT NULL,
    counts        TEXT NOT NULL,
    PRIMARY KEY (model, version, from_ms, server)
);

-- What came of holding rows against a version's reference: a data set, the test rows, a window of requests.
CREATE TABLE drift_checks (
    model         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    source        TEXT NOT NULL,
    from_ms       BIGINT NOT NULL,
    to_ms         BIGINT NOT NULL,
    at_ms         BIGINT NOT NULL,
    n_rows        BIGINT NOT NULL,
    verdict       TEXT NOT NULL,
    record        TEXT NOT NULL,
    PRIMARY KEY (model, kind, from_ms, source, version)
);

-- Drift that goes on or has ended: one row from its first window to its recovery.
CREATE TABLE drift_episodes (
    model         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    began_ms      BIGINT NOT NULL,
    last_ms       BIGINT NOT NULL,
    ended_ms      BIGINT,
    version       BIGINT NOT NULL,
    action        TEXT NOT NULL,
    done          TEXT,
    evidence      TEXT NOT NULL,
    PRIMARY KEY (model, kind, began_ms)
);
