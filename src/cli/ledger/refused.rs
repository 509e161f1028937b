//! `provost ledger refused`: why requests failed that never came to a decision.

use clap::Args;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{ListRefusedRequestsRequest, RefusedRequest};
use provost_telemetry::spelled;
use serde::Serialize;
use tonic::Code;

use super::super::core::{Form, Output, RemoteCore};
use super::super::print::Head;
use super::super::{print, time};
use super::Whose;
use crate::run_error::RunError;

/// How many to list.
#[derive(Debug, Args)]
pub struct RefusedRequestsArgs {
    /// At most this many requests, the newest
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_PAGE_SIZE)))]
    limit: u16,
}

#[derive(Serialize)]
struct RefusedRequestView {
    time: Option<String>,
    caller: String,
    operation: String,
    status: i32,
    reason: String,
    sentence: String,
    trace_id: String,
    left_out: i64,
}

/// Fetches a page and prints the requests.
pub async fn run(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    RefusedRequestsArgs { limit }: RefusedRequestsArgs,
    form: Form,
) -> Result<(), RunError> {
    let (page_size, page_token) = (limit.into(), String::new());
    let question = ListRefusedRequestsRequest { site, page_size, page_token, installation };
    let request = core.request(question);
    let answered = core.ledgers.list_refused_requests(request).await;
    say(core.answer(answered)?.requests, form)
}

fn say(requests: Vec<RefusedRequest>, form: Form) -> Result<(), RunError> {
    if form.output == Output::Json {
        let views = requests.into_iter().map(RefusedRequestView::new);
        return print::say_json(&views.collect::<Vec<_>>());
    }
    let row = |request: RefusedRequest| {
        let at = time::short(request.time);
        let view = RefusedRequestView::new(request);
        vec![
            at,
            view.operation,
            status(view.status),
            view.sentence,
            view.caller,
            view.reason,
            view.left_out.to_string(),
            view.trace_id,
        ]
    };
    let head = Head {
        always: &["time", "operation", "status", "why"],
        wide: &["caller", "reason", "left out before", "trace id"],
    };
    print::say_table(form, &head, requests.into_iter().map(row).collect(), "None.")
}

/// As people know it: the number of HTTP, or the word of gRPC.
fn status(number: i32) -> String {
    if number >= 100 { number.to_string() } else { spelled(Code::from(number)).to_owned() }
}

impl RefusedRequestView {
    fn new(request: RefusedRequest) -> Self {
        let RefusedRequest {
            operation,
            status,
            reason,
            sentence,
            time: at,
            caller,
            trace_id,
            left_out,
        } = request;
        let time = at.map(time::written);
        Self { time, caller, operation, status, reason, sentence, trace_id, left_out }
    }
}
