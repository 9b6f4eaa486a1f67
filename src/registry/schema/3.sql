-- Models that were created by request: what config.json would say of one. The serial grows with every change.
CREATE TABLE created_models (
    name          TEXT PRIMARY KEY,
    settings      TEXT NOT NULL,
    actor         TEXT NOT NULL,
    created_ms    BIGINT NOT NULL,
    changed_ms    BIGINT NOT NULL,
    serial        BIGINT NOT NULL,
    -- When it was removed; the row stays, so that everybody notices and its files are known for what they are.
    removed_ms    BIGINT
);
