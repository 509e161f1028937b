//! The people of a site: all of them page by page, or those that somebody looks for.
//!
//! What is typed is a user name, an external id, an e-mail address or an id, each of which an index finds.
//! Beginnings of user names no index finds: they are looked for where that is asked for.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{
    Comparison, ElementFilter, ErrorReason, Filter, GetUserRequest, ListUsersRequest,
    ListUsersResponse, Operator, User, Value,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::client::{CallFailure, OwnCore};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

/// How many people a page has.
const PAGE: i32 = 50;

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    site: String,
    sought: String,
    /// Whether beginnings of user names were looked for.
    is_beginning: bool,
    people: Vec<PersonLine>,
    /// Of the next page; empty on the last one.
    next: String,
}

/// Somebody in a list.
struct PersonLine {
    id: String,
    user_name: String,
    external_id: String,
    is_active: bool,
    role: &'static str,
    holds: String,
}

/// Who is looked for.
#[derive(Deserialize)]
pub struct PeopleView {
    #[serde(default)]
    q: String,
    begins: Option<String>,
    #[serde(default)]
    page: String,
}

/// The people who are looked for, or all.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<PeopleView>,
) -> Result<Response, PageFailure> {
    let sought = view.q.trim().to_owned();
    let is_beginning = view.begins.is_some() && !sought.is_empty();
    let found = if sought.is_empty() {
        list(&core, &site, None, view.page).await?
    } else if is_beginning {
        let begins = compared("user_name", Operator::StartsWith, &sought);
        list(&core, &site, Some(begins), view.page).await?
    } else {
        let users = exactly(&core, &site, &sought).await?;
        ListUsersResponse { users, ..ListUsersResponse::default() }
    };
    let frame = Frame::of_site(&site, "people");
    let people = found.users.into_iter().map(PersonLine::of).collect();
    let next = found.next_page_token;
    page(StatusCode::OK, &PeoplePage { frame, site, sought, is_beginning, people, next })
}

impl PersonLine {
    fn of(user: User) -> Self {
        let role = user.role().into();
        let holds: Vec<_> = user.holds.into_iter().map(|hold| hold.name).collect();
        Self {
            id: user.id,
            user_name: user.user_name,
            external_id: user.external_id.unwrap_or_default(),
            is_active: user.active,
            role,
            holds: holds.join(", "),
        }
    }
}

async fn list(
    core: &OwnCore,
    site: &str,
    filter: Option<Filter>,
    page_token: String,
) -> Result<ListUsersResponse, CallFailure> {
    let request = ListUsersRequest {
        site: site.to_owned(),
        filter,
        page_size: PAGE,
        page_token,
        ..ListUsersRequest::default()
    };
    core.answer(core.users().list_users(request)).await
}

/// Everybody who is called or known exactly so, each once. Asked for one by one: so each time an index
/// serves.
pub async fn exactly(core: &OwnCore, site: &str, sought: &str) -> Result<Vec<User>, CallFailure> {
    let address = compared("value", Operator::Equal, sought);
    let filters = [
        compared("user_name", Operator::Equal, sought),
        compared("external_id", Operator::Equal, sought),
        node(Node::Element(Box::new(ElementFilter {
            list: "emails".to_owned(),
            filter: Some(Box::new(address)),
        }))),
    ];
    let mut found = BTreeMap::new();
    for filter in filters {
        let users = list(core, site, Some(filter), String::new()).await?.users;
        found.extend(users.into_iter().map(|user| (user.id.clone(), user)));
    }
    if Uuid::try_parse(sought).is_ok()
        && let Some(user) = by_id(core, site, sought).await?
    {
        found.insert(user.id.clone(), user);
    }
    Ok(found.into_values().collect())
}

/// Somebody by their id, with their groups; none where there is nobody.
pub async fn by_id(core: &OwnCore, site: &str, id: &str) -> Result<Option<User>, CallFailure> {
    let (site, user_id) = (site.to_owned(), id.to_owned());
    let request =
        GetUserRequest { site, user_id, on_behalf_of: String::new(), include_groups: true };
    match core.answer(core.users().get_user(request)).await {
        Ok(found) => Ok(found.user),
        Err(CallFailure::Refused { reason: ErrorReason::UserNotFound, .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// That an attribute compares with a text in this way.
pub fn compared(attribute: &str, operator: Operator, text: &str) -> Filter {
    node(Node::Comparison(Comparison {
        attribute: attribute.to_owned(),
        operator: operator.into(),
        value: Some(Value { kind: Some(Kind::Text(text.to_owned())) }),
    }))
}

const fn node(node: Node) -> Filter {
    Filter { node: Some(node) }
}
