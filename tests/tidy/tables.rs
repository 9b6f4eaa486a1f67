//! The rules as tables: who is on whom, what is absent where.

/// The house from the bottom up; no arrow runs up, and none runs along a row but the ones in [`ALONG`]. A new module gets
/// its place here.
pub(super) const ROWS: &[&[&str]] = &[
    &["text", "model_types"],
    &[
        "predictors",
        "data",
        "evaluate",
        "artifacts",
        "config",
        "cron",
        "clock",
        "faults",
        "logs",
    ],
    &[
        "features", "gate", "drift", "live", "sample", "checks", "http",
    ],
    &["joins"],
    &["bundle", "learners", "registry", "report"],
    &["explain", "export", "engine", "import"],
    &["pipeline", "notify"],
    &["diagnose", "dynamodb", "mlflow"],
    &["jobs"],
    &["schedule"],
    &["overview"],
    &["serving"],
    &["serve"],
    &["cli"],
    &["main"],
];

/// Arrows along a row: who may look at whom. Anybody may pass a fault point or be given a clock.
pub(super) const ALONG: &[(&str, &str)] = &[
    ("config", "cron"),
    ("config", "data"),
    ("config", "evaluate"),
    ("report", "registry"),
    ("checks", "features"),
    ("drift", "features"),
    ("import", "export"),
];
pub(super) const FREE: &[&str] = &["faults", "clock"];

/// A floor of a room: its name, and the files and folders that are on it.
pub(super) type Floor = (&'static str, &'static [&'static str]);

/// Floors of the big rooms, from the bottom up: no arrow inside the room runs from one to a higher one. A new file gets its place
/// here.
pub(super) const FLOORS: &[(&str, &[Floor])] = &[
    (
        "pipeline",
        &[
            (
                "records",
                &[
                    "dataset",
                    "env",
                    "environments",
                    "error",
                    "json",
                    "loaded_version",
                    "manifest",
                    "model_lock",
                    "places",
                    "plan",
                    "scores",
                    "subject",
                    "trained",
                ],
            ),
            (
                "data",
                &[
                    "derive",
                    "engine",
                    "folds",
                    "fresh",
                    "heartbeat",
                    "ingest",
                    "labelled_rows",
                    "labels",
                    "logged",
                    "lost",
                    "past_rows",
                    "disk_space",
                    "input_scan",
                    "split",
                    "target_cells",
                    "target",
                ],
            ),
            (
                "learning",
                &[
                    "calibrate",
                    "candidates",
                    "choose",
                    "decision",
                    "engine_fit",
                    "fit",
                    "folded",
                    "in_folds",
                    "trainer",
                ],
            ),
            (
                "judging",
                &[
                    "beyond",
                    "checks",
                    "drift",
                    "engine_predict",
                    "harvest",
                    "importance",
                    "live",
                    "matrix",
                    "preview",
                    "score",
                    "to_learn",
                    "version_names",
                    "versions",
                ],
            ),
            (
                "stages",
                &[
                    "adopt",
                    "approval",
                    "backtest",
                    "backup",
                    "challenge",
                    "champion",
                    "deploy",
                    "dry_run",
                    "delete_model",
                    "log_end",
                    "probation",
                    "production",
                    "recover",
                    "remove",
                    "rename",
                    "replay",
                    "report",
                    "rescore",
                    "retune",
                    "retain",
                    "run_report",
                    "stored_logs",
                    "learn",
                    "train",
                    "untrained",
                ],
            ),
            ("flow", &["import", "run", "stages"]),
        ],
    ),
    (
        "serve",
        &[
            (
                "values",
                &["durations", "api_schemas", "rows", "settings_news"],
            ),
            (
                "state",
                &[
                    "created",
                    "file_location",
                    "project",
                    "project_state",
                    "readiness",
                    "staleness",
                    "state",
                ],
            ),
            (
                "work",
                &[
                    "audit",
                    "counted",
                    "follow",
                    "live_gauges",
                    "project_checks",
                    "project_metrics",
                    "scored",
                    "scrape",
                    "work",
                    "prediction_arrow",
                    "prediction_response",
                ],
            ),
            (
                "handlers",
                &[
                    "compat",
                    "diagnostics",
                    "exposition",
                    "health",
                    "admin",
                    "openapi",
                    "pages",
                    "prediction",
                    "probation",
                    "rejections",
                    "v2",
                ],
            ),
            (
                "table",
                &[
                    "contents",
                    "cors",
                    "drift_watch",
                    "live_watch",
                    "project_tasks",
                    "router",
                    "routes",
                    "tasks",
                ],
            ),
            (
                "server",
                &["accept", "alone", "answer", "fast_lane", "lambda"],
            ),
        ],
    ),
];

/// What is absent: `(modules, texts, why)`.
pub(super) const ABSENT: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "features",
            "joins",
            "learners",
            "predictors",
            "evaluate",
            "gate",
            "drift",
            "live",
            "checks",
            "bundle",
            "explain",
            "export",
            "sample",
            "cron",
            "text",
            "model_types",
        ],
        &[
            "std::time",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "std::env",
            "env::var",
            "std::fs",
            "fs::read",
            "fs::write",
            "File::",
            "rand::rng(",
            "from_os_rng",
            "thread_rng()",
            "tokio",
            "sqlx",
            "object_store",
            "println!",
        ],
        "the middle is a function of its arguments: no time, chance, environment or disk",
    ),
    (
        &[
            "pipeline",
            "registry",
            "artifacts",
            "config",
            "data",
            "report",
        ],
        &[
            "clap",
            "indicatif",
            "warp",
            "hyper",
            "println!",
            "std::env",
            "env::var",
            "process::exit",
        ],
        "only the edge knows a terminal, HTTP or the environment",
    ),
    (
        &["serve", "serving", "http"],
        &["learners", "linfa"],
        "serving knows no training",
    ),
    (
        &["serving", "logs"],
        &["warp", "hyper", "tokio::net"],
        "what is served knows no HTTP",
    ),
];

/// What is in one place only: `(text, where it may stand)`.
pub(super) const ONLY: &[(&str, &[&str])] = &[
    ("Utc::now", &["clock"]),
    ("SystemTime::now", &["clock"]),
    ("linfa", &["learners"]),
    ("plotters", &["report"]),
    ("prost", &["export"]),
    ("spark_connect::", &["engine"]),
    ("sqlx::", &["registry"]),
    ("object_store::", &["artifacts"]),
];

/// What stands nowhere, tests included. Written in two halves, so that this file does not hold them.
pub(super) const NOWHERE: &[(&str, &str)] = &[
    ("#[ign", "ore"),
    ("thread::sl", "eep"),
    ("to", "do!("),
    ("unimple", "mented!("),
    ("db", "g!("),
    ("#[al", "low("),
    ("#![al", "low("),
    ("#[should_", "panic"),
];
