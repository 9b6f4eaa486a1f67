-- Processes of the project that stay: servers, schedulers and workers. One row per process, renewed while it lives.
CREATE TABLE roles (
    process       TEXT PRIMARY KEY,
    command       TEXT NOT NULL,
    -- Where a server listens.
    address       TEXT,
    since_ms      BIGINT NOT NULL,
    heartbeat_ms  BIGINT NOT NULL
);
