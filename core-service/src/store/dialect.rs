//! Which of the two databases is spoken to. Where their SQL differs, both texts stand side by
//! side in a [`Sql`] or a [`Script`], or as two expressions in `expressions.rs`; apart from
//! connections (`open.rs`, `pinned_connection.rs`) nothing else in the room branches on the database.
//! Must never know what a text is about.

use sea_orm::{DbBackend, Statement, Value};

/// The SQL that a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// One file, one writer at a time.
    Sqlite,
    /// A server that several cores may share.
    Postgres,
}

/// One statement in both dialects. The texts are constant, so that prepared statements are
/// found again; both number their parameters `$1`, `$2`, ….
pub(super) struct Sql {
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// Statements that follow one another, each with JSON documents as its parameters. SQLite takes
/// them in one text, numbered through; PostgreSQL takes one by one, each with the number of
/// documents that are its own.
pub(super) struct Script {
    /// What it is about, for traces: operations and tables.
    pub summary: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static [(&'static str, usize)],
}

impl Dialect {
    /// Picks the text of this dialect.
    pub(super) fn text(self, sql: &Sql) -> &'static str {
        match self {
            Self::Sqlite => sql.sqlite,
            Self::Postgres => sql.postgres,
        }
    }

    /// What OpenTelemetry's conventions call the database.
    pub(super) const fn system_name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgresql",
        }
    }

    /// A statement with its parameters.
    pub(super) fn statement<const N: usize>(self, sql: &Sql, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.into(), self.text(sql), values)
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
