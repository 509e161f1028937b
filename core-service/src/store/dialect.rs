//! Which of the two databases is spoken to. Where their SQL differs, `expressions.rs`,
//! `row_sql.rs` and `statements.rs` say both; apart from connections (`open.rs`,
//! `pinned_connection.rs`, `commit_news.rs`) nothing else in the room branches on the database. Must never know what a
//! text is about.

use sea_orm::DbBackend;

/// The SQL that a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// One file, one writer at a time.
    Sqlite,
    /// A server that several cores may share.
    Postgres,
}

impl Dialect {
    /// What OpenTelemetry's conventions call the database.
    pub(super) const fn system_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }
}

impl From<Dialect> for DbBackend {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self::Sqlite,
            Dialect::Postgres => Self::Postgres,
        }
    }
}
