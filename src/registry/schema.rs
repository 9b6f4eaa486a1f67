//! The tables, and what each version added to them.

/// Version of the tables that this program makes and understands.
pub const SCHEMA_VERSION: i64 = TABLES.len() as i64;

/// What each version added to the tables. A database is brought up to date when it is opened.
pub(super) const TABLES: [&str; 12] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
    include_str!("schema/12.sql"),
];
