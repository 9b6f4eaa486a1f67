-- How good the newest answers of a version were when it was last worked out: one row per version.
CREATE TABLE live_quality (
    model         TEXT NOT NULL,
    version       BIGINT NOT NULL,
    at_ms         BIGINT NOT NULL,
    record        TEXT NOT NULL,
    PRIMARY KEY (model, version)
);

-- Secrets that all servers of a project share, made by whoever needs one first.
CREATE TABLE secrets (
    name          TEXT NOT NULL,
    value         TEXT NOT NULL,
    made_ms       BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- Who changed a schedule, and to what. Rows are only added.
CREATE TABLE schedule_changes (
    model         TEXT NOT NULL,
    at_ms         BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    detail        TEXT NOT NULL,
    PRIMARY KEY (model, at_ms, action)
);

-- Sessions of browsers that were ended by their owner before their time.
CREATE TABLE ended_sessions (
    id            TEXT NOT NULL,
    until_ms      BIGINT NOT NULL,
    PRIMARY KEY (id)
);
