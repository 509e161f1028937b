//! Why the store did not do what it was asked, in the few kinds that its callers tell apart.
//!
//! Must never know which database there is. What a database says of an error is kept as the text
//! that is meant to be shown: the error itself may quote rows.

/// Why a read or a write did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another core has stored something of the same name or key meanwhile. Whoever looks again
    /// finds it.
    #[error("stored by another core meanwhile: {0}")]
    Conflict(String),
    /// The database can't be reached or is too busy. The same call may succeed later.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// Somebody else has held a site for too long. The same call may succeed later.
    #[error("site held by somebody else: {0}")]
    Held(String),
    /// The store has been closed.
    #[error("store closed")]
    Closed,
    /// The database refused a statement or a row can't be read: a fault on our side.
    #[error("database statement failed: {0}")]
    Broken(String),
    /// Something panicked while it was at work: a fault on our side.
    #[error("a panic ended the work on this")]
    Panicked,
    /// A stored document can't be read, or a new one can't be written: a fault on our side.
    #[error("stored {column} of site {site} is not readable: {problem}")]
    Document {
        /// The column that holds the document.
        column: &'static str,
        /// The site of the row.
        site: i64,
        /// What is wrong with it, without its content.
        problem: DocumentProblem,
    },
}

/// What is wrong with a stored document or code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentProblem {
    /// Not the JSON that is kept there.
    #[error("unexpected JSON at line {line}, column {column}")]
    Json {
        /// Line in the document.
        line: usize,
        /// Column in the document.
        column: usize,
    },
    /// A code that this version does not know.
    #[error("unknown code {0}")]
    Code(i16),
    /// A word that this version does not know.
    #[error("unknown word")]
    Word,
}
