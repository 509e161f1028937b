//! How things end here: well, or with a sentence.

/// What went wrong, for whoever started the run.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;
/// A result whose failure is a sentence.
pub type Outcome<T = ()> = Result<T, Problem>;
