//! What reads input from outside, as a fuzzer feeds it: a function of bytes for each reader, which panics
//! where something does not hold that must hold of every input.
//!
//! The targets in `fuzz/` call these, and so do the tests here, which replay the corpus and what
//! becomes of it when pieces are cut out, doubled and mixed. Must never know where bytes come from.

#![expect(clippy::missing_panics_doc, reason = "each panics where a reader is at fault")]

mod bulk;
#[cfg(feature = "cursor")]
mod cursor;
mod filter;
mod patch;
mod path;
mod told;

pub use bulk::bulk;
#[cfg(feature = "cursor")]
pub use cursor::cursor;
pub use filter::filter;
pub use patch::patch;
pub use path::path;
