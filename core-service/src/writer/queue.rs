//! The queue of the writer: what waits, sorted by whose share it takes, and who is next.
//!
//! Sites take turns by what their commands cost (deficit round robin), so that one with a thousand
//! that wait delays another's by a share of one group. Within a site the order is that of arrival,
//! save for what the law lets overtake. Must never know what a command asks.

use provost_domain::{SiteId, Turn, UNKNOWN_WORK};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// The most commands that are decided in one transaction.
pub(super) const LARGEST_GROUP: usize = 256;
/// The most that the commands of one transaction cost together: a few hundredths of a second. What nobody
/// knows the work of has one to itself.
pub(super) const LARGEST_COST: u64 = UNKNOWN_WORK;
/// What a site may take before the next one has its turn: an eighth of a group.
const SHARE: u64 = LARGEST_COST / 8;
/// The most commands of one site that wait.
pub(super) const MOST_WAITING: usize = 1024;
/// The most that the waiting commands of one site cost together.
const MOST_COST: u64 = 1_000_000;

/// Whose share a command takes. Those that make sites share one.
type FlowKey = Option<SiteId>;

/// What waits.
#[derive(Debug)]
pub(super) struct Queue<T> {
    flows: HashMap<FlowKey, Flow<T>>,
    /// Every share of which something waits, once.
    ring: VecDeque<FlowKey>,
    closed: bool,
}

/// What waits of one site.
#[derive(Debug)]
struct Flow<T> {
    waiting: VecDeque<T>,
    cost: u64,
    /// What it may still take before others have their turn.
    credit: u64,
    /// What its commands lately cost beyond what they seemed to.
    surplus: u64,
}

/// Why something can't wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotQueued {
    /// Enough of its site waits.
    Full,
    /// Nothing is taken any more.
    Closed,
}

/// What became of a site's turn.
enum Taken {
    Everything,
    ItsShare,
    GroupIsFull,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { flows: HashMap::new(), ring: VecDeque::new(), closed: false }
    }
}

impl<T> Default for Flow<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), cost: 0, credit: SHARE, surplus: 0 }
    }
}

impl<T: AsRef<Turn>> Queue<T> {
    /// Lets something wait, unless too much of its site does that is still wanted.
    pub(super) fn push(
        &mut self,
        item: T,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<(), NotQueued> {
        if self.closed {
            return Err(NotQueued::Closed);
        }
        let turn = *item.as_ref();
        let flow = match self.flows.entry(turn.site) {
            Entry::Occupied(flow) => flow.into_mut(),
            Entry::Vacant(place) => {
                self.ring.push_back(turn.site);
                place.insert(Flow::default())
            }
        };
        if !flow.has_room(&turn) {
            flow.keep(is_wanted);
            if !flow.has_room(&turn) {
                return Err(NotQueued::Full);
            }
        }
        flow.push(turn, item);
        Ok(())
    }

    /// Takes the next group; an empty one when nothing waits.
    pub(super) fn take(&mut self) -> Vec<T> {
        let (mut group, mut cost) = (Vec::new(), 0);
        while let Some(site) = self.ring.pop_front() {
            let Some(flow) = self.flows.get_mut(&site) else { continue };
            match flow.take(&mut group, &mut cost) {
                Taken::Everything => drop(self.flows.remove(&site)),
                Taken::ItsShare => {
                    flow.credit += SHARE;
                    self.ring.push_back(site);
                }
                Taken::GroupIsFull => {
                    self.ring.push_front(site);
                    break;
                }
            }
        }
        group
    }

    /// Takes back what was taken and not decided, in front of what came meanwhile. What it took of its
    /// site's share is the site's again.
    pub(super) fn put_back(&mut self, items: Vec<T>) {
        for item in items.into_iter().rev() {
            let turn = *item.as_ref();
            let flow = match self.flows.entry(turn.site) {
                Entry::Occupied(flow) => flow.into_mut(),
                Entry::Vacant(place) => {
                    self.ring.push_front(turn.site);
                    place.insert(Flow::default())
                }
            };
            flow.cost += turn.cost();
            flow.credit += turn.cost() + flow.surplus;
            flow.waiting.push_front(item);
        }
    }

    /// Learns what a command of each of these sites cost beyond what it seemed to. It is what the
    /// next ones will seem to cost, less and less as long as they don't.
    pub(super) fn learn(&mut self, surplus: &BTreeMap<FlowKey, u64>) {
        for (site, surplus) in surplus {
            if let Some(flow) = self.flows.get_mut(site) {
                flow.surplus = (*surplus).max(flow.surplus.midpoint(*surplus));
            }
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.flows.values().map(|flow| flow.waiting.len()).sum()
    }

    /// Takes nothing more; what waits is still to be taken.
    pub(super) const fn close(&mut self) {
        self.closed = true;
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.flows.clear();
        self.ring.clear();
    }
}

impl<T: AsRef<Turn>> Flow<T> {
    fn has_room(&self, turn: &Turn) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < MOST_WAITING && self.cost + turn.cost() <= MOST_COST)
    }

    fn keep(&mut self, is_wanted: impl Fn(&T) -> bool) {
        self.waiting.retain(is_wanted);
        self.cost = self.waiting.iter().map(|item| item.as_ref().cost()).sum();
    }

    fn push(&mut self, turn: Turn, item: T) {
        self.cost += turn.cost();
        let stays = |earlier: &T| !turn.may_overtake(earlier.as_ref());
        let place = self.waiting.iter().rposition(stays).map_or(0, |last| last + 1);
        self.waiting.insert(place, item);
    }

    fn take(&mut self, group: &mut Vec<T>, group_cost: &mut u64) -> Taken {
        while let Some(next) = self.waiting.front() {
            let cost = next.as_ref().cost();
            let expected = cost + self.surplus;
            let is_full = group.len() >= LARGEST_GROUP || *group_cost + expected > LARGEST_COST;
            if is_full && !group.is_empty() {
                return Taken::GroupIsFull;
            }
            if expected > self.credit {
                return Taken::ItsShare;
            }
            self.credit -= expected;
            self.cost -= cost;
            *group_cost += expected;
            group.extend(self.waiting.pop_front());
        }
        Taken::Everything
    }
}

#[cfg(test)]
mod tests;
