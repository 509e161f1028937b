//! Identifiers and points in time, each a type of its own so that none can stand for another.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The key of a site inside this installation; never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SiteId(pub i64);

impl SiteId {
    /// The key under which the ledger of the installation is kept, of what belongs to no site. No site
    /// has it, and the row has no name by which it could be asked for.
    pub const INSTALLATION: Self = Self(0);
}

/// The id of a user, as callers see it. Version 7, so ids grow in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub Uuid);

/// The id of a group, as callers see it. Version 7, so ids grow in the order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(pub Uuid);

/// The id of a token, which is not the token's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenId(pub Uuid);

/// The id of a session or of a code for one, which is not its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(pub Uuid);

/// A point in time: microseconds since the Unix epoch, UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The end of the year 9999, beyond which no time can be told.
    pub(super) const LAST: Self = Self(253_402_300_799_999_999);
}
