//! The batch of events that a watch is told.
//!
//! Owns that an event is put into bytes once, however many watch its ledger: at each of them only its site
//! and its place in the stream are added. On the wire it is the `EventBatch` of the contract.

use crate::v1::Event;
use prost::bytes::{Buf, BufMut, Bytes};
use prost::encoding::{
    DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, int64, key_len,
    message, skip_field,
};
use prost::{DecodeError, Message};
use std::fmt;
use std::sync::Arc;

/// Numbers of fields: of `EventBatch`, and of `Event`.
const EVENTS: u32 = 1;
const SITE: u32 = 16;
const FOLLOWS_REVISION: u32 = 17;

/// Events of one ledger or several, those of each in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventBatch {
    /// The events. Each names its site.
    pub events: Vec<Event>,
    /// Those that are to be sent behind these. Whoever receives them finds them among `events`.
    pub encoded: Vec<EncodedEvent>,
}

/// An event in bytes, as all who watch its ledger are told it. Copies share them.
#[derive(Clone, PartialEq)]
pub struct SharedEvent(Bytes);

/// An event that is ready to be sent to one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedEvent {
    /// All but what follows.
    pub shared: SharedEvent,
    /// The name of its site.
    pub site: Arc<str>,
    /// The revision of the event that was told before it.
    pub follows_revision: i64,
}

/// It may be about a person.
impl fmt::Debug for SharedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedEvent(…)")
    }
}

impl SharedEvent {
    /// Of an event without its site and without what it follows.
    pub fn of(event: &Event) -> Self {
        debug_assert!(event.site.is_empty() && event.follows_revision == 0);
        Self(event.encode_to_vec().into())
    }
}

impl EncodedEvent {
    fn len(&self) -> usize {
        let Self { shared, site, follows_revision } = self;
        let site = key_len(SITE) + encoded_len_varint(site.len() as u64) + site.len();
        let follows = match follows_revision {
            0 => 0,
            revision => int64::encoded_len(FOLLOWS_REVISION, revision),
        };
        shared.0.len() + site + follows
    }

    fn encode(&self, buffer: &mut impl BufMut) {
        let Self { shared, site, follows_revision } = self;
        encode_key(EVENTS, WireType::LengthDelimited, buffer);
        encode_varint(self.len() as u64, buffer);
        buffer.put_slice(&shared.0);
        encode_key(SITE, WireType::LengthDelimited, buffer);
        encode_varint(site.len() as u64, buffer);
        buffer.put_slice(site.as_bytes());
        if *follows_revision != 0 {
            int64::encode(FOLLOWS_REVISION, follows_revision, buffer);
        }
    }
}

impl Message for EventBatch {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        message::encode_repeated(EVENTS, &self.events, buffer);
        self.encoded.iter().for_each(|event| event.encode(buffer));
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            EVENTS => message::merge_repeated(wire_type, &mut self.events, buffer, context),
            _ => skip_field(wire_type, tag, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let event = |event: &EncodedEvent| {
            let length = event.len();
            key_len(EVENTS) + encoded_len_varint(length as u64) + length
        };
        message::encoded_len_repeated(EVENTS, &self.events)
            + self.encoded.iter().map(event).sum::<usize>()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::WatchEventsResponse;
    use crate::v1::watch_events_response::Content;

    #[test]
    fn an_event_that_was_encoded_before_arrives_as_any_other() {
        let event = |revision| Event {
            revision,
            caller: "operator".to_owned(),
            asked: vec!["role".to_owned(); 3],
            ..Event::default()
        };
        for follows_revision in [0, 6] {
            let told =
                |revision| Event { site: "acme".to_owned(), follows_revision, ..event(revision) };
            let encoded = |revision| EncodedEvent {
                shared: SharedEvent::of(&event(revision)),
                site: "acme".into(),
                follows_revision,
            };
            let response = |events, encoded| WatchEventsResponse {
                content: Some(Content::Events(EventBatch { events, encoded })),
                pending: 7,
                ..WatchEventsResponse::default()
            };
            let plain = response(vec![told(7), told(8)], Vec::new());
            for ready in [
                response(Vec::new(), vec![encoded(7), encoded(8)]),
                response(vec![told(7)], vec![encoded(8)]),
            ] {
                assert_eq!(ready.encode_to_vec(), plain.encode_to_vec());
                assert_eq!(ready.encoded_len(), plain.encoded_len());
            }
            assert_eq!(WatchEventsResponse::decode(&*plain.encode_to_vec()).unwrap(), plain);
        }
    }
}
