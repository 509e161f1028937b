//! A follower: one watch on its way through its ledgers.
//!
//! It is asked for the next response when there is room for one. What it holds between two is where it is.

mod access;
mod ledger;
mod moves;
mod rows_at_once;
mod snapshot;

use super::super::encode;
use super::told::ToldFilter;
use crate::authenticator::{Bearer, SiteReach};
use crate::watches::{
    PagedEvent as _, SnapshotPosition, WatchCursor, WatchPermit, WatchPosition, WatchScope,
    WatchedLedgers,
};
use crate::{AppState, Failure};
use ledger::FollowedLedger;
use provost_domain::{SiteId, Timestamp};
use provost_proto::v1;
use provost_proto::v1::watch_events_response::Content;
use rows_at_once::RowsAtOnce;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The longest time without a response.
const SILENCE: Duration = Duration::from_secs(15);
/// How often it is looked whether the caller may still watch.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
/// How soon after one look for more events comes the next one: so a busy ledger is told in batches, and
/// writers are not slowed down by who watches them.
const REST: Duration = Duration::from_millis(20);
/// The bytes of events at which a response ends. A single event that is larger is a response alone.
const BATCH_BYTES: usize = 64 * 1024;
/// How many events one response looks through.
const LOOKED_THROUGH: usize = 4_096;
/// A cursor of more ledgers is long, and not told with each response but so often.
const LONG_CURSOR: (usize, Duration) = (256, Duration::from_secs(1));

/// One watch.
pub(in super::super) struct Follower {
    state: Arc<AppState>,
    bearer: Bearer,
    scope: WatchScope,
    /// Of a watch of all sites, in which the caller may watch.
    reach: SiteReach,
    filter: ToldFilter,
    watched: WatchedLedgers,
    moves: watch::Receiver<u64>,
    /// The last move that was taken in.
    seen: u64,
    ledgers: BTreeMap<SiteId, FollowedLedger>,
    /// Those with more events, in turn.
    waiting: VecDeque<SiteId>,
    /// Of all of them together: how many events are to come, and when the newest was decided.
    pending: i64,
    head_at: Option<Timestamp>,
    newest_site: SiteId,
    /// Whether there may be ledgers of deleted sites behind that one which are still to be taken in.
    has_deleted_ahead: bool,
    snapshot: Option<SnapshotPosition>,
    events_at_once: RowsAtOnce,
    users_at_once: RowsAtOnce,
    /// When a cursor was told, and whether something was told behind it.
    cursor_told: Option<Instant>,
    owes_cursor: bool,
    /// When there was a response, a look at the caller, and a look for more.
    told: Option<Instant>,
    looked: Instant,
    rested: Instant,
    is_ending: bool,
    permit: WatchPermit,
}

impl Follower {
    pub(super) fn new(
        state: Arc<AppState>,
        bearer: Bearer,
        (scope, reach): (WatchScope, SiteReach),
        filter: ToldFilter,
        (watched, permit): (WatchedLedgers, WatchPermit),
    ) -> Self {
        let now = Instant::now();
        Self {
            state,
            bearer,
            scope,
            reach,
            filter,
            moves: watched.moves(),
            watched,
            seen: 0,
            ledgers: BTreeMap::new(),
            waiting: VecDeque::new(),
            pending: 0,
            head_at: None,
            newest_site: SiteId(0),
            has_deleted_ahead: false,
            snapshot: None,
            events_at_once: RowsAtOnce::default(),
            users_at_once: RowsAtOnce::default(),
            cursor_told: None,
            owes_cursor: false,
            told: None,
            looked: now,
            rested: now,
            is_ending: false,
            permit,
        }
    }

    /// The next response.
    pub(super) async fn next(&mut self) -> Result<v1::WatchEventsResponse, Failure> {
        loop {
            if self.state.watches.ending.is_cancelled() {
                if std::mem::replace(&mut self.is_ending, true) {
                    return Err(Failure::CoreStopping);
                }
                return Ok(self.response(Content::Progress(v1::Progress {})));
            }
            if self.looked.elapsed() >= LOOKED_EVERY {
                self.look_at_caller().await?;
                self.looked = Instant::now();
            }
            self.take_in_moves().await?;
            if let Some(content) = self.next_of_snapshot().await? {
                return Ok(self.response(content));
            }
            let encoded = self.next_events().await?;
            if !encoded.is_empty() {
                let batch = v1::EventBatch { encoded, ..v1::EventBatch::default() };
                return Ok(self.response(Content::Events(batch)));
            }
            let is_silent = self.told.is_none_or(|told| told.elapsed() >= SILENCE);
            if is_silent || self.owes_cursor && self.may_tell_cursor() {
                return Ok(self.response(Content::Progress(v1::Progress {})));
            }
            if self.waiting.is_empty() && !self.may_take_in_deleted() {
                self.wait().await;
            }
        }
    }

