//! Whether somebody who was deactivated is out everywhere: who of those that follow the ledger has dealt
//! with it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::get_cutoff_request::Decision;
use provost_proto::v1::{ConsumerCutoff, ErrorReason, GetCutoffRequest};

use super::people::by_id;
use super::service::ConsumerLine;
use crate::client::CallFailure;
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::Moment;
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "cutoff.html")]
struct CutoffPage {
    frame: Frame,
    site: String,
    id: String,
    /// In one sentence.
    answer: &'static str,
    is_cut_off: bool,
    decided: Option<Moment>,
    since: Option<Moment>,
    consumers: Vec<PassedLine>,
}

/// A consumer, and whether it has dealt with the decision.
struct PassedLine {
    consumer: ConsumerLine,
    is_passed: bool,
    passed: Option<Moment>,
}

impl PassedLine {
    fn of(ConsumerCutoff { consumer, passed, pass_time }: ConsumerCutoff) -> Self {
        let consumer = ConsumerLine::of(consumer.unwrap_or_default());
        Self { consumer, is_passed: passed, passed: pass_time.and_then(Moment::of) }
    }
}

/// How far the last decision has come that deactivated or deleted somebody.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path((site, id)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let decision = Some(Decision::UserId(id.clone()));
    let request = GetCutoffRequest { site: site.clone(), installation: false, decision };
    let frame = Frame::of_site(&site, "people");
    let cutoff = match core.answer(core.ledgers().get_cutoff(request)).await {
        Ok(found) => found.cutoff.unwrap_or_default(),
        Err(CallFailure::Refused { reason: ErrorReason::EventNotFound, .. }) => {
            // Of somebody who is deleted the ledger tells.
            by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
            let answer = "Nobody deactivated this user, as far as the ledger goes back.";
            let (decided, since, consumers) = (None, None, Vec::new());
            let shown = CutoffPage {
                frame,
                site,
                id,
                answer,
                is_cut_off: false,
                decided,
                since,
                consumers,
            };
            return page(StatusCode::OK, &shown);
        }
        Err(failure) => return Err(failure.into()),
    };
    let answer = if cutoff.active_again {
        "The user is active again, so nobody is cut off."
    } else if cutoff.cut_off {
        "The user is out everywhere: every consumer has dealt with it."
    } else if cutoff.consumers.is_empty() {
        "Nobody says how far they have come, so nobody can tell."
    } else {
        "Not everywhere yet: some have not dealt with it."
    };
    let shown = CutoffPage {
        frame,
        site,
        id,
        answer,
        is_cut_off: cutoff.cut_off,
        decided: cutoff.time.and_then(Moment::of),
        since: cutoff.cut_off_time.and_then(Moment::of),
        consumers: cutoff.consumers.into_iter().map(PassedLine::of).collect(),
    };
    page(StatusCode::OK, &shown)
}
