//! Decisions: what the caller of a command is told.

use super::{Connection, ConnectionPolicy, Notice, Site, Token, User};

/// A command that was not refused as a whole.
#[derive(Debug)]
pub struct Decision {
    /// What it was about, as it is now.
    pub answer: Answer,
    /// Whether anything was applied.
    pub changed: bool,
    /// What is not in force.
    pub notices: Vec<Notice>,
    /// Position in the site's ledger; 0 when nothing was written.
    pub revision: i64,
}

/// What a command was about.
#[derive(Debug)]
pub enum Answer {
    /// A user in force; the last one for a deletion.
    User {
        /// The user.
        user: User,
        /// Whether it was created by this.
        created: bool,
        /// Whether it is gone.
        deleted: bool,
    },
    /// A site.
    Site(Site),
    /// What connections may do in a site.
    Settings(ConnectionPolicy),
    /// A connection.
    Connection(Connection),
    /// A token.
    Token(Token),
}
