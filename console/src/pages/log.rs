//! The provisioning log of a site: what every connection and everybody else asked, and what became of it.
//!
//! Requests that only read, and changes of nothing, are in no list of the core's and so not here.

pub mod merged;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use merged::{LogPart, LogPlace, WantedLines};
use provost_proto::v1::lookup_user_request::Key;
use provost_proto::v1::{
    BatchGetUsersRequest, ErrorReason, ListConnectionsRequest, ListServicesRequest,
    LookupUserRequest, Outcome,
};
use serde::Deserialize;
use uuid::Uuid;

use super::live;
use super::log_line::LogLine;
use crate::client::{CallFailure, OwnCore};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::now;
use crate::signed_in::SignedIn;

/// The outcomes by which lines are looked for, each with its label.
const OUTCOMES: [(&str, &str); 4] = [
    ("", "whatever became of it"),
    ("accepted", "done"),
    ("partly_accepted", "partly done"),
    ("refused", "refused or failed"),
];

/// How many connections and how many services can be chosen from: a page stays small however many there are.
const MOST_CALLERS: i32 = 50;

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    site: String,
    outcomes: &'static [(&'static str, &'static str)],
    /// Who can have asked: as events write it, and as it is shown.
    callers: Vec<(String, String)>,
    outcome: String,
    caller: String,
    user: String,
    /// The conditions again, for links: empty, or ended by `&`.
    conditions: String,
    lines: Vec<LogLine>,
    next: Option<LogPlace>,
    is_first: bool,
    is_live: bool,
    /// Since when it is live that becomes so now, for the link: seconds since the Unix epoch.
    now: i64,
    problem: &'static str,
}

/// How the page is asked for.
#[derive(Deserialize)]
pub struct LogView {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    caller: String,
    /// A user name or id.
    #[serde(default)]
    user: String,
    /// Since when the page asks for itself again, in seconds since the Unix epoch.
    #[serde(default)]
    live: String,
    #[serde(default)]
    events: String,
    before: Option<i64>,
    #[serde(default)]
    same: usize,
}

/// A page of the log, which asks for itself again where that is wished.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<LogView>,
) -> Result<Response, PageFailure> {
    let LogView { outcome, caller, user, live: since, events, before, same } = view;
    let callers = callers(&core, &site, &caller).await?;
    let user = user.trim().to_owned();
    let wanted = WantedLines {
        site: site.clone(),
        caller: caller.clone(),
        user_id: user_id(&core, &site, &user).await?,
        outcome: outcome.parse().unwrap_or(Outcome::Unspecified),
    };
    let is_nobody = !user.is_empty() && wanted.user_id.is_empty();
    let place = LogPlace { events, before, same };
    let is_first = place == LogPlace::default();
    let part = if is_nobody {
        LogPart { lines: Vec::new(), next: None }
    } else {
        merged::read(&core, &wanted, place).await?
    };
    let mut lines = part.lines;
    name_users(&core, &site, &mut lines).await?;
    let now = now();
    let is_live = is_first && live::since(&since, now).is_some();
    let shown = LogPage {
        frame: Frame::of_site(&site, "log"),
        site,
        outcomes: &OUTCOMES,
        callers,
        conditions: conditions(&[("outcome", &outcome), ("caller", &caller), ("user", &user)]),
        outcome,
        caller,
        user,
        lines,
        next: part.next,
        is_first,
        is_live,
        now,
        problem: if is_nobody { "There is nobody of this user name or id here." } else { "" },
    };
    let mut response = page(StatusCode::OK, &shown)?;
    if is_live {
        live::ask_again(&mut response);
    }
    Ok(response)
}

/// Whoever can have asked for something: connections and services, of each the first in the order of their
/// names, and the one that is chosen.
async fn callers(
    core: &OwnCore,
    site: &str,
    chosen: &str,
) -> Result<Vec<(String, String)>, PageFailure> {
    let (site, page_size) = (site.to_owned(), MOST_CALLERS);
    let request = ListConnectionsRequest { site, page_size, ..ListConnectionsRequest::default() };
    let connections = core.answer(core.sites().list_connections(request)).await?.connections;
    let request = ListServicesRequest { page_size, page_token: String::new() };
    // Who may not know of all services chooses among the others.
    let services = match core.answer(core.services().list_services(request)).await {
        Ok(found) => found.services,
        Err(CallFailure::Refused { .. }) => Vec::new(),
        Err(failure) => return Err(failure.into()),
    };
    let connections = connections.into_iter().map(|it| format!("connection:{}", it.name));
    let services = services.into_iter().map(|it| format!("service:{}", it.name));
    let others = ["operator", "core"].map(str::to_owned);
    let mut callers: Vec<_> = connections.chain(services).chain(others).collect();
    if !chosen.is_empty() && !callers.iter().any(|caller| caller == chosen) {
        callers.push(chosen.to_owned());
    }
    let shown = |caller: String| {
        let words = caller.replacen(':', " ", 1);
        (caller, words)
    };
    Ok(callers.into_iter().map(shown).collect())
}

/// The id of somebody who is called so; empty where nobody is. Who was deleted is found by their id.
async fn user_id(core: &OwnCore, site: &str, who: &str) -> Result<String, PageFailure> {
    if who.is_empty() {
        return Ok(String::new());
    }
    if let Ok(id) = Uuid::try_parse(who) {
        return Ok(id.to_string());
    }
    let key = Some(Key::UserName(who.to_owned()));
    let request = LookupUserRequest { site: site.to_owned(), on_behalf_of: String::new(), key };
    match core.answer(core.users().lookup_user(request)).await {
        Ok(found) => Ok(found.user.unwrap_or_default().id),
        Err(CallFailure::Refused { reason: ErrorReason::UserNotFound, .. }) => Ok(String::new()),
        Err(failure) => Err(failure.into()),
    }
}

/// Puts the names of users to their ids, of those who are here.
async fn name_users(core: &OwnCore, site: &str, lines: &mut [LogLine]) -> Result<(), PageFailure> {
    let ids = lines.iter().map(|line| line.user_id.as_str()).filter(|id| !id.is_empty());
    let ids: BTreeSet<_> = ids.map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let request = BatchGetUsersRequest {
        site: site.to_owned(),
        user_ids: ids.into_iter().collect(),
        on_behalf_of: String::new(),
    };
    let found = core.answer(core.users().batch_get_users(request)).await?.users;
    let names: BTreeMap<_, _> = found.into_iter().map(|user| (user.id, user.user_name)).collect();
    for line in lines {
        if let Some(name) = names.get(&line.user_id) {
            line.user_name.clone_from(name);
        }
    }
    Ok(())
}

/// Conditions as a link carries them.
fn conditions(pairs: &[(&str, &str)]) -> String {
    let mut link = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        for part in [name, "=", &escaped(value), "&"] {
            link.push_str(part);
        }
    }
    link
}

/// A value within the query of a link (RFC 3986 section 3.4).
pub fn escaped(value: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    value.bytes().map(letter).collect()
}
