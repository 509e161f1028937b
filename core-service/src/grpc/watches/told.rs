//! Events as they are told to whoever watches: which of them, and the messages.

use super::super::encode_events;
use crate::watches::{EventMark, PagedEvent};
use provost_domain::{RecordedEvent, UserId};
use provost_proto::v1::{EncodedEvent, SharedEvent};
use std::sync::Arc;

/// An event, as all who watch its ledger are told it.
#[derive(Debug)]
pub struct ToldEvent {
    revision: i64,
    kind: String,
    message: SharedEvent,
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
        let message = encode_events::event(event);
        let shared = SharedEvent::of(&message);
        Self { revision: message.revision, kind: message.kind, message: shared, user, size, mark }
    }
}

impl PagedEvent for ToldEvent {
    fn revision(&self) -> i64 {
        self.revision
    }

    fn mark(&self) -> EventMark {
        self.mark
    }

    fn size(&self) -> usize {
        self.size
    }
}

impl ToldEvent {
    /// The message for one watch.
    pub(super) fn message(&self, site: &Arc<str>, follows_revision: i64) -> EncodedEvent {
        let (shared, site) = (self.message.clone(), Arc::clone(site));
        EncodedEvent { shared, site, follows_revision }
    }
}

impl ToldFilter {
    pub(super) fn holds(&self, event: &ToldEvent) -> bool {
        let Self { kinds, user } = self;
        (kinds.is_empty() || kinds.contains(&event.kind)) && (user.is_none() || *user == event.user)
    }
}
