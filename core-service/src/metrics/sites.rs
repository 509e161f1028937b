//! What became of users, site by site.

use super::TOLD_APART;
use super::figures::KnownFigures;
use crate::store::StoredFigures;
use provost_domain::{Changes, Saved, SiteId, User};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{OTHER, names};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What may become of a user, in the order of the numbers.
const TRANSITIONS: [&str; 6] =
    ["created", "deleted", "activated", "deactivated", "promoted", "demoted"];

type Transitions = [u64; TRANSITIONS.len()];

/// How long the name of a site may be unknown: until what is stored was counted again.
const UNNAMED: Duration = Duration::from_hours(1);

/// How often it has happened.
#[derive(Debug, Default)]
pub struct SiteCounts(Mutex<CountedTransitions>);

/// Numbers never move from one name to another: they would seem to happen again under that name, or to have
/// begun anew under the one before.
#[derive(Debug, Clone, Default)]
struct CountedTransitions {
    /// In sites of their own.
    own: BTreeMap<SiteId, OwnNumbers>,
    /// In all others.
    others: Transitions,
}

/// The numbers of a site, which are told once its name is known.
#[derive(Debug, Clone)]
struct OwnNumbers {
    name: Option<String>,
    since: Instant,
    numbers: Transitions,
}

impl SiteCounts {
    /// Numbers at 0, told by these meters under the names of sites that are known.
    pub fn new(meters: &Meters, figures: &Arc<KnownFigures>) -> Arc<Self> {
        let counts = Arc::<Self>::default();
        let (looked, figures) = (Arc::clone(&counts), Arc::clone(figures));
        meters.observe(&names::USER_TRANSITIONS, move |observed| {
            let figures = figures.latest();
            // A copy, because the writer waits for its turn at the numbers.
            let CountedTransitions { own, others } = {
                let mut counted = looked.counted();
                counted.name(&figures);
                counted.clone()
            };
            let named = own.values().filter_map(|own| Some((own.name.as_deref()?, &own.numbers)));
            let unseen = figures.sites.iter().filter(|(site, _)| !own.contains_key(site));
            let none = Transitions::default();
            let unseen = unseen.map(|(_, name)| (name.as_str(), &none));
            let told = named.chain(unseen).take(TOLD_APART).chain([(OTHER, &others)]);
            for (name, numbers) in told {
                for (transition, number) in TRANSITIONS.iter().zip(numbers) {
                    observed.count(&[name, transition], *number);
                }
            }
        });
        counts
    }

    /// Counts what was committed.
    pub fn committed(&self, changes: &Changes) {
        if changes.saved_users.is_empty() && changes.deleted_users.is_empty() {
            return;
        }
        let mut counted = self.counted();
        for Saved { before, after } in &changes.saved_users {
            let numbers = counted.of(after.site);
            for (number, has_happened) in numbers.iter_mut().zip(become_of(before.as_ref(), after))
            {
                *number += u64::from(has_happened);
            }
        }
        for deleted in &changes.deleted_users {
            counted.of(deleted.site)[1] += 1;
        }
    }

    fn counted(&self) -> MutexGuard<'_, CountedTransitions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountedTransitions {
    fn of(&mut self, site: SiteId) -> &mut Transitions {
        if self.own.len() < TOLD_APART {
            let (name, since, numbers) = (None, Instant::now(), Transitions::default());
            &mut self.own.entry(site).or_insert(OwnNumbers { name, since, numbers }).numbers
        } else {
            self.own.get_mut(&site).map_or(&mut self.others, |own| &mut own.numbers)
        }
    }

    /// Gives sites their names. Those that are gone are told no more; where a site went before its name was
    /// known, what happened there counts among the others.
    fn name(&mut self, figures: &StoredFigures) {
        let others = &mut self.others;
        self.own.retain(|site, own| {
            if let Some(name) = figures.sites.get(site) {
                own.name.get_or_insert_with(|| name.clone());
                return true;
            }
            if own.name.is_some() {
                return false;
            }
            let is_new = own.since.elapsed() < UNNAMED;
            if !is_new {
                others.iter_mut().zip(own.numbers).for_each(|(all, number)| *all += number);
            }
            is_new
        });
    }
}

/// In the order of [`TRANSITIONS`].
fn become_of(before: Option<&User>, after: &User) -> [bool; TRANSITIONS.len()] {
    let Some(before) = before else { return [true, false, false, false, false, false] };
    let (was_active, is_active) = (before.is_active(), after.is_active());
    [
        false,
        false,
        !was_active && is_active,
        was_active && !is_active,
        before.role < after.role,
        before.role > after.role,
    ]
}
