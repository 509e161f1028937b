//! Somebody's page: what the directory says, which holds stand, what follows from both, and everything that
//! was ever decided about them.

mod action;
mod standing;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{GroupRule, Role, User, UserGroup};
use serde::Deserialize;
use standing::HoldLine;
use strum::IntoEnumIterator as _;

use super::log::merged::{self, LogPlace, WantedLines};
use super::log_line::LogLine;
use super::people::by_id;
use super::rule_line;
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::Moment;
use crate::signed_in::SignedIn;

pub use action::{act, confirm};

/// How many groups are shown at most.
const MOST_GROUPS: usize = 50;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    site: String,
    id: String,
    /// None of somebody who was deleted.
    person: Option<PersonFacts>,
    lines: Vec<LogLine>,
    next: Option<LogPlace>,
    /// Whether something was just done.
    is_done: bool,
}

/// Somebody as they are.
struct PersonFacts {
    user_name: String,
    display_name: String,
    external_id: String,
    is_active: bool,
    /// Why, in one sentence.
    explained: String,
    directory: &'static str,
    holds: Vec<HoldLine>,
    role: &'static str,
    /// What groups have to do with it; none where they have nothing to do with it.
    role_source: Option<String>,
    /// The roles to which they can be moved.
    other_roles: Vec<&'static str>,
    groups: Vec<UserGroup>,
    /// Whether there are more groups than these.
    has_more_groups: bool,
    created: Option<Moment>,
    updated: Option<Moment>,
}

impl PersonFacts {
    fn of(user: User, rules: &[GroupRule]) -> Self {
        let role_source = standing::role_source(&user, rules);
        let explained = standing::explained(&user);
        let directory = standing::directory(user.directory_status());
        let role = user.role();
        let others = Role::iter().filter(|it| *it != Role::Unspecified && *it != role);
        let name = user.profile.unwrap_or_default().attributes.remove("display_name");
        Self {
            explained,
            directory,
            role: role.into(),
            role_source,
            other_roles: others.map(Role::into).collect(),
            user_name: user.user_name,
            display_name: match name.and_then(|name| name.kind) {
                Some(Kind::Text(name)) => name,
                _ => String::new(),
            },
            external_id: user.external_id.unwrap_or_default(),
            is_active: user.active,
            holds: user.holds.into_iter().map(HoldLine::of).collect(),
            has_more_groups: user.has_more_groups || user.groups.len() > MOST_GROUPS,
            groups: user.groups.into_iter().take(MOST_GROUPS).collect(),
            created: user.create_time.and_then(Moment::of),
            updated: user.update_time.and_then(Moment::of),
        }
    }

    /// Whether somebody deactivated them here.
    fn is_held_by_hand(&self) -> bool {
        self.holds.iter().any(|hold| hold.name == "manual")
    }
}

/// Which part of the timeline.
#[derive(Deserialize)]
pub struct PersonView {
    #[serde(default)]
    events: String,
    before: Option<i64>,
    done: Option<String>,
}

/// Somebody, also who was deleted, of whom the ledger still tells.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path((site, id)): Path<(String, String)>,
    Query(view): Query<PersonView>,
) -> Result<Response, PageFailure> {
    let user = by_id(&core, &site, &id).await?;
    let id = user.as_ref().map_or(id, |user| user.id.clone());
    let wanted = WantedLines { site: site.clone(), user_id: id.clone(), ..WantedLines::default() };
    let place = LogPlace { events: view.events, before: view.before, same: 0 };
    let part = merged::read(&core, &wanted, place).await?;
    if user.is_none() && part.lines.is_empty() {
        return Err(PageFailure::NoSuchPage);
    }
    let mut lines = part.lines;
    for line in &mut lines {
        // Whose page it is, is known.
        line.user_id.clear();
    }
    let rules = match &user {
        Some(user) if !user.groups.is_empty() || user.base_role() != Role::Unspecified => {
            rule_line::managed(&core, &site).await?.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let shown = PersonPage {
        frame: Frame::of_site(&site, "people"),
        site,
        id,
        person: user.map(|user| PersonFacts::of(user, &rules)),
        lines,
        next: part.next,
        is_done: view.done.is_some(),
    };
    page(StatusCode::OK, &shown)
}
