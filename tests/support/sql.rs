//! Statements in a project's own database, beside the program.

use std::path::Path;

/// Runs a statement in a database of SQLite.
pub fn run_sql(database: &Path, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let url = format!("sqlite://{}", database.display());
    runtime.block_on(async {
        use sqlx::Connection as _;
        let mut database = sqlx::SqliteConnection::connect(&url)
            .await
            .expect("the database opens");
        sqlx::raw_sql(statement)
            .execute(&mut database)
            .await
            .expect("the statement is good");
        database.close().await.expect("the database closes");
    });
}
