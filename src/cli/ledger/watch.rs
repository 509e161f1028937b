//! `provost ledger watch`: what is decided, as it is decided, until whoever watches ends it.

use std::convert::Infallible;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{Event, WatchEventsRequest, WatchEventsResponse, WatchStart};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tonic::{Request, Status, Streaming};
use tonic_types::StatusExt as _;

use super::super::core::{Form, Output, RemoteCore};
use super::super::print;
use super::Whose;
use super::live::{LiveEventView, LiveTable};
use crate::run_error::RunError;

/// How soon a core is tried again that does not answer; twice as long each time, up to the second.
const TRIED_AGAIN_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What to watch, and from where on.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Instead of a site: all of them, those to come included
    #[arg(long, conflicts_with_all = ["site", "installation"])]
    all_sites: bool,
    /// Begin with what is decided from now on, with the earliest event, or behind the cursor that a watch
    /// of the same ledgers has ended with
    #[arg(long, value_name = "now|earliest|CURSOR", default_value = "now")]
    from: Beginning,
}

/// Where a watch begins.
#[derive(Debug, Clone)]
struct Beginning(Start);

impl FromStr for Beginning {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(match text {
            "now" => Start::StartAt(WatchStart::Now.into()),
            "earliest" => Start::StartAt(WatchStart::Earliest.into()),
            cursor => Start::Cursor(cursor.to_owned()),
        }))
    }
}

/// A watch under way.
struct LiveWatch {
    request: WatchEventsRequest,
    table: LiveTable,
    /// Whether a core has answered, and how often in a row none has since.
    has_begun: bool,
    failures: u32,
    /// Whether the head of the table was printed.
    has_head: bool,
}

/// Prints events until it is interrupted, and then the cursor behind the last of them.
pub async fn run(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    WatchArgs { all_sites, from: Beginning(start) }: WatchArgs,
    form: Form,
) -> Result<(), RunError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let sites = if all_sites || installation { Vec::new() } else { vec![site] };
    let request = WatchEventsRequest {
        sites,
        all_sites,
        installation,
        start: Some(start),
        ..WatchEventsRequest::default()
    };
    let mut watch = LiveWatch {
        request,
        table: LiveTable { form, has_sites: all_sites },
        has_begun: false,
        failures: 0,
        has_head: false,
    };
    let ended = tokio::select! {
        ended = watch.follow(core) => ended,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    if let Some(Start::Cursor(cursor)) = &watch.request.start {
        eprintln!("Go on behind what was shown with: --from {cursor}");
    }
    ended
}

impl LiveWatch {
    /// Until nobody reads any more, or the core refuses.
    async fn follow(&mut self, core: &mut RemoteCore) -> Result<(), RunError> {
        loop {
            let status = match core.ledgers.watch_events(Request::new(self.request.clone())).await {
                Ok(answer) => match self.one_stream(answer.into_inner()).await? {
                    Some(status) => status,
                    None => return Ok(()),
                },
                Err(status) => status,
            };
            let failure = core.failure(&status);
            let hint = status.get_details_retry_info().and_then(|info| info.retry_delay);
            // What has no reason comes from the way to the core.
            let may_pass = hint.is_some() || !matches!(failure, RunError::Refused { .. });
            if !self.has_begun || !may_pass {
                return Err(failure);
            }
            if self.failures == 1 {
                eprintln!("The core does not answer; it is asked again until it does.");
            }
            let (first, longest) = TRIED_AGAIN_AFTER;
            let own = first * 2_u32.pow(self.failures.min(5));
            self.failures += 1;
            sleep(hint.unwrap_or_else(|| own.min(longest))).await;
        }
    }

    /// With what a stream ended; nothing where nobody reads any more.
    async fn one_stream(
        &mut self,
        mut answers: Streaming<WatchEventsResponse>,
    ) -> Result<Option<Status>, RunError> {
        loop {
            let answer = match answers.message().await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(Some(Status::unavailable("the stream ended"))),
                Err(status) => return Ok(Some(status)),
            };
            (self.has_begun, self.failures) = (true, 0);
            let WatchEventsResponse { cursor, content, .. } = answer;
            if let Some(Content::Events(batch)) = content
                && !self.say(batch.events, &cursor)?
            {
                return Ok(None);
            }
            // Not every answer of a watch of many sites has one.
            if !cursor.is_empty() {
                self.request.start = Some(Start::Cursor(cursor));
            }
        }
    }

    /// Prints the events of a response, and answers whether anybody reads.
    fn say(&mut self, events: Vec<Event>, cursor: &str) -> Result<bool, RunError> {
        let mut lines = Vec::with_capacity(events.len() + 1);
        if self.table.form.output == Output::Json {
            let last = events.len() - 1;
            for (number, event) in events.into_iter().enumerate() {
                let cursor = (number == last && !cursor.is_empty()).then_some(cursor);
                lines.push(print::json_line(&LiveEventView::new(event, cursor))?);
            }
        } else {
            if !std::mem::replace(&mut self.has_head, true) {
                lines.push(self.table.head());
            }
            lines.extend(events.into_iter().map(|event| self.table.line(event)));
        }
        print::say_live(&lines)
    }
}
