//! One line of what was asked of a site, as people read it: a decision of the ledger, or a request that
//! was refused before one.
//!
//! Must never know where a line is shown.

mod done;

use provost_proto::v1::{Event, EventNotice, Outcome, RefusedRequest};

use super::advice::Advice;
use crate::failure::sentence;
use crate::moment::Moment;

/// How many sentences of one line are shown: a page stays small whatever was sent.
const MOST_SENTENCES: usize = 3;
/// How many characters of a text are shown.
const MOST_LETTERS: usize = 400;

/// A line.
pub struct LogLine {
    /// Microseconds since the Unix epoch.
    pub micros: i64,
    pub at: Option<Moment>,
    /// The position in the ledger; 0 of a request that is not in it.
    pub revision: i64,
    /// Who asked.
    pub caller: String,
    /// On behalf of which user; empty where of none.
    pub on_behalf_of: String,
    /// About whom; empty where about nobody who is known.
    pub user_id: String,
    /// What that user is called, where a page has looked it up or the line says it.
    pub user_name: String,
    /// What was asked.
    pub asked: String,
    /// What became of it.
    pub outcome: LogOutcome,
    /// What was done, one sentence or word each.
    pub done: Vec<String>,
    pub not_done: Vec<NotDone>,
    /// How many more things were not done.
    pub hidden: usize,
    /// Why it was asked, in the words of the caller.
    pub reason: String,
    pub trace_id: String,
}

/// What became of what was asked.
#[derive(Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub enum LogOutcome {
    #[strum(serialize = "done")]
    Done,
    #[strum(serialize = "partly done")]
    Partly,
    /// By a rule of the site.
    #[strum(serialize = "refused")]
    Refused,
    /// For what is wrong with it.
    #[strum(serialize = "failed")]
    Failed,
    /// In words of a newer core.
    #[strum(serialize = "unknown")]
    Unknown,
}

impl LogOutcome {
    /// In one word or two.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether all of it was done.
    pub fn is_done(self) -> bool {
        self == Self::Done
    }
}

/// Something that was asked and not done.
pub struct NotDone {
    pub sentence: String,
    pub reason: String,
    pub advice: Option<Advice>,
}

impl NotDone {
    fn of(reason: &str, message: &str) -> Self {
        let sentence = if message.is_empty() { String::new() } else { sentence(&cut(message)) };
        Self { sentence, reason: cut(reason), advice: Advice::about(reason) }
    }
}

impl LogLine {
    /// A decision.
    pub fn of_event(event: Event) -> Self {
        let outcome = match event.outcome() {
            Outcome::Accepted => LogOutcome::Done,
            Outcome::PartlyAccepted => LogOutcome::Partly,
            Outcome::Refused => LogOutcome::Refused,
            Outcome::Unspecified => LogOutcome::Unknown,
        };
        let told = done::told(&event);
        let notices = &event.notices;
        let not_done = notices.iter().take(MOST_SENTENCES);
        let not_done =
            not_done.map(|EventNotice { reason, message, .. }| NotDone::of(reason, message));
        Self {
            micros: event.time.map_or(0, micros),
            at: event.time.and_then(Moment::of),
            revision: event.revision,
            caller: caller(&event.caller),
            outcome,
            not_done: not_done.collect(),
            hidden: notices.len().saturating_sub(MOST_SENTENCES),
            asked: told.asked,
            done: told.done,
            user_name: told.user_name,
            user_id: event.user_id,
            on_behalf_of: event.on_behalf_of,
            reason: cut(&event.reason),
            trace_id: event.trace_id,
        }
    }

    /// A request that was refused before a decision.
    pub fn of_refused(request: RefusedRequest) -> Self {
        let left_out = match request.left_out {
            0 => None,
            number => Some(format!("{number} before it were left out: too many came at once")),
        };
        let why = NotDone::of(&request.reason, &request.sentence);
        Self {
            micros: request.time.map_or(0, micros),
            at: request.time.and_then(Moment::of),
            revision: 0,
            caller: caller(&request.caller),
            on_behalf_of: String::new(),
            user_id: String::new(),
            user_name: String::new(),
            asked: request.operation,
            outcome: LogOutcome::Failed,
            done: left_out.into_iter().collect(),
            not_done: vec![why],
            hidden: 0,
            reason: String::new(),
            trace_id: request.trace_id,
        }
    }
}

/// A caller as people call it: of `connection:okta`, `connection okta`.
pub fn caller(written: &str) -> String {
    written.replacen(':', " ", 1)
}

/// Microseconds since the Unix epoch.
pub fn micros(prost_types::Timestamp { seconds, nanos }: prost_types::Timestamp) -> i64 {
    seconds.saturating_mul(1_000_000).saturating_add(i64::from(nanos / 1000))
}

/// As much of a text as is shown.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
