-- What came of all runs of a model, also of those whose rows were removed since: sums that only grow. The outcome of a run
-- that broke off is its state.
CREATE TABLE run_totals (
    model         TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    runs          BIGINT NOT NULL,
    took_ms       BIGINT NOT NULL,
    last_ms       BIGINT NOT NULL,
    quarantined   BIGINT NOT NULL,
    PRIMARY KEY (model, outcome)
);
INSERT INTO run_totals (model, outcome, runs, took_ms, last_ms, quarantined)
SELECT model, CASE WHEN state = 'done' THEN COALESCE(outcome, state) ELSE state END, COUNT(*),
    SUM(CASE WHEN ended_ms > started_ms THEN ended_ms - started_ms ELSE 0 END), MAX(ended_ms), 0
FROM runs WHERE state <> 'running' AND ended_ms IS NOT NULL
GROUP BY model, CASE WHEN state = 'done' THEN COALESCE(outcome, state) ELSE state END;

-- What processes that go on have to say to whoever looks at the project.
CREATE TABLE notices (
    process       TEXT PRIMARY KEY,
    command       TEXT NOT NULL,
    text          TEXT NOT NULL,
    at_ms         BIGINT NOT NULL
);
