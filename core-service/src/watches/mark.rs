//! Marks: what an event is told by from another one that has its revision since a restore.

use provost_domain::{Event, EventIdentity, RecordedEvent, SiteId, Timestamp, UserId};
use sha2::{Digest as _, Sha256};

/// A short hash of what an event is. Zero where it is not known, which differs from none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventMark(pub u32);

impl EventMark {
    /// Of an event that was read.
    pub fn of(event: &RecordedEvent) -> Self {
        let RecordedEvent { site, revision, user, at, caller, .. } = event;
        Self::hashed(*site, *revision, *at, caller, *user)
    }

    /// Of an event that was just committed.
    pub fn of_committed(event: &Event) -> Self {
        let Event { site, revision, user, at, caller, .. } = event;
        Self::hashed(*site, *revision, *at, &caller.to_string(), *user)
    }

    /// Whether both are known and differ.
    pub fn differs(self, other: Self) -> bool {
        self.0 != 0 && other.0 != 0 && self != other
    }

    fn hashed(
        SiteId(site): SiteId,
        revision: i64,
        Timestamp(at): Timestamp,
        caller: &str,
        user: Option<UserId>,
    ) -> Self {
        let mut hash = Sha256::new();
        for number in [site, revision, at] {
            hash.update(number.to_be_bytes());
        }
        hash.update(user.map(|UserId(id)| id.into_bytes()).unwrap_or_default());
        hash.update(caller);
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Self(u32::from_be_bytes([a, b, c, d]).max(1))
    }
}

impl From<&EventIdentity> for EventMark {
    fn from(event: &EventIdentity) -> Self {
        let EventIdentity { site, revision, at, caller, user } = event;
        Self::hashed(*site, *revision, *at, caller, *user)
    }
}
