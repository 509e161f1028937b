//! The play: each way of each provider that was chosen, one conversation after the other.
//!
//! Must never know what an answer means.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::check::Check;
use super::conversation::Step;
use super::diagnosis::{Diagnosis, of_step};
use super::exchange::{Outgoing, Placeholders, capture, outgoing, unmet};
use super::providers::{Embedded, Provider, WAYS, Way};
use super::reply::Reply;
use super::test_user::TestUser;
use super::visit::Visit;

/// What is played.
pub struct Programme<'p> {
    /// Who.
    pub providers: &'p [Provider],
    /// The name of the test user.
    pub user_name: &'p str,
    /// The name of groups that are made and deleted.
    pub group_name: &'p str,
    /// Cancelled by whoever has seen enough.
    pub stop: &'p CancellationToken,
}

/// The conversations of these providers, with the way that each belongs to.
pub fn chosen(providers: &[Provider]) -> impl Iterator<Item = (&'static Way, &'static Embedded)> {
    let ways = WAYS.iter().filter(|way| providers.contains(&way.provider));
    ways.flat_map(|way| way.conversations.iter().map(move |conversation| (way, conversation)))
}

/// Plays all of it. Without a user, what needs none, and no more than that where a filter is not obeyed:
/// a provider changes whoever it finds.
pub async fn play(
    visit: &mut Visit,
    programme: &Programme<'_>,
    user: Option<&TestUser>,
) -> Result<(), String> {
    for (way, conversation) in chosen(programme.providers) {
        if conversation.needs_user && (user.is_none() || visit.report.has(Check::FilterIgnored)) {
            continue;
        }
        if programme.stop.is_cancelled() {
            return Ok(());
        }
        visit.report.begin(format!("{}: {}", way.name, conversation.name));
        let steps = conversation.steps(programme.user_name)?;
        converse(visit, programme, &steps, user).await;
        if let Some(user) = user.filter(|_| conversation.needs_user) {
            user.put_back(visit).await;
        }
    }
    Ok(())
}

async fn converse(
    visit: &mut Visit,
    programme: &Programme<'_>,
    steps: &[Step],
    user: Option<&TestUser>,
) {
    let mut placeholders = Placeholders::new();
    placeholders.insert("token".to_owned(), visit.token().into());
    if let Some(user) = user {
        placeholders.insert("id".to_owned(), Value::from(user.id.as_str()));
    }
    for step in steps {
        if programme.stop.is_cancelled() {
            return;
        }
        let request = outgoing(step, &visit.base, &placeholders);
        let judge = |reply: &Reply| of_step(step, reply, &unmet(step, reply, &placeholders));
        let answered = asked(visit, programme.stop, step, &request, judge).await;
        // Who doesn't answer is not asked again at once.
        let Some(reply) = answered else { return };
        capture(step, &reply, &mut placeholders);
        if let Some((check, sentence)) = user.and_then(|user| of_stray(user, &placeholders)) {
            visit.report.found(check, sentence);
            return;
        }
    }
}

/// Asks, and has the answer judged. A question can be given up; what was to be changed has to be known before
/// it is put back.
pub async fn asked(
    visit: &mut Visit,
    giving_up: &CancellationToken,
    step: &Step,
    request: &Outgoing,
    judge: impl Fn(&Reply) -> Vec<Diagnosis>,
) -> Option<Reply> {
    let answered = visit.ask(&step.name, request, |timed| judge(&timed.reply));
    tokio::select! {
        answered = answered => answered,
        () = giving_up.cancelled(), if step.method == "GET" => None,
    }
}

/// What is wrong where a lookup led away from the test user: what comes next would change whoever it found.
fn of_stray(user: &TestUser, placeholders: &Placeholders) -> Option<(Check, &'static str)> {
    match placeholders.get("id") {
        Some(Value::String(id)) if *id == user.id => None,
        Some(Value::String(_)) => Some((
            Check::FilterIgnored,
            "A filter for the test user finds somebody else, to whom nothing is sent.",
        )),
        _ => Some((
            Check::AnswerUnusable,
            "A filter for the test user finds no id, so nothing is sent to it.",
        )),
    }
}
