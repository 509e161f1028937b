//! Pages of the users of a site. Must never know how they are found.

use crate::UserId;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only users after this one.
    pub after: Option<UserId>,
    /// How many of those to pass over.
    pub skip: u64,
    /// At most this many.
    pub limit: u64,
}

/// How many users a site has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Population {
    /// Now.
    pub users: u64,
    /// Grows with everybody who comes or goes, so that two equal ones mean the same users.
    pub membership_version: i64,
}
