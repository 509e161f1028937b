//! How much of what is sent is read. Sentences that tell a limit and readers that keep it have
//! it from here.

/// Most elements of one list that are read: as many as a resource may have.
pub const MAX_ELEMENTS: usize = 100;
/// Most members of one group that are read.
pub(crate) const MAX_MEMBERS: usize = 50_000;
/// Most operations of one PATCH that are read.
pub const MAX_OPERATIONS: usize = 1000;
/// Most operations of one bulk request that are read.
pub const MAX_BULK_OPERATIONS: usize = 1000;
/// Longest `bulkId` and path of an operation that are read, in bytes.
pub(crate) const MAX_BULK_TEXT: usize = 256;
/// Longest filter that is read, in bytes.
pub const MAX_FILTER_LENGTH: usize = 4096;
/// Deepest nesting of parentheses and brackets in a filter that is read.
pub const MAX_FILTER_DEPTH: usize = 32;
/// Most words of one attribute, such as app roles, that are looked at.
pub(crate) const MAX_WORDS: usize = 100;
/// Ignored names that are told; more of them is an attack and no mapping.
pub(crate) const MAX_TOLD: usize = 100;
/// Longest URN whose block is looked into, so that a long one can't be multiplied.
pub(crate) const MAX_URN_LENGTH: usize = 256;
/// Longest piece of what a client wrote that is told back, in characters.
pub(crate) const MAX_QUOTED: usize = 120;
