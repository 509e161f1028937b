//! The root and its search: resources of all types, users first and then groups (RFC 7644 sections
//! 3.4.2.1 and 3.4.3).
//!
//! Of each type the core is asked for a page or a number, so a request is two RPCs, and more only where
//! an answer tells of many members.

use super::answer::{self, RequestError};
use super::asked_page::{self, AskedPage};
use super::request_context::RequestContext;
use super::{groups, members, users};
use crate::client::{Channel, is_large};
use crate::translate;
use axum::response::Response;
use provost_proto::v1;
use provost_scim::filter::Selection;
use provost_scim::{Query, ScimError, ScimType, strict};
use tokio::task::yield_now;

/// By what cursors begin here, so that it is known where they lead.
const USERS: &str = "u";
const GROUPS: &str = "g";

/// `GET` of the root
pub(super) async fn list<T: Channel>(
    context: &RequestContext<T>,
) -> Result<Response, RequestError> {
    answered(context, &Query::read(context.query())?).await
}

/// `POST /.search`
pub(super) async fn search<T: Channel>(
    context: &RequestContext<T>,
    body: &[u8],
) -> Result<Response, RequestError> {
    if context.is_strict {
        strict::search(body)?;
    }
    answered(context, &Query::read_body(body)?).await
}

async fn answered<T: Channel>(
    context: &RequestContext<T>,
    query: &Query,
) -> Result<Response, RequestError> {
    if query.sort.is_some() {
        return Err(unsorted().into());
    }
    let [of_users, of_groups] = selections(context, query)?;
    if matches!((&of_users, &of_groups), (Selection::Nothing, Selection::Nothing)) {
        // Nothing is asked that would show whether the token is good, and how its requests are read.
        let admitted = context.admit().await?;
        if admitted.is_strict && !context.is_strict {
            return Err(RequestError::read_leniently());
        }
    }
    let projection = query.projection.read(context.vocabulary().resource_type);
    let shows_groups = translate::shows_groups(context.vocabulary(), &projection);
    let asked = pages(query)?;
    let found = match &of_users {
        Selection::Nothing => v1::ListUsersResponse::default(),
        Selection::Everything => {
            users::page(context, &asked.users, None, None, shows_groups).await?
        }
        Selection::Where(filter) => {
            users::page(context, &asked.users, Some(filter), None, shows_groups).await?
        }
    };
    let of_group = query.projection.read(context.group_vocabulary().resource_type);
    let limit = members::limit(context.group_vocabulary(), &of_group);
    let rest = asked.behind(&found);
    let has_room = !rest.count_only;
    let mut further = match &of_groups {
        Selection::Nothing => v1::ListGroupsResponse::default(),
        Selection::Everything => groups::page(context, &rest, None, None, limit).await?,
        Selection::Where(filter) => groups::page(context, &rest, Some(filter), None, limit).await?,
    };
    members::complete_page(context, query, &mut further.groups).await?;
    let is_long = is_large(&found) || is_large(&further);
    if is_long {
        yield_now().await;
    }
    let next = if !found.next_page_token.is_empty() {
        [USERS, &found.next_page_token].concat()
    } else if !further.next_page_token.is_empty() {
        [GROUPS, &further.next_page_token].concat()
    } else if !has_room && !asked.count_only && further.total() > 0 {
        GROUPS.to_owned()
    } else {
        String::new()
    };
    let (groups_url, users_url) = (context.groups_url(), context.users_url());
    let users = found.users.iter().map(|user| {
        let resource = translate::resource(context.vocabulary(), user, &context.base);
        (resource, &projection)
    });
    let groups = further.groups.iter().map(|group| {
        let vocabulary = context.group_vocabulary();
        (translate::group_resource(vocabulary, group, &groups_url, &users_url), &of_group)
    });
    let resources: Vec<_> = users.chain(groups).collect();
    let shown = resources.iter().map(|(resource, projection)| resource.projected(projection));
    let total = found.total() + further.total();
    let page = asked_page::page(query, total, next, shown.collect());
    if is_long {
        yield_now().await;
    }
    answer::page(&page, context.parts.version, &context.gateway.answer_shares, &context.site)
}

/// What is asked for of users, and where a page goes on among groups.
struct Pages {
    users: AskedPage,
    /// Of groups, were there no users.
    groups: AskedPage,
    by_cursor: bool,
    count_only: bool,
}

fn pages(query: &Query) -> Result<Pages, ScimError> {
    let asked = AskedPage::of(query);
    let (count_only, by_cursor) = (asked.count_only, query.cursor.is_some());
    let (mut users, mut groups) = (asked.clone(), asked);
    groups.token = String::new();
    if let Some(token) = users.token.strip_prefix(GROUPS) {
        token.clone_into(&mut groups.token);
        users = AskedPage::only_counted();
    } else if let Some(token) = users.token.strip_prefix(USERS) {
        users.token = token.to_owned();
    } else if !users.token.is_empty() {
        return Err(ScimError::bad_request(
            ScimType::InvalidCursor,
            "The cursor does not belong to this request; repeat the request that it came with, filter and order \
             included, or begin again with an empty cursor.",
        ));
    }
    Ok(Pages { users, groups, by_cursor, count_only })
}

impl Pages {
    /// What is asked for of groups behind these users. Where users follow, or the page is full, they are
    /// only counted.
    fn behind(&self, found: &v1::ListUsersResponse) -> AskedPage {
        let told = i64::try_from(found.users.len()).unwrap_or(i64::MAX);
        let room = i64::from(self.groups.size) - told;
        let follow = if self.by_cursor {
            !found.next_page_token.is_empty()
        } else {
            self.users.skip.saturating_add(told) < found.total()
        };
        if self.count_only || follow || room <= 0 {
            return AskedPage::only_counted();
        }
        AskedPage {
            size: i32::try_from(room).unwrap_or_default(),
            skip: (self.groups.skip - found.total()).max(0),
            ..self.groups.clone()
        }
    }
}

fn selections<T>(
    context: &RequestContext<T>,
    query: &Query,
) -> Result<[Selection<'static>; 2], RequestError> {
    let Some(filter) = &query.filter else {
        return Ok([Selection::Everything, Selection::Everything]);
    };
    if context.is_strict {
        filter.check_strictly(&context.served())?;
    }
    let found = filter.read_among(&context.served()).map_err(ScimError::from)?;
    Ok(found.try_into().unwrap_or([Selection::Nothing, Selection::Nothing]))
}

fn unsorted() -> ScimError {
    ScimError::bad_request(
        ScimType::InvalidValue,
        "Resources of several types are not sorted. Sort at /Users or /Groups, or leave sortBy out.",
    )
}
