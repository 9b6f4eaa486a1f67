-- What was set by hand about a model's schedule (NULL: config.json says it), and how far it was worked off.
CREATE TABLE schedules (
    model         TEXT PRIMARY KEY,
    cron          TEXT,
    timezone      TEXT,
    set_by        TEXT,
    set_ms        BIGINT,
    paused_by     TEXT,
    paused_ms     BIGINT,
    resumed_ms    BIGINT,
    -- Expression and zone that the cursor belongs to, and since when they are followed.
    followed      TEXT,
    since_ms      BIGINT,
    cursor_ms     BIGINT
);

-- Every tick leaves one row. The key makes one run out of any number of schedulers.
CREATE TABLE ticks (
    model         TEXT NOT NULL,
    tick_ms       BIGINT NOT NULL,
    outcome       TEXT NOT NULL,
    reason        TEXT NOT NULL,
    job           TEXT,
    run           TEXT,
    at_ms         BIGINT NOT NULL,
    PRIMARY KEY (model, tick_ms)
);

-- Requests to do a run. The queue brings tables of its own (Jobs, Workers), which carry them to a worker; what is true about
-- one stands here.
CREATE TABLE job_records (
    id            TEXT PRIMARY KEY,
    model         TEXT NOT NULL,
    trigger_name  TEXT NOT NULL,
    tick_ms       BIGINT,
    force         BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    run           TEXT,
    worker        TEXT,
    outcome       TEXT,
    error         TEXT,
    cancelled_by  TEXT,
    not_before_ms BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL,
    started_ms    BIGINT,
    ended_ms      BIGINT
);
CREATE INDEX job_records_by_model ON job_records (model, id);
CREATE INDEX job_records_by_state ON job_records (state);

-- Messages that are to be sent; one stays until it was taken or given up.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY,
    -- What must not be said twice.
    topic         TEXT NOT NULL UNIQUE,
    model         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    channel       TEXT NOT NULL,
    body          TEXT NOT NULL,
    state         TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    next_ms       BIGINT NOT NULL,
    created_ms    BIGINT NOT NULL,
    ended_ms      BIGINT,
    error         TEXT
);
CREATE INDEX outbox_by_state ON outbox (state, next_ms);

-- A promoted version on probation, and how it ended.
CREATE TABLE probations (
    model         TEXT NOT NULL,
    operation     BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    previous      BIGINT,
    state         TEXT NOT NULL,
    began_ms      BIGINT NOT NULL,
    ended_ms      BIGINT,
    reason        TEXT,
    record        TEXT,
    PRIMARY KEY (model, operation)
);
