//! What an event says was asked and done, in words.

use provost_proto::v1::event_state::State;
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    Connection, ConnectionDialect, DirectoryStatus, Event, EventState, GroupRuleSnapshot, Role,
    UserSnapshot,
};

use super::super::settings;
use super::cut;

/// What the ledger calls what was asked, and what people call it.
const ASKED: &[(&str, &str)] = &[
    ("create", "create the user"),
    ("sign_in", "sign in"),
    ("delete", "delete the user"),
    ("set_active", "set the status"),
    ("activate", "activate"),
    ("set_role", "set the role"),
    ("set_user_name", "set the user name"),
    ("set_external_id", "set the external id"),
    ("set_attribute", "set an attribute"),
    ("edit_list", "change a list"),
    ("replace", "describe the user anew"),
    ("place_hold", "place a hold"),
    ("lift_hold", "lift a hold"),
    ("lift_expired_holds", "lift a hold that has expired"),
    ("forget_subject", "forget the subject"),
    ("follow_groups", "have the role follow from groups"),
    ("ignored", "something that is not kept"),
];

/// How many attributes or settings of one line are named.
const MOST_NAMES: usize = 8;

/// What an event says.
pub struct EventWords {
    pub asked: String,
    pub done: Vec<String>,
    /// Empty where the event doesn't say it.
    pub user_name: String,
}

/// What an event says.
pub fn told(event: &Event) -> EventWords {
    let state = |state: &Option<EventState>| state.clone().and_then(|state| state.state);
    let (before, after) = (state(&event.before), state(&event.after));
    let words = event.asked.iter().map(|word| {
        let known = ASKED.iter().find(|(known, _)| known == word);
        known.map_or_else(|| word.clone(), |(_, people)| (*people).to_owned())
    });
    let mut asked = words.take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    if asked.is_empty() {
        // About a site, the kind is what was asked: `token_created`.
        asked = event.kind.replace('_', " ");
    }
    let named = [&after, &before].into_iter().find_map(|state| match state {
        Some(State::User(user)) => user.user_name.clone(),
        _ => None,
    });
    EventWords {
        asked,
        done: done(&event.kind, before, after),
        user_name: named.as_deref().map_or_else(String::new, cut),
    }
}

fn done(kind: &str, before: Option<State>, after: Option<State>) -> Vec<String> {
    match (before, after) {
        (Some(State::User(before)), Some(State::User(after))) => changed(&before, &after),
        (None, Some(State::User(user))) => vec![format!(
            "created as {}, {}",
            Into::<&str>::into(user.role()),
            status(user.active())
        )],
        (Some(State::User(_)), None) => vec!["deleted".to_owned()],
        (Some(State::Settings(before)), Some(State::Settings(after))) => {
            let told = settings::differences(&before, &after).into_iter().take(MOST_NAMES);
            told.map(|it| cut(&format!("{}: {} → {}", it.label, it.before, it.after))).collect()
        }
        (Some(State::Connection(before)), Some(State::Connection(after))) => {
            understood(&before, &after)
        }
        (Some(State::Group(before)), Some(State::Group(after))) => {
            let moved = [(&after, "came"), (&before, "left")].map(|(group, word)| {
                let number = group.user_ids.len();
                (number > 0).then(|| format!("{number} members {word}"))
            });
            let renamed = after.display_name.as_deref().map(|name| format!("named {}", cut(name)));
            renamed.into_iter().chain(moved.into_iter().flatten()).collect()
        }
        (Some(State::GroupRule(before)), Some(State::GroupRule(after))) => {
            let [from, to]: [&str; 2] = [before.role(), after.role()].map(Role::into);
            vec![cut(&format!("{}: {from} → {to}", rule(&after)))]
        }
        (before, after) => {
            let word = match (kind, after.is_some()) {
                ("token_revealed", _) => "shown again",
                (_, true) => "made",
                (_, false) => "ended",
            };
            let name = after.or(before).and_then(name);
            name.map(|name| cut(&format!("{name} {word}"))).into_iter().collect()
        }
    }
}

/// How a connection is understood otherwise than before.
fn understood(before: &Connection, after: &Connection) -> Vec<String> {
    let [from, to]: [&str; 2] = [before.dialect(), after.dialect()].map(ConnectionDialect::into);
    let told = || cut(&format!("connection {}: dialect {from} → {to}", after.name));
    (from != to).then(told).into_iter().collect()
}

