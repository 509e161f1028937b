//! Events as they are read back from a ledger, and which of them somebody asks for. What a newer
//! version wrote is passed through. Must never know how they are found.

use super::unspoken::unspoken;
use super::{EventBody, Outcome, RecordedReason, SiteId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// A line of a site's ledger, as it was found.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Whose ledger.
    pub site: SiteId,
    /// Its position.
    pub revision: i64,
    /// The user decided about, if there is one.
    pub user: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// By whose wish, as [`Caller`](super::Caller) prints itself.
    pub caller: String,
    /// The user on whose behalf the caller asked, if any.
    pub on_behalf_of: Option<UserId>,
    /// What was decided.
    pub outcome: RecordedOutcome,
    /// What was asked and not done, and why.
    pub notices: Vec<RecordedNotice>,
    /// What it was about.
    pub body: EventBody,
    /// The trace in which it was asked.
    pub trace_id: Option<String>,
    /// Why it was asked, for people.
    pub reason: Option<String>,
}

unspoken!(
    RecordedEvent: site, revision, user, at, caller, on_behalf_of, outcome, notices, body,
    trace_id
);

impl RecordedEvent {
    /// How much there is to tell of it: the bytes of what it shows and of the sentences beside it.
    pub fn size(&self) -> usize {
        let sentences: usize = self.notices.iter().map(|notice| notice.message.len()).sum();
        let asked = self.reason.as_ref().map_or(0, String::len);
        sentences + asked + self.body.size()
    }

    /// Whether its user is active since then; none where it is about something else, or has not changed
    /// that.
    pub fn leaves_active(&self) -> Option<bool> {
        match &self.body {
            EventBody::UserCreated { after, .. } | EventBody::UserChanged { after, .. } => {
                after.as_ref().and_then(|after| after.active)
            }
            EventBody::UserDeleted { before, .. } => before.is_some().then_some(false),
            EventBody::SettingsChanged { .. }
            | EventBody::SiteCreated { .. }
            | EventBody::SiteDeleted { .. }
            | EventBody::ConnectionCreated { .. }
            | EventBody::ConnectionChanged { .. }
            | EventBody::ConnectionDeleted { .. }
            | EventBody::TokenCreated { .. }
            | EventBody::TokenRevoked { .. }
            | EventBody::TokenRevealed { .. }
            | EventBody::ServiceCreated { .. }
            | EventBody::ServiceDeleted { .. }
            | EventBody::GrantChanged { .. }
            | EventBody::ServiceTokenCreated { .. }
            | EventBody::ServiceTokenRevoked { .. }
            | EventBody::CertificateAdded { .. }
            | EventBody::CertificateRemoved { .. }
            | EventBody::GroupCreated { .. }
            | EventBody::GroupChanged { .. }
            | EventBody::GroupDeleted { .. }
            | EventBody::GroupRuleChanged { .. }
            | EventBody::SessionCreated { .. }
            | EventBody::SessionEnded { .. }
            | EventBody::SignInCodeCreated { .. }
            | EventBody::Unknown { .. } => None,
        }
    }
}

/// The outcome of a recorded event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordedOutcome {
    /// One of this version.
    Known(Outcome),
    /// One that is not known here, as it is.
    Unknown(String),
}

/// Something that was asked and not done, as the ledger tells of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedNotice {
    /// For machines.
    pub reason: RecordedReason,
    /// What it is about.
    pub attribute: String,
    /// For people.
    pub message: String,
}

unspoken!(RecordedNotice: reason, attribute);

/// Which events are asked for: those for which everything holds that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The user decided about.
    pub user: Option<UserId>,
    /// By whose wish, as events write it.
    pub caller: Option<String>,
    /// The kind of the body.
    pub kind: Option<String>,
    /// What was decided.
    pub outcome: Option<Outcome>,
    /// The reason of one of the notices.
    pub reason: Option<RecordedReason>,
    /// Decided then or later.
    pub from: Option<Timestamp>,
    /// Decided before.
    pub until: Option<Timestamp>,
}

/// In which order events are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOrder {
    /// From the head of the ledger back.
    NewestFirst,
    /// From the oldest event on.
    OldestFirst,
}

/// What an event is told by from another one, also from one that has its revision since a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventIdentity {
    /// Whose ledger.
    pub site: SiteId,
    /// Its position.
    pub revision: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// By whose wish, as events write it.
    pub caller: String,
    /// The user decided about, if there is one.
    pub user: Option<UserId>,
}

/// A ledger as whoever watches it needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedLedger {
    /// Whose.
    pub site: SiteId,
    /// The name of the site.
    pub name: String,
    /// Whether the site was deleted.
    pub is_deleted: bool,
    /// The revision of the newest event; 0 where there is none.
    pub revision: i64,
    /// That event, as far as it is kept.
    pub head: Option<EventIdentity>,
}

/// Where a ledger begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEnd {
    /// The revision of the event there.
    pub revision: i64,
    /// When it was decided.
    pub at: Timestamp,
}
