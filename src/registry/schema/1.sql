-- Times are milliseconds since 1970, UTC. Only what SQLite and Postgres both understand.
CREATE TABLE runs (
    id            TEXT PRIMARY KEY,
    model         TEXT NOT NULL,
    trigger_name  TEXT NOT NULL,
    state         TEXT NOT NULL,
    stage         TEXT NOT NULL,
    outcome       TEXT,
    version       BIGINT,
    started_ms    BIGINT NOT NULL,
    ended_ms      BIGINT,
    error         TEXT,
    record        TEXT
);
CREATE INDEX runs_by_model ON runs (model, id);

CREATE TABLE datasets (
    model         TEXT NOT NULL,
    run           TEXT NOT NULL,
    name          TEXT NOT NULL,
    data_hash     TEXT NOT NULL,
    rows_hash     TEXT NOT NULL,
    n_rows        BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL,
    record        TEXT NOT NULL,
    PRIMARY KEY (model, run)
);

CREATE TABLE versions (
    model         TEXT NOT NULL,
    number        BIGINT NOT NULL,
    run           TEXT NOT NULL,
    state         TEXT NOT NULL,
    folder        TEXT NOT NULL,
    bundle_sha256 TEXT,
    model_hash    TEXT,
    data_hash     TEXT,
    config_hash   TEXT,
    verdict       TEXT,
    created_ms    BIGINT NOT NULL,
    record        TEXT,
    PRIMARY KEY (model, number)
);

CREATE TABLE scores (
    model         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    rows_hash     TEXT NOT NULL,
    run           TEXT NOT NULL,
    at_ms         BIGINT NOT NULL,
    record        TEXT NOT NULL,
    PRIMARY KEY (model, version, rows_hash)
);

-- The champion is what the newest promote, rollback or pin names. Rows are only ever added.
CREATE TABLE operations (
    id            INTEGER PRIMARY KEY,
    model         TEXT NOT NULL,
    action        TEXT NOT NULL,
    version       BIGINT,
    previous      BIGINT,
    reason        TEXT NOT NULL,
    actor         TEXT NOT NULL,
    run           TEXT,
    at_ms         BIGINT NOT NULL
);
CREATE INDEX operations_by_model ON operations (model, id);

-- Work that reached a verdict: it is not done again unless forced.
CREATE TABLE conclusions (
    model         TEXT NOT NULL,
    data_hash     TEXT NOT NULL,
    config_hash   TEXT NOT NULL,
    test_hash     TEXT NOT NULL,
    verdict       TEXT NOT NULL,
    version       BIGINT,
    run           TEXT NOT NULL,
    at_ms         BIGINT NOT NULL,
    PRIMARY KEY (model, data_hash, config_hash)
);

CREATE TABLE files_seen (
    model         TEXT NOT NULL,
    sha256        TEXT NOT NULL,
    path          TEXT NOT NULL,
    run           TEXT NOT NULL,
    at_ms         BIGINT NOT NULL,
    PRIMARY KEY (model, sha256)
);

CREATE TABLE locks (
    model         TEXT PRIMARY KEY,
    run           TEXT NOT NULL,
    host          TEXT NOT NULL,
    boot          TEXT NOT NULL,
    pid           BIGINT NOT NULL,
    pid_started   BIGINT NOT NULL,
    since_ms      BIGINT NOT NULL,
    heartbeat_ms  BIGINT NOT NULL
);
