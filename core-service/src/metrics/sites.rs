//! What became of users, site by site.

use super::TOLD_APART;
use super::figures::KnownFigures;
use provost_domain::{Changes, Saved, SiteId, User};
use provost_telemetry::Meters;
use provost_telemetry::metrics::{OTHER, names};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What may become of a user, in the order of the numbers.
const TRANSITIONS: [&str; 6] =
    ["created", "deleted", "activated", "deactivated", "promoted", "demoted"];

type Transitions = [u64; TRANSITIONS.len()];

/// How often it has happened, in the sites that have seen any of it.
#[derive(Debug, Default)]
pub struct SiteCounts(Mutex<BTreeMap<SiteId, Transitions>>);

impl SiteCounts {
    /// Numbers at 0, told by these meters under the names of sites that are known.
    pub fn new(meters: &Meters, figures: &Arc<KnownFigures>) -> Arc<Self> {
        let counts = Arc::<Self>::default();
        let (looked, figures) = (Arc::clone(&counts), Arc::clone(figures));
        meters.observe(&names::USER_TRANSITIONS, move |observed| {
            let (figures, mut counts) = (figures.latest(), looked.counts().clone());
            for (site, name) in figures.told_apart() {
                let numbers = counts.remove(site).unwrap_or_default();
                for (transition, number) in TRANSITIONS.iter().zip(numbers) {
                    observed.count(&[name, transition], number);
                }
            }
            let mut others = Transitions::default();
            for numbers in counts.into_values() {
                others.iter_mut().zip(numbers).for_each(|(all, number)| *all += number);
            }
            for (transition, number) in TRANSITIONS.iter().zip(others) {
                observed.count(&[OTHER, transition], number);
            }
        });
        counts
    }

    /// Counts what was committed.
    pub fn committed(&self, changes: &Changes) {
        if changes.saved_users.is_empty() && changes.deleted_users.is_empty() {
            return;
        }
        let mut counts = self.counts();
        for Saved { before, after } in &changes.saved_users {
            let numbers = numbers_of(&mut counts, after.site);
            for (number, has_happened) in numbers.iter_mut().zip(become_of(before.as_ref(), after))
            {
                *number += u64::from(has_happened);
            }
        }
        for deleted in &changes.deleted_users {
            numbers_of(&mut counts, deleted.site)[1] += 1;
        }
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<SiteId, Transitions>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The numbers of a site; those of a key that no site has where there are too many sites.
fn numbers_of(counts: &mut BTreeMap<SiteId, Transitions>, site: SiteId) -> &mut Transitions {
    let is_one_more = counts.len() >= TOLD_APART && !counts.contains_key(&site);
    counts.entry(if is_one_more { SiteId(i64::MIN) } else { site }).or_default()
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
