//! `provost user cutoff`: whether somebody who was deactivated is out everywhere.

use provost_proto::v1::get_cutoff_request::Decision;
use provost_proto::v1::{ConsumerCutoff, Cutoff, GetCutoffRequest};
use serde::Serialize;

use super::super::core::{Form, Output, RemoteCore};
use super::super::ledger::ConsumerView;
use super::super::print::Head;
use super::super::{print, time};
use super::find;
use crate::run_error::RunError;

#[derive(Serialize)]
struct CutoffView {
    revision: i64,
    time: Option<String>,
    active_again: bool,
    cut_off: bool,
    cut_off_time: Option<String>,
    consumers: Vec<ConsumerCutoffView>,
}

#[derive(Serialize)]
struct ConsumerCutoffView {
    #[serde(flatten)]
    consumer: ConsumerView,
    passed: bool,
    pass_time: Option<String>,
}

/// Asks about the last decision that deactivated or deleted a user, and prints who has passed it.
pub async fn run(
    core: &mut RemoteCore,
    site: String,
    who: &str,
    form: Form,
) -> Result<(), RunError> {
    // Who was deleted is found by nothing but the id.
    let user_id = match uuid::Uuid::parse_str(who) {
        Ok(id) => id.to_string(),
        Err(_) => find(core, &site, who).await?.id,
    };
    let decision = Some(Decision::UserId(user_id));
    let request = core.request(GetCutoffRequest { site, installation: false, decision });
    let answered = core.ledgers.get_cutoff(request).await;
    say(core.answer(answered)?.cutoff.unwrap_or_default(), form)
}

fn say(cutoff: Cutoff, form: Form) -> Result<(), RunError> {
    let Cutoff { revision, time: at, active_again, cut_off, cut_off_time, consumers } = cutoff;
    if form.output == Output::Json {
        let [time, cut_off_time] = [at, cut_off_time].map(|at| at.map(time::written));
        let consumers = consumers.into_iter().map(ConsumerCutoffView::new).collect();
        return print::say_json(&CutoffView {
            revision,
            time,
            active_again,
            cut_off,
            cut_off_time,
            consumers,
        });
    }
    let pairs = [
        ("decided in", revision.to_string()),
        ("decided", time::short(at)),
        ("active again", print::yes_or_no(active_again)),
        ("out everywhere", print::yes_or_no(cut_off)),
        ("since", time::short(cut_off_time)),
    ];
    print::say_pairs(form, &pairs)?;
    let row = |one: ConsumerCutoff| {
        let since = time::short(one.pass_time);
        let ConsumerCutoffView { consumer, passed, pass_time: _ } = ConsumerCutoffView::new(one);
        let [name, caller] = consumer.names();
        let (pending, lag) = (consumer.pending(), consumer.lag());
        vec![name, caller, print::yes_or_no(passed), since, pending, lag]
    };
    let head = Head { always: &["consumer", "of", "passed", "since", "pending", "lag"], wide: &[] };
    let nothing = "Nobody says how far they have come, so nobody can tell.";
    print::say("")?;
    print::say_table(form, &head, consumers.into_iter().map(row).collect(), nothing)
}

impl ConsumerCutoffView {
    fn new(ConsumerCutoff { consumer, passed, pass_time }: ConsumerCutoff) -> Self {
        let consumer = ConsumerView::new(consumer.unwrap_or_default());
        Self { consumer, passed, pass_time: pass_time.map(time::written) }
    }
}
