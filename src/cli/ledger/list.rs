//! `provost ledger list`: conditions, page after page.

use clap::Args;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{Event, EventOrder, ListEventsRequest, Outcome};

use super::super::core::{Form, RemoteCore};
use super::super::point::PointInTime;
use super::super::words::words;
use super::super::{time, user};
use super::{Whose, view};
use crate::run_error::RunError;

/// The events to list.
#[derive(Debug, Args)]
pub struct ListEventsArgs {
    /// Only about this user: a user name, or the id of anybody, also of a deleted user
    #[arg(long, value_name = "WHO")]
    user: Option<String>,
    /// Only by this caller: operator, connection:okta, service:billing, …
    #[arg(long, default_value = "", hide_default_value = true)]
    caller: String,
    /// Only of this kind: `user_changed`, `settings_changed`, …
    #[arg(long, default_value = "", hide_default_value = true)]
    kind: String,
    /// Only with this outcome
    #[arg(long, value_parser = words::<Outcome>())]
    outcome: Option<Outcome>,
    /// Only with a notice of this reason: `LAST_ADMIN`, …
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    /// Only from this day or time on
    #[arg(long, value_name = "TIME")]
    from: Option<PointInTime>,
    /// Only before this day or time
    #[arg(long, value_name = "TIME")]
    until: Option<PointInTime>,
    /// Begin with the oldest event
    #[arg(long)]
    oldest_first: bool,
    /// At most this many events
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// Fetches pages until the limit and prints the events.
pub async fn run(
    core: &mut RemoteCore,
    of: Whose,
    args: ListEventsArgs,
    form: Form,
) -> Result<(), RunError> {
    let limit = args.limit;
    let mut question = args.question(core, of).await?;
    let mut events: Vec<Event> = Vec::new();
    let more = loop {
        let left = limit.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX));
        question.page_size = i32::try_from(left.min(MAX_PAGE_SIZE.into())).unwrap_or(i32::MAX);
        let request = core.request(question.clone());
        let answered = core.ledgers.list_events(request).await;
        let page = core.answer(answered)?;
        events.extend(page.events);
        question.page_token = page.next_page_token;
        let is_last = question.page_token.is_empty();
        if is_last || events.len() >= limit as usize {
            break !is_last;
        }
    };
    view::say_events(events, form)?;
    if more {
        eprintln!("There may be more events: --limit shows more than {limit}.");
    }
    Ok(())
}

impl ListEventsArgs {
    async fn question(
        self,
        core: &mut RemoteCore,
        Whose { site, installation }: Whose,
    ) -> Result<ListEventsRequest, RunError> {
        let Self { user: who, caller, kind, outcome, reason, from, until, oldest_first, limit: _ } =
            self;
        let order = if oldest_first { EventOrder::OldestFirst } else { EventOrder::NewestFirst };
        let user_id = match who {
            // Nobody is looked up by it, so that it may be of somebody who is gone.
            Some(id) if uuid::Uuid::parse_str(&id).is_ok() => id,
            Some(name) => user::find(core, &site, &name).await?.id,
            None => String::new(),
        };
        Ok(ListEventsRequest {
            site,
            user_id,
            caller,
            kind,
            outcome: outcome.unwrap_or_default().into(),
            reason,
            start_time: from.map(|PointInTime(at)| time::stamp(at)),
            end_time: until.map(|PointInTime(at)| time::stamp(at)),
            order: order.into(),
            page_size: 0,
            page_token: String::new(),
            installation,
        })
    }
}
