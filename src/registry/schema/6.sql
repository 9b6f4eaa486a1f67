-- Workers that take jobs. One that was not heard of for a while counts as dead, and others do what it had.
CREATE TABLE job_workers (
    name          TEXT PRIMARY KEY,
    since_ms      BIGINT NOT NULL,
    heartbeat_ms  BIGINT NOT NULL
);
CREATE INDEX job_records_due ON job_records (state, not_before_ms);
