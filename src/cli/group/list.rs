//! `provost group list`: simple conditions, page after page.

use clap::Args;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{Filter, Group, ListGroupsRequest, Operator};

use super::super::condition::{all, compare, some_element};
use super::super::core::{Form, RemoteCore};
use super::super::user;
use super::view;
use crate::run_error::RunError;

/// The groups to list.
#[derive(Debug, Args)]
pub struct ListGroupsArgs {
    /// Only display names that start like this, in any case
    #[arg(long, value_name = "TEXT")]
    name_starts_with: Option<String>,
    /// Only groups in which this user is, by user name or id
    #[arg(long, value_name = "WHO")]
    member: Option<String>,
    /// At most this many groups
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Fetches pages until the limit and prints the groups.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    args: ListGroupsArgs,
    form: Form,
) -> Result<(), RunError> {
    let ListGroupsArgs { name_starts_with, member, limit } = args;
    let member = match member {
        Some(who) => Some(has_member(user::find(core, &site, &who).await?.id)),
        None => None,
    };
    let name = name_starts_with
        .map(|text| compare("display_name", Operator::StartsWith, Kind::Text(text)));
    let filter = all([name, member]);
    let nothing = if filter.is_some() { "No such group." } else { "No group yet." };
    let mut groups: Vec<Group> = Vec::new();
    let (mut page_token, mut left) = (String::new(), limit);
    let more = loop {
        let page_size = i32::try_from(left.min(MAX_PAGE_SIZE.into())).unwrap_or(i32::MAX);
        let request = core.request(ListGroupsRequest {
            site: site.clone(),
            filter: filter.clone(),
            page_size,
            page_token,
            ..ListGroupsRequest::default()
        });
        let answered = core.groups.list_groups(request).await;
        let page = core.answer(answered)?;
        left = left.saturating_sub(u32::try_from(page.groups.len()).unwrap_or(u32::MAX));
        groups.extend(page.groups);
        page_token = page.next_page_token;
        if page_token.is_empty() || left == 0 {
            break !page_token.is_empty();
        }
    };
    view::say_groups(groups, form, nothing)?;
    if more {
        eprintln!("There are more groups: --limit shows more than {limit}.");
    }
    Ok(())
}

fn has_member(user_id: String) -> Filter {
    some_element("members", compare("value", Operator::Equal, Kind::Text(user_id)))
}
