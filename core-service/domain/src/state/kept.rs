//! What of a state is to be kept, row by row.

use super::{Current, State, Tracked, rule_runs, services, sessions};
use crate::{Changes, Saved, User};

impl State {
    /// What is to be kept of all this.
    pub fn into_changes(self) -> Changes {
        let Self { sites, users, requests, connections, tokens, services, service_tokens, .. } =
            self;
        let Self { new_tokens, new_service_tokens, deleted_sites, events, groups, .. } = self;
        let mut changes =
            Changes { deleted_sites, new_tokens, new_service_tokens, events, ..Changes::default() };
        groups.keep(&users, &sites, &mut changes);
        for Tracked { before, current } in users.into_values() {
            match (before, current) {
                (_, Current::Unchanged) | (None, Current::Gone) => {}
                (before, Current::Changed(after)) => {
                    let was = before.as_ref().is_some_and(User::is_active_admin);
                    if was && !after.is_active_admin() {
                        changes.former_admins.push((after.site, after.id));
                    }
                    changes.saved_users.push(Saved { before, after });
                }
                (Some(before), Current::Gone) => {
                    if before.is_active_admin() {
                        changes.former_admins.push((before.site, before.id));
                    }
                    changes.deleted_users.push(before);
                }
            }
        }
        for site in sites.into_values() {
            match site {
                Tracked { before: None, current: Current::Changed(site) } => {
                    changes.new_sites.push(site);
                }
                Tracked { before: Some(before), current: Current::Changed(site) }
                    if before.policy != site.policy || before.group_rules != site.group_rules =>
                {
                    changes.changed_sites.push(site);
                }
                _ => {}
            }
        }
        for Tracked { before, current } in connections.into_values() {
            match (before, current) {
                (_, Current::Unchanged) => {}
                (Some(before), Current::Changed(after)) if before.id == after.id => {
                    changes.changed_connections.push(after);
                }
                // Also where another one has come in its place.
                (before, Current::Changed(connection)) => {
                    changes.new_connections.push(connection);
                    changes.deleted_connections.extend(before.map(|connection| connection.id));
                }
                (before, Current::Gone) => {
                    changes.deleted_connections.extend(before.map(|connection| connection.id));
                }
            }
        }
        services::keep(services, &mut changes);
        rule_runs::keep(self.rule_runs, &mut changes);
        sessions::keep(self.sessions, self.new_sessions, &mut changes);
        changes.changed_service_tokens.extend(service_tokens.into_values().filter_map(changed));
        changes.new_requests.extend(requests.into_values().filter_map(changed));
        changes.changed_tokens.extend(tokens.into_values().filter_map(changed));
        changes
    }
}

fn changed<T>(row: Tracked<T>) -> Option<T> {
    match row.current {
        Current::Changed(row) => Some(row),
        Current::Unchanged | Current::Gone => None,
    }
}
