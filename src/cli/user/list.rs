//! `provost user list`: simple conditions, page after page.

use clap::Args;
use clap::builder::BoolishValueParser;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{Filter, ListUsersRequest, Operator, Role, User};

use super::super::condition::{all, compare};
use super::super::core::{Form, RemoteCore};
use super::super::words::words;
use super::view;
use crate::run_error::RunError;

/// The users to list.
#[derive(Debug, Args)]
pub struct ListUsersArgs {
    /// Only user names that start like this, in any case
    #[arg(long, value_name = "TEXT")]
    user_name_starts_with: Option<String>,
    /// Only users with this role
    #[arg(long, value_parser = words::<Role>(), ignore_case = true)]
    role: Option<Role>,
    /// Only active or only deactivated users
    #[arg(long, value_name = "YES|NO", value_parser = BoolishValueParser::new())]
    active: Option<bool>,
    /// At most this many users
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Fetches pages until the limit and prints the users.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    args: ListUsersArgs,
    form: Form,
) -> Result<(), RunError> {
    let filter = args.filter();
    let mut users: Vec<User> = Vec::new();
    let mut page_token = String::new();
    let mut left = args.limit;
    let more = loop {
        let page_size = i32::try_from(left.min(MAX_PAGE_SIZE.into())).unwrap_or(i32::MAX);
        let request = core.request(ListUsersRequest {
            on_behalf_of: String::new(),
            site: site.clone(),
            filter: filter.clone(),
            page_size,
            page_token,
            skip: 0,
            count_total: false,
            count_only: false,
            include_groups: false,
            sort: None,
        });
        let answered = core.users.list_users(request).await;
        let page = core.answer(answered)?;
        left = left.saturating_sub(u32::try_from(page.users.len()).unwrap_or(u32::MAX));
        users.extend(page.users);
        page_token = page.next_page_token;
        if page_token.is_empty() || left == 0 {
            break !page_token.is_empty();
        }
    };
    view::say_users(users, form, args.nothing())?;
    if more {
        eprintln!("There are more users: --limit shows more than {}.", args.limit);
    }
    Ok(())
}

impl ListUsersArgs {
    fn nothing(&self) -> &'static str {
        if self.filter().is_some() {
            return "No such user.";
        }
        "No user yet: users come at their first sign-in, and by SCIM where `--creation create` is set."
    }

    fn filter(&self) -> Option<Filter> {
        let name = self.user_name_starts_with.clone();
        let role = self.role.map(<&str>::from).map(str::to_owned);
        let conditions = [
            name.map(|text| compare("user_name", Operator::StartsWith, Kind::Text(text))),
            role.map(|role| compare("role", Operator::Equal, Kind::Text(role))),
            self.active.map(|active| compare("active", Operator::Equal, Kind::Boolean(active))),
        ];
        all(conditions)
    }
}
