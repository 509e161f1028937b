//! Events as they are told to whoever watches: which of them, and the messages.

use super::super::encode_events;
use crate::watches::{EventMark, PagedEvent};
use provost_domain::{RecordedEvent, UserId};
use provost_proto::v1;

/// An event, as all who watch its ledger are told it.
#[derive(Debug)]
pub struct ToldEvent {
    message: v1::Event,
    user: Option<UserId>,
    size: usize,
    pub(super) mark: EventMark,
}

/// Which events a watch is told of. What is not set holds of every event.
#[derive(Debug)]
pub(super) struct ToldFilter {
    pub kinds: Vec<String>,
    pub user: Option<UserId>,
}

impl From<RecordedEvent> for ToldEvent {
    fn from(event: RecordedEvent) -> Self {
        let (mark, size, user) = (EventMark::of(&event), event.size(), event.user);
        Self { message: encode_events::event(event), user, size, mark }
    }
}

impl PagedEvent for ToldEvent {
    fn revision(&self) -> i64 {
        self.message.revision
    }

    fn size(&self) -> usize {
        self.size
    }
}

impl ToldEvent {
    /// The message for one watch.
    pub(super) fn message(&self, site: &str, follows_revision: i64) -> v1::Event {
        v1::Event { site: site.to_owned(), follows_revision, ..self.message.clone() }
    }
}

impl ToldFilter {
    pub(super) fn holds(&self, event: &ToldEvent) -> bool {
        let Self { kinds, user } = self;
        (kinds.is_empty() || kinds.contains(&event.message.kind))
            && (user.is_none() || *user == event.user)
    }
}