/// What something of a site is called that was made or ended.
fn name(state: State) -> Option<String> {
    match state {
        State::Connection(it) => Some(format!("connection {}", it.name)),
        State::Token(it) => Some(format!("token {} of the connection {}", it.name, it.connection)),
        State::Service(it) => Some(format!("service {}", it.name)),
        State::ServiceToken(it) => Some(format!("token {} of the service {}", it.name, it.service)),
        State::ServiceCertificate(it) => Some(format!("certificate {}", it.certificate_name)),
        State::Group(it) => Some(format!("group {}", it.display_name.unwrap_or_default())),
        State::GroupRule(it) => {
            let role: &str = it.role().into();
            Some(format!("{}: {role}", rule(&it)))
        }
        // Of a site or a session the kind says it all.
        State::User(_) | State::Settings(_) | State::Session(_) => None,
    }
}

fn rule(rule: &GroupRuleSnapshot) -> String {
    match rule.group.as_ref().and_then(|group| group.by.as_ref()) {
        Some(By::GroupId(id)) => format!("rule for the group {id}"),
        Some(By::DisplayName(name)) => format!("rule for groups named {name}"),
        None => "rule".to_owned(),
    }
}

fn changed(before: &UserSnapshot, after: &UserSnapshot) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(active) = after.active {
        told.push(status(active).to_owned());
    }
    if after.directory_status.is_some() {
        told.push(match after.directory_status() {
            DirectoryStatus::Active => "the directory says active".to_owned(),
            DirectoryStatus::Inactive => "the directory says inactive".to_owned(),
            DirectoryStatus::Deleted => "the directory deleted the user".to_owned(),
            DirectoryStatus::Unspecified => "the directory says something new".to_owned(),
        });
    }
    if after.role.is_some() {
        let [from, to]: [&str; 2] = [before.role(), after.role()].map(Role::into);
        told.push(format!("role {from} → {to}"));
    }
    if after.base_role.is_some() {
        let base: &str = after.base_role().into();
        told.push(format!("{base} besides groups"));
    }
    if let Some(after) = &after.holds {
        let before = before.holds.clone().unwrap_or_default();
        let lacks = |holds: &[provost_proto::v1::Hold], name: &str| {
            !holds.iter().any(|hold| hold.name == name)
        };
        let gone = before.holds.iter().filter(|hold| lacks(&after.holds, &hold.name));
        told.extend(gone.map(|hold| format!("hold {} lifted", hold.name)));
        let come = after.holds.iter().filter(|hold| !before.holds.contains(hold));
        told.extend(come.map(|hold| {
            let word = if lacks(&before.holds, &hold.name) { "placed" } else { "changed" };
            format!("hold {} {word}", hold.name)
        }));
    }
    if let (Some(from), Some(to)) = (&before.user_name, &after.user_name) {
        told.push(format!("user name {} → {}", cut(from), cut(to)));
    }
    if let Some(to) = &after.external_id {
        let to = if to.is_empty() { "cleared".to_owned() } else { format!("→ {}", cut(to)) };
        told.push(format!("external id {to}"));
    }
    if after.subject.is_some() {
        told.push("subject".to_owned());
    }
    // Names only: values are the user's own, and many.
    told.extend(after.attributes.keys().cloned());
    if told.len() > MOST_NAMES {
        let more = told.len() - MOST_NAMES;
        told.truncate(MOST_NAMES);
        told.push(format!("{more} more"));
    }
    told
}

/// An account as people call it.
const fn status(is_active: bool) -> &'static str {
    if is_active { "active" } else { "deactivated" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::{Hold, HoldList};

    fn holds(names: &[&str]) -> HoldList {
        let hold = |name: &&str| Hold { name: (*name).to_owned(), ..Hold::default() };
        HoldList { holds: names.iter().map(hold).collect() }
    }

    #[test]
    fn a_change_is_told_by_what_differs() {
        let before = UserSnapshot {
            active: Some(true),
            role: Some(Role::Registered.into()),
            holds: Some(holds(&["legal"])),
            ..UserSnapshot::default()
        };
        let after = UserSnapshot {
            active: Some(false),
            directory_status: Some(DirectoryStatus::Inactive.into()),
            role: Some(Role::Admin.into()),
            holds: Some(holds(&["manual"])),
            external_id: Some(String::new()),
            attributes: [("title".to_owned(), provost_proto::v1::Value::default())].into(),
            ..UserSnapshot::default()
        };
        let expected = [
            "deactivated",
            "the directory says inactive",
            "role Registered → Admin",
            "hold legal lifted",
            "hold manual placed",
            "external id cleared",
            "title",
        ];
        assert_eq!(changed(&before, &after), expected);
    }

    #[test]
    fn what_a_newer_core_writes_is_passed_through() {
        let event = Event { asked: vec!["merge".to_owned()], ..Event::default() };
        assert_eq!(told(&event).asked, "merge");
        let event = Event { kind: "thing_made".to_owned(), ..Event::default() };
        assert_eq!((told(&event).asked.as_str(), told(&event).done.len()), ("thing made", 0));
    }
}
