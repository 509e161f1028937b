//! Sends the steps of a conversation in order and collects what did not hold. Owns the way to the
//! house; what is sent and what must hold is the doctor's to know.

use provost::doctor::exchange::{self, Outgoing, Placeholders, Unmet};
use provost::doctor::reply::Reply;

use super::fixture::set_up;
use super::script::Conversation;
use crate::support::wire::{self, Request};
use crate::support::{Answer, House};

/// Replays a conversation; every sentence is something that an identity provider would miss.
pub async fn replay(house: &House, index: usize, conversation: &Conversation) -> Vec<String> {
    let name = &conversation.name;
    let steps = match &conversation.steps {
        Ok(steps) => steps,
        Err(sentence) => return vec![format!("{name}: {sentence}")],
    };
    let mut problems = Vec::new();
    let mut placeholders = Placeholders::new();
    let mut site = None;
    for (position, step) in steps.iter().enumerate() {
        let at = format!("{name} / {}", step.name);
        if let Some(given) = &step.given {
            let site_name = format!("c{index}-{position}");
            match set_up(house, &site_name, given, &mut placeholders).await {
                Ok(made) => site = Some(made),
                Err(sentence) => {
                    problems.push(format!("{at}: {sentence}"));
                    return problems;
                }
            }
        }
        let Some(site) = &site else {
            problems.push(format!("{at}: the first step gives no site"));
            return problems;
        };
        let request = exchange::outgoing(step, &site.base, &placeholders);
        let answer = match wire::send(house.http, &Request::from(request)).await {
            Ok(answer) => Reply::from(answer),
            Err(error) => {
                problems.push(format!("{at}: no answer: {error}"));
                continue;
            }
        };
        let unmet = exchange::unmet(step, &answer, &placeholders);
        problems.extend(unmet.iter().map(|unmet| format!("{at}: {}", problem(unmet, &answer))));
        exchange::capture(step, &answer, &mut placeholders);
    }
    problems
}

fn problem(unmet: &Unmet<'_>, answer: &Reply) -> String {
    match unmet {
        Unmet::Status(wanted) => {
            let body = String::from_utf8_lossy(&answer.body);
            format!("status {} instead of {wanted:?}: {body}", answer.status)
        }
        Unmet::Assertion(assertion, seen) => {
            let path = assertion.path.as_ref().map(ToString::to_string);
            let subject = path.or(assertion.header.clone()).unwrap_or_default();
            let (strength, say, op) = (assertion.strength, &assertion.say, assertion.op);
            let wanted = &assertion.value;
            format!("{strength:?}: {say} ({subject} {op:?} {wanted}), but there is {seen}")
        }
    }
}

impl From<Outgoing> for Request {
    fn from(outgoing: Outgoing) -> Self {
        let Outgoing { method, target, headers, body } = outgoing;
        Self { method, target, headers, body }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let Answer { status, headers, body } = answer;
        Self { status, headers, body }
    }
}
