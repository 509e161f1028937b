//! What became of users, site by site, and by who asked.

use super::CallerKind;
use super::callers::KINDS;
use super::figures::KnownFigures;
use crate::store::StoredFigures;
use provost_domain::{Changes, EventBody, SiteId};
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
#[derive(Debug)]
pub struct SiteCounts {
    counted: Mutex<CountedTransitions>,
    told_apart: usize,
}

/// Numbers never move from one name to another: they would seem to happen again under that name, or to have
/// begun anew under the one before.
#[derive(Debug, Clone, Default)]
struct CountedTransitions {
    /// In sites of their own.
    own: BTreeMap<SiteId, OwnNumbers>,
    /// In all others.
    others: Transitions,
    /// In all of them, by kind of caller.
    by_kind: [Transitions; KINDS.len()],
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
        let told_apart = meters.told_apart();
        let counts = Arc::new(Self { counted: Mutex::default(), told_apart });
        let (looked, figures) = (Arc::clone(&counts), Arc::clone(figures));
        meters.observe(&names::USER_TRANSITIONS, move |observed| {
            let figures = figures.stored();
            // A copy, because the writer waits for its turn at the numbers.
            let CountedTransitions { own, others, .. } = {
                let mut counted = looked.counted();
                counted.name(&figures);
                counted.clone()
            };
            let named = own.values().filter_map(|own| Some((own.name.as_deref()?, &own.numbers)));
            let unseen = figures.sites.iter().filter(|(site, _)| !own.contains_key(site));
            let none = Transitions::default();
            let unseen = unseen.map(|(_, name)| (name.as_str(), &none));
            let told = named.chain(unseen).take(told_apart).chain([(OTHER, &others)]);
            for (name, numbers) in told {
                for (transition, number) in TRANSITIONS.iter().zip(numbers) {
                    observed.count(&[name, transition], *number);
                }
            }
        });
        let looked = Arc::clone(&counts);
        meters.observe(&names::CALLER_TRANSITIONS, move |observed| {
            let by_kind = looked.counted().by_kind;
            for (kind, numbers) in KINDS.iter().zip(&by_kind) {
                for (transition, number) in TRANSITIONS.iter().zip(numbers) {
                    observed.count(&[kind, transition], *number);
                }
            }
        });
        counts
    }

    /// Counts what was committed.
    pub fn committed(&self, changes: &Changes) {
        let happened =
            changes.events.iter().filter_map(|event| Some((event, become_of(&event.body)?)));
        let happened: Vec<_> = happened.collect();
        if happened.is_empty() {
            return;
        }
        let mut counted = self.counted();
        for (event, transitions) in happened {
            let kind = CallerKind::of(&event.caller) as usize;
            add(counted.of(event.site, self.told_apart), transitions);
            add(&mut counted.by_kind[kind], transitions);
        }
    }

    fn counted(&self) -> MutexGuard<'_, CountedTransitions> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountedTransitions {
    fn of(&mut self, site: SiteId, told_apart: usize) -> &mut Transitions {
        if self.own.len() < told_apart {
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

fn add(numbers: &mut Transitions, transitions: [bool; TRANSITIONS.len()]) {
    for (number, has_happened) in numbers.iter_mut().zip(transitions) {
        *number += u64::from(has_happened);
    }
}

/// In the order of [`TRANSITIONS`]; none where nothing of the kind was decided.
fn become_of(body: &EventBody) -> Option<[bool; TRANSITIONS.len()]> {
    match body {
        EventBody::UserCreated { after: Some(_), .. } => {
            Some([true, false, false, false, false, false])
        }
        EventBody::UserDeleted { before: Some(_), .. } => {
            Some([false, true, false, false, false, false])
        }
        EventBody::UserChanged { before: Some(before), after: Some(after), .. } => {
            let roles = before.role.zip(after.role);
            let transitions = [
                false,
                false,
                after.active == Some(true),
                after.active == Some(false),
                roles.is_some_and(|(before, after)| before < after),
                roles.is_some_and(|(before, after)| before > after),
            ];
            transitions.contains(&true).then_some(transitions)
        }
        _ => None,
    }
}
