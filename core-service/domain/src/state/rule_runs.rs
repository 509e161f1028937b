//! Runs of rules in the state of a group of commands.

use super::{Current, State, Tracked, asked_for};
use crate::{Changes, GroupId, RuleRun, SiteId};
use std::collections::BTreeMap;

impl State {
    /// The run about a group, if one is under way.
    pub(crate) fn rule_run(&self, site: SiteId, group: GroupId) -> Option<&RuleRun> {
        asked_for(self.rule_runs.get(&(site, group)), "a run of rules").now()
    }

    /// Puts a run in the place of what was there, of which nothing need be known.
    pub(crate) fn put_rule_run(&mut self, run: RuleRun) {
        let key = (run.site, run.group);
        let tracked = self.rule_runs.entry(key).or_insert(const { Tracked::loaded(None) });
        tracked.current = Current::Changed(run);
    }

    pub(crate) fn remove_rule_run(&mut self, run: &RuleRun) {
        if let Some(tracked) = self.rule_runs.get_mut(&(run.site, run.group)) {
            tracked.current = Current::Gone;
        }
    }
}

/// What of them is to be kept.
pub(super) fn keep(runs: BTreeMap<(SiteId, GroupId), Tracked<RuleRun>>, changes: &mut Changes) {
    for (key, Tracked { before, current }) in runs {
        match current {
            Current::Changed(run) => changes.saved_rule_runs.push(run),
            Current::Gone if before.is_some() => changes.deleted_rule_runs.push(key),
            Current::Unchanged | Current::Gone => {}
        }
    }
}
