//! Standings that no core has written down: of events from before that was done, and of a core of such a
//! version beside this one. They follow from the ledger, so they are added later, a piece at a time.
//!
//! Several cores may do so at once; what they find is the same. Must never know how it is stored.

use crate::Failure;
use crate::queries::LedgerQueries;
use crate::store::Store;
use provost_domain::{
    EventFilter, EventOrder, RecordedEvent, Role, SiteId, Standing, StandingChange, UserId,
    shown_after, shown_before,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How often it is looked for events of a core that writes down none.
const FILLED_EVERY: Duration = Duration::from_secs(5);
/// So many events of a user are read at once.
const AT_ONCE: u64 = 100;

/// Adds what is missing, as long as there is something, and whenever somebody has asked for it in vain.
pub(crate) async fn keep_standings_filled(
    store: Store,
    ledgers: LedgerQueries,
    asked: Arc<Notify>,
    stopping: CancellationToken,
) {
    let filling = StandingFill { store, ledgers };
    loop {
        let mut stuck = HashSet::new();
        while !stopping.is_cancelled() {
            match filling.round(&mut stuck).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "who had a role could not be taken from the ledger");
                    break;
                }
            }
        }
        let told = timeout(FILLED_EVERY, asked.notified());
        if stopping.run_until_cancelled(told).await.is_none() {
            return;
        }
    }
}

/// What is known of a user right before an event.
#[derive(Default)]
struct KnownBefore {
    active: Option<bool>,
    user_name: Option<String>,
}

impl KnownBefore {
    /// What a later event says was so before it, as far as nothing else has told.
    fn take_before(&mut self, event: &RecordedEvent) {
        let Some(before) = shown_before(&event.body) else { return };
        self.active = self.active.or(before.active);
        if self.user_name.is_none() {
            self.user_name.clone_from(&before.user_name);
        }
    }

    /// What an earlier event says became so.
    fn take_after(&mut self, event: &RecordedEvent) {
        let Some(after) = shown_after(&event.body) else { return };
        self.active = after.active.or(self.active);
        if after.user_name.is_some() {
            self.user_name.clone_from(&after.user_name);
        }
    }

    const fn is_all(&self) -> bool {
        self.active.is_some() && self.user_name.is_some()
    }
}

struct StandingFill {
    store: Store,
    ledgers: LedgerQueries,
}

impl StandingFill {
    /// Goes through a piece of each ledger that has one, but of those that are stuck, so that one ledger
    /// that can't be read keeps nobody else waiting. Answers whether there was any.
    async fn round(&self, stuck: &mut HashSet<SiteId>) -> Result<bool, Failure> {
        let mut sites = self.store.unfilled_sites().await?;
        sites.retain(|site| !stuck.contains(site));
        for site in &sites {
            if let Err(error) = self.piece(*site).await {
                stuck.insert(*site);
                let site = site.0;
                tracing::warn!(site, %error, "who had a role in this site could not be taken from its ledger");
            }
        }
        Ok(!sites.is_empty())
    }

    async fn piece(&self, site: SiteId) -> Result<(), Failure> {
        let Some(piece) = self.store.unfilled_piece(site).await? else { return Ok(()) };
        let mut known: HashMap<UserId, Vec<(i64, StandingChange)>> = HashMap::new();
        for (user, revision, change) in piece.known {
            known.entry(user).or_default().push((revision, change));
        }
        let mut changes = Vec::new();
        for event in &piece.events {
            let Some(user) = event.user else { continue };
            let of_user = known.entry(user).or_default();
            let Some(change) = self.change(event, user, of_user).await? else { continue };
            let place = of_user.partition_point(|(revision, _)| *revision <= event.revision);
            of_user.insert(place, (event.revision, change.clone()));
            changes.push((event, change));
        }
        Ok(self.store.save_filled(site, piece.last, &changes).await?)
    }

    /// What an event changed, given what was known of the user before it.
    async fn change(
        &self,
        event: &RecordedEvent,
        user: UserId,
        known: &[(i64, StandingChange)],
    ) -> Result<Option<StandingChange>, Failure> {
        let mut was = Standing::NONE;
        let mut user_name = String::new();
        for (_, change) in known.iter().filter(|(revision, _)| *revision < event.revision) {
            was.role = change.role.unwrap_or(was.role);
            was.active = change.active.unwrap_or(was.active);
            user_name.clone_from(&change.user_name);
        }
        let is = was.behind(&event.body);
        if was.role == Role::Registered && is.role == Role::Registered {
            return Ok(None);
        }
        if is.role > Role::Registered && was.role != is.role {
            let then = self.known_before(event, user).await?;
            was.active = then.active.unwrap_or(was.active);
            user_name = then.user_name.unwrap_or(user_name);
        }
        let told = shown_after(&event.body).and_then(|after| after.user_name.as_ref());
        let user_name = told.unwrap_or(&user_name);
        Ok(StandingChange::from_to(was, was.behind(&event.body), user_name))
    }

