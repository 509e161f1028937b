//! How what is stored is told: each site, connection and consumer by itself, as far as they are told apart.

use super::activity::seconds;
use super::figures::KnownFigures;
use crate::clock;
use crate::store::{StoredFigures, UserFigure};
use provost_domain::{Role, Timestamp};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{Metric, OTHER, Observed, names};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Has all of it looked at by whoever collects.
pub(super) fn observe(meters: &Meters, known: &Arc<KnownFigures>) {
    let most = meters.told_apart();
    let look = |metric: &'static Metric, tell: Tell| {
        let known = Arc::clone(known);
        meters.observe(metric, move |observed| tell(observed, &known, most));
    };
    look(&names::USERS, |observed, known, most| {
        for ((site, is_active, role), number) in users(&known.users(), &known.stored(), most) {
            let status = if is_active { "active" } else { "deactivated" };
            observed.count(&[&site, status, role.as_str()], number);
        }
    });
    look(&names::TOKEN_TIME_LEFT, |observed, known, most| {
        let (figures, now) = (known.stored(), clock::now());
        let (own, beyond) = figures.connections.split_at(most.min(figures.connections.len()));
        for connection in own {
            if let Some(end) = connection.token_expires_at {
                observed.see(&[&connection.site_name, &connection.name], until(end, now));
            }
        }
        let ends = beyond.iter().filter_map(|connection| connection.token_expires_at);
        if let Some(first) = ends.min() {
            observed.see(&[OTHER, OTHER], until(first, now));
        }
    });
    look(&names::SERVICE_TOKEN_TIME_LEFT, |observed, known, _| {
        let (figures, now) = (known.stored(), clock::now());
        for (service, end) in &figures.service_tokens {
            observed.see(&[service], until(*end, now));
        }
    });
    look(&names::OVERFLOW, |observed, known, most| {
        let figures = known.stored();
        for (of, number) in [
            ("site", figures.sites.len()),
            ("connection", figures.connections.len()),
            ("consumer", figures.consumers.len()),
        ] {
            let beyond = number.saturating_sub(most);
            observed.count(&[of], u64::try_from(beyond).unwrap_or(u64::MAX));
        }
    });
    look(&names::DATABASE_SIZE, |observed, known, _| {
        observed.count(&[], known.stored().database_bytes);
    });
    look(&names::DATABASE_USED, |observed, known, _| {
        if let Some(share) = known.stored().used {
            observed.see(&[share.limit], share.used);
        }
    });
    look(&names::LEDGER_EVENTS, |observed, known, _| {
        observed.count(&[], known.stored().events);
    });
    look(&names::LEDGERS_BROKEN, |observed, known, _| {
        observed.count(&[], known.stored().broken_ledgers);
    });
    look(&names::CONSUMER_PENDING, |observed, known, most| {
        for ((caller, name), (pending, _)) in consumers(&known.stored(), most) {
            observed.count(&[caller, name], pending);
        }
    });
    look(&names::CONSUMER_LAG, |observed, known, most| {
        let now = clock::now();
        for ((caller, name), (_, oldest)) in consumers(&known.stored(), most) {
            observed.see(&[caller, name], oldest.map_or(0.0, |oldest| since(oldest, now)));
        }
    });
    look(&names::CUTOFF_AGE, |observed, known, most| {
        let (figures, now) = (known.stored(), clock::now());
        let own: BTreeSet<_> = figures.told_apart(most).map(|(_, name)| name).collect();
        let mut ages = BTreeMap::<_, f64>::new();
        for (site, oldest) in known.cutoffs().waits() {
            let site = if own.contains(&site) { site } else { OTHER };
            let age = oldest.map_or(0.0, |oldest| since(oldest, now));
            let longest = ages.entry(site.to_owned()).or_default();
            *longest = longest.max(age);
        }
        for (site, age) in ages {
            observed.see(&[&site], age);
        }
    });
}

type Tell = fn(&Observed<'_>, &KnownFigures, usize);

/// The number of users of each site by status and role, also where there is none.
fn users(
    counted: &[UserFigure],
    figures: &StoredFigures,
    most: usize,
) -> BTreeMap<(String, bool, Role), u64> {
    let sites: BTreeMap<_, _> = figures.told_apart(most).collect();
    let mut numbers = BTreeMap::new();
    for name in sites.values().copied().chain([OTHER]) {
        for is_active in [true, false] {
            for role in Role::ALL {
                numbers.insert((name.to_owned(), is_active, role), 0);
            }
        }
    }
    for UserFigure { site, is_active, role, number } in counted {
        let name = sites.get(site).copied().unwrap_or(OTHER);
        *numbers.entry((name.to_owned(), *is_active, *role)).or_default() += number;
    }
    numbers
}

/// How many events wait for each consumer, and since when.
fn consumers(
    figures: &StoredFigures,
    most: usize,
) -> BTreeMap<(&str, &str), (u64, Option<Timestamp>)> {
    let mut told = BTreeMap::new();
    for (place, consumer) in figures.consumers.iter().enumerate() {
        let own = (&*consumer.caller, &*consumer.name);
        let key = if place < most { own } else { (OTHER, OTHER) };
        let (pending, oldest) = told.entry(key).or_insert((0, None));
        *pending = consumer.pending.max(*pending);
        *oldest = [*oldest, consumer.oldest_pending].into_iter().flatten().min();
    }
    told
}

fn until(end: Timestamp, now: Timestamp) -> f64 {
    seconds(end.0.saturating_sub(now.0))
}

fn since(at: Timestamp, now: Timestamp) -> f64 {
    seconds(now.0.saturating_sub(at.0).max(0))
}