    /// Waits for more, or until there is something else to do.
    async fn wait(&mut self) {
        let silence = self.told.unwrap_or(self.looked) + SILENCE;
        let until = silence.min(self.looked + LOOKED_EVERY);
        let moves = &mut self.moves;
        let rested = self.rested + REST;
        let news = async move {
            sleep_until(rested).await;
            // There is always somebody who tells.
            let _ = moves.changed().await;
        };
        tokio::select! {
            () = news => self.rested = Instant::now(),
            () = sleep_until(until) => {}
            () = self.state.watches.ending.cancelled() => {}
        }
    }

    /// The next events for which the filter holds; none where there are no more, or enough others were
    /// looked through.
    async fn next_events(&mut self) -> Result<Vec<v1::EncodedEvent>, Failure> {
        let (mut events, mut bytes, mut looked) = (Vec::new(), 0, 0);
        while bytes < BATCH_BYTES && looked < LOOKED_THROUGH {
            let Some(site) = self.waiting.pop_front() else { break };
            let Some(ledger) = self.ledgers.get_mut(&site) else { continue };
            ledger.waits = false;
            let (WatchPosition { revision, .. }, head) = (ledger.position, ledger.head);
            let rows = self.events_at_once.number();
            let page = self.state.watches.pages.from(site, revision, head, rows).await?;
            self.events_at_once.learn(page.iter().map(|event| event.size()));
            let before = ledger.pending();
            let found =
                ledger.behind(&page).map_err(|problem| problem.refusal(site, &ledger.name))?;
            if found.is_empty() {
                // It was said to have more.
                ledger.miss().map_err(|problem| problem.refusal(site, &ledger.name))?;
                if let Some(head) = self.watched.look_at(site).await? {
                    self.move_on(site, head).await?;
                }
                continue;
            }
            for event in found {
                if self.filter.holds(event) {
                    let more = event.size();
                    if bytes > 0 && bytes + more > BATCH_BYTES {
                        bytes = BATCH_BYTES;
                        break;
                    }
                    bytes += more.max(1);
                    events.push(ledger.tell(event));
                }
                ledger.pass(event);
                looked += 1;
            }
            self.pending += ledger.pending() - before;
            if ledger.has_more() {
                ledger.waits = true;
                self.waiting.push_back(site);
            }
        }
        Ok(events)
    }

    fn response(&mut self, content: Content) -> v1::WatchEventsResponse {
        self.told = Some(Instant::now());
        let is_told =
            self.may_tell_cursor() || !matches!(&content, Content::Events(_) | Content::Users(_));
        self.owes_cursor = !is_told;
        self.permit.told(self.pending);
        v1::WatchEventsResponse {
            cursor: if is_told { self.cursor() } else { String::new() },
            pending: self.pending,
            head_time: self.head_at.map(encode::time),
            content: Some(content),
        }
    }

    /// Whether the cursor is short, or was not told for a while.
    fn may_tell_cursor(&self) -> bool {
        let (most, every) = LONG_CURSOR;
        self.ledgers.len() <= most || self.cursor_told.is_none_or(|told| told.elapsed() >= every)
    }

    fn cursor(&mut self) -> String {
        self.cursor_told = self.told;
        if self.scope == WatchScope::AllSites {
            // Its site is not new, so it is not met again.
            let now = Instant::now();
            self.ledgers.retain(|_, ledger| !ledger.is_left(now));
        }
        let positions = self.ledgers.iter().map(|(site, ledger)| (*site, ledger.position));
        let cursor = WatchCursor {
            scope: self.scope,
            newest_site: self.newest_site,
            positions: positions.collect(),
            snapshot: self.snapshot,
        };
        cursor.encode()
    }
}
