//! What the core counts: what was decided for whom, who has asked when, how the writer does, and what is stored.
//!
//! Counting is adding to a number, for which nobody waits. Must never know who reads the numbers, nor keep
//! anything about a person.

mod activity;
mod callers;
mod cutoffs;
mod cycles;
mod figures;
mod reading;
mod sites;
mod told_figures;
mod writing;

pub(crate) use activity::seconds;
pub use activity::{ConnectionRequests, RequestsByConnection};
pub use callers::{AnswerCounts, CallerCounts, CallerKind};
pub use figures::{KnownFigures, keep_figures};
pub use reading::observe_waits;
pub use sites::SiteCounts;
pub use writing::WriterMeasures;
