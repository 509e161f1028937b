//! Cursors: how far a watch has come in each of its ledgers, as an opaque text.
//!
//! It says which ledgers the watch was about, so that it is taken for no other, and of the last event of
//! each a mark. Version, scope and flags are a byte each; numbers are variable in length, as in Protocol
//! Buffers, and sites are told by their distance.

use super::EventMark;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provost_domain::{SiteId, UserId};
use std::collections::BTreeMap;
use uuid::Uuid;

const VERSION: u8 = 1;
/// The flag of a watch whose snapshot is under way.
const IN_SNAPSHOT: u8 = 1;

/// Which ledgers a watch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchScope {
    /// Those of sites that were named.
    Named,
    /// Those of all sites that the caller reaches.
    AllSites,
    /// That of the installation.
    Installation,
}

/// How far a watch has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchCursor {
    /// In which ledgers.
    pub scope: WatchScope,
    /// The newest site that there was. Later ones are new to the watch.
    pub newest_site: SiteId,
    /// By ledger.
    pub positions: BTreeMap<SiteId, WatchPosition>,
    /// Where its snapshot is, if that is under way.
    pub snapshot: Option<SnapshotPosition>,
}

/// How far a watch has come in one ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WatchPosition {
    /// The revision of the last event that was looked at; 0 before the oldest one.
    pub revision: i64,
    /// Of that event.
    pub mark: EventMark,
}

/// How far a snapshot has come: everybody of the sites before this one was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPosition {
    /// The site.
    pub site: SiteId,
    /// The last user who was told of it; none yet where absent.
    pub after: Option<UserId>,
}

impl WatchCursor {
    /// The text of it.
    pub fn encode(&self) -> String {
        let Self { scope, newest_site, positions, snapshot } = self;
        let scope = match scope {
            WatchScope::Named => 0,
            WatchScope::AllSites => 1,
            WatchScope::Installation => 2,
        };
        let mut bytes = Vec::with_capacity(32 + positions.len() * 10);
        bytes.extend([VERSION, scope, snapshot.map_or(0, |_| IN_SNAPSHOT)]);
        put(&mut bytes, newest_site.0);
        if let Some(SnapshotPosition { site, after }) = snapshot {
            put(&mut bytes, site.0);
            bytes.extend(after.map_or(Uuid::nil(), |UserId(id)| id).into_bytes());
        }
        let mut before = 0;
        for (SiteId(site), WatchPosition { revision, mark: EventMark(mark) }) in positions {
            put(&mut bytes, site - before);
            put(&mut bytes, *revision);
            bytes.extend(mark.to_be_bytes());
            before = *site;
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the text; none where it is not of this version, or no cursor at all.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (&[VERSION, scope, flags @ (0 | IN_SNAPSHOT)], mut rest) =
            bytes.split_first_chunk::<3>()?
        else {
            return None;
        };
        let scope = match scope {
            0 => WatchScope::Named,
            1 => WatchScope::AllSites,
            2 => WatchScope::Installation,
            _ => return None,
        };
        let newest_site = SiteId(take(&mut rest)?);
        let mut snapshot = None;
        if flags == IN_SNAPSHOT {
            let site = SiteId(take(&mut rest)?);
            let (after, behind) = rest.split_first_chunk::<16>()?;
            let after = Uuid::from_bytes(*after);
            rest = behind;
            snapshot =
                Some(SnapshotPosition { site, after: (!after.is_nil()).then_some(UserId(after)) });
        }
        let (mut positions, mut site) = (BTreeMap::new(), 0_i64);
        while !rest.is_empty() {
            site = site.checked_add(take(&mut rest)?)?;
            let revision = take(&mut rest)?;
            let (mark, behind) = rest.split_first_chunk::<4>()?;
            rest = behind;
            let mark = EventMark(u32::from_be_bytes(*mark));
            // Each ledger once.
            if positions.insert(SiteId(site), WatchPosition { revision, mark }).is_some() {
                return None;
            }
        }
        Some(Self { scope, newest_site, positions, snapshot })
    }
}

/// Seven bits at a time, the last of them first.
fn put(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = number.unsigned_abs();
    loop {
        let [low, ..] = rest.to_le_bytes();
        rest >>= 7;
        if rest == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return i64::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cursors() -> impl Strategy<Value = WatchCursor> {
        let position = (0..i64::MAX, any::<u32>())
            .prop_map(|(revision, mark)| WatchPosition { revision, mark: EventMark(mark) });
        let positions = prop::collection::btree_map((0..i64::MAX).prop_map(SiteId), position, 0..9);
        let scope = prop_oneof![
            Just(WatchScope::Named),
            Just(WatchScope::AllSites),
            Just(WatchScope::Installation)
        ];
        let after = prop::option::of((1..u128::MAX).prop_map(|id| UserId(Uuid::from_u128(id))));
        let snapshot = prop::option::of(((0..i64::MAX).prop_map(SiteId), after));
        (scope, 0..i64::MAX, positions, snapshot).prop_map(
            |(scope, newest, positions, snapshot)| WatchCursor {
                scope,
                newest_site: SiteId(newest),
                positions,
                snapshot: snapshot.map(|(site, after)| SnapshotPosition { site, after }),
            },
        )
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(cursor in cursors()) {
            prop_assert_eq!(WatchCursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn whatever_comes_is_read_or_refused(text in "[A-Za-z0-9_-]{0,80}", any in ".{0,40}") {
            for text in [text, any] {
                if let Some(read) = WatchCursor::decode(&text) {
                    prop_assert_eq!(WatchCursor::decode(&read.encode()), Some(read));
                }
            }
        }
    }

    #[test]
    fn a_cursor_of_ten_thousand_sites_stays_below_the_limit_of_headers_and_messages() {
        let position = WatchPosition { revision: 1_000_000, mark: EventMark(u32::MAX) };
        let positions = (1..=10_000).map(|site| (SiteId(site), position)).collect();
        let cursor = WatchCursor {
            scope: WatchScope::AllSites,
            newest_site: SiteId(10_000),
            positions,
            snapshot: None,
        };
        assert!(cursor.encode().len() < 128 * 1024);
    }
}