    /// What of a user no earlier change of the standing says: by the events before, or else by those
    /// behind, or else by the user.
    async fn known_before(
        &self,
        event: &RecordedEvent,
        user: UserId,
    ) -> Result<KnownBefore, Failure> {
        let filter = EventFilter { user: Some(user), ..EventFilter::default() };
        let (mut known, mut place) = (KnownBefore::default(), None);
        loop {
            let order = EventOrder::OldestFirst;
            let page = self.ledgers.list(event.site, &filter, order, place, AT_ONCE).await?;
            for other in &page.events {
                if other.revision < event.revision {
                    known.take_after(other);
                } else if !known.is_all() {
                    known.take_before(other);
                }
            }
            let is_behind = page.next.is_none_or(|next| next.behind >= event.revision);
            place = page.next;
            if place.is_none() || (is_behind && known.is_all()) {
                break;
            }
        }
        if !known.is_all()
            && let Some(user) = self.store.user(event.site, user).await?
        {
            known.active = known.active.or_else(|| Some(user.is_active()));
            known.user_name = known.user_name.or_else(|| Some(user.user_name.as_str().to_owned()));
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::{SCANS, Turns};
    use provost_test_kit::Database;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    provost_test_kit::on_both_databases!(&crate::upkeep::standings::tests::OldLedger:
        a_kill_in_the_midst_loses_nothing,
        a_ledger_that_cant_be_read_keeps_no_other_waiting,
    );

    const SITE: SiteId = SiteId(1);
    /// More than two pieces.
    const EVENTS: i64 = 600;

    struct OldLedger {
        fill: StandingFill,
        database: Database,
    }

    impl OldLedger {
        /// A ledger of a core that wrote no standings: an Admin who comes and goes.
        async fn on(database: Database) -> Self {
            let store = Store::open(database.url()).await.unwrap();
            let ledgers = LedgerQueries::new(store.clone(), Arc::new(Turns::new(SCANS.0, SCANS.1)));
            let site = "INSERT INTO sites (id, name, revision, enabled, allow_moderator_promotion, \
                allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
                VALUES (1, 'acme', 600, true, false, false, 1, 1, 1, '[]', 1) RETURNING name";
            database.rows(site).await;
            let ada = match database.server_url() {
                Some(_) => "'00000000-0000-0000-0000-000000000005'",
                None => "unhex('00000000000000000000000000000005')",
            };
            let row = |revision: i64| {
                let (kind, body) = match revision {
                    1 => (
                        "user_created",
                        r#""after":{"user_name":"ada","active":true,"role":"Admin"}"#,
                    ),
                    even if even % 2 == 0 => ("user_changed", r#""after":{"active":false}"#),
                    _ => ("user_changed", r#""after":{"active":true}"#),
                };
                format!(
                    "(1, {revision}, {ada}, {revision}, 'operator', '{kind}', 'accepted', '[]', \
                     '{{\"kind\":\"{kind}\",\"version\":1,\"asked\":[],{body}}}')"
                )
            };
            let rows: Vec<_> = (1..=EVENTS).map(row).collect();
            let columns = "site_id, revision, user_id, at, caller, kind, outcome, notices, body";
            let rows = rows.join(", ");
            let events = format!("INSERT INTO events ({columns}) VALUES {rows} RETURNING kind");
            assert_eq!(database.rows(&events).await.len(), 600);
            Self { fill: StandingFill { store, ledgers }, database }
        }

        async fn number(&self, sql: &str) -> i64 {
            self.database.rows(sql).await[0][0].parse().unwrap()
        }
    }

    /// Works on something until it has gone on so many times, and leaves it there.
    async fn killed_after<T>(times: usize, work: impl Future<Output = T>) -> Option<T> {
        let (mut work, mut gone_on) = (pin!(work), 0);
        poll_fn(|context| {
            gone_on += 1;
            if gone_on > times {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await
    }

    async fn a_ledger_that_cant_be_read_keeps_no_other_waiting(old: &OldLedger) {
        let site = "INSERT INTO sites (id, name, revision, enabled, allow_moderator_promotion, \
            allow_admin_promotion, creation, deletion, refusals, protected_user_names, created_at) \
            SELECT 3, 'gamma', revision, enabled, allow_moderator_promotion, allow_admin_promotion, \
            creation, deletion, refusals, protected_user_names, created_at FROM sites WHERE id = 1 \
            RETURNING name";
        old.database.rows(site).await;
        let columns = "revision, user_id, at, caller, kind, outcome, notices, body";
        let events = format!(
            "INSERT INTO events (site_id, {columns}) SELECT 3, {columns} FROM events RETURNING kind"
        );
        old.database.rows(&events).await;
        let broken = "UPDATE events SET notices = 'no JSON' WHERE site_id = 1 AND revision = 1 RETURNING kind";
        old.database.rows(broken).await;

        let mut stuck = HashSet::new();
        while old.fill.round(&mut stuck).await.unwrap() {}
        assert_eq!(stuck, HashSet::from([SITE]));
        assert!(old.fill.store.first_unfilled(SITE).await.unwrap().is_some());
        assert_eq!(old.fill.store.first_unfilled(SiteId(3)).await.unwrap(), None);
        old.fill.store.close().await.unwrap();
    }

    async fn a_kill_in_the_midst_loses_nothing(old: &OldLedger) {
        let (mut times, mut kills) = (1, 0);
        loop {
            match killed_after(times, old.fill.round(&mut HashSet::new())).await {
                Some(any) => {
                    if !any.unwrap() {
                        break;
                    }
                }
                None => kills += 1,
            }
            times += 1 + times / 4;
            let until = "SELECT cast(coalesce(max(revision), 0) AS text) FROM standing_fills";
            let kept = "SELECT cast(count(*) AS text) FROM standing_changes";
            let (until, kept) = (old.number(until).await, old.number(kept).await);
            assert!(until <= EVENTS && until % 50 == 0, "{until}");
            assert_eq!(kept, until, "all of the events until there, and no others");
        }
        assert!(kills > 2, "{kills}");
        let told = "SELECT DISTINCT user_name, cast(coalesce(role, 0) AS text), \
            cast(cast(active AS integer) AS text) FROM standing_changes ORDER BY 2, 3";
        let expected = [["ada", "0", "0"], ["ada", "0", "1"], ["ada", "3", "1"]]
            .map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(old.database.rows(told).await, expected);
        assert_eq!(old.fill.store.first_unfilled(SITE).await.unwrap(), None);
        old.fill.store.close().await.unwrap();
    }
}
