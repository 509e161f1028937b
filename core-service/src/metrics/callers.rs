//! What was decided and answered, by kind of caller.

use super::ConnectionRequests;
use crate::Failure;
use provost_domain::{Answer, Caller, Command, Decision, Notice, Reason};
use provost_telemetry::Meters;
use provost_telemetry::metrics::names;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What kind of caller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// An identity provider.
    Connection,
    /// An internal service.
    Service,
    /// The operator.
    Operator,
    /// The core itself.
    Core,
    /// An Admin who is signed in.
    Admin,
}

/// What became of a command, in the order of [`OUTCOMES`].
#[derive(Debug, Clone, Copy)]
enum DecisionOutcome {
    Applied,
    Unchanged,
    Refused,
    Failed,
}

/// The names of kinds, in their order.
pub(super) const KINDS: [&str; 5] = ["connection", "service", "operator", "core", "admin"];
const OUTCOMES: [&str; 4] = ["applied", "unchanged", "refused", "failed"];

type ByKind = [AtomicU64; KINDS.len()];

/// The numbers.
#[derive(Debug)]
pub struct CallerCounts {
    /// The names of reasons, each at its place in the vocabulary of the law.
    reasons: Vec<&'static str>,
    decisions: [ByKind; OUTCOMES.len()],
    notices: Vec<ByKind>,
    refusals: Vec<ByKind>,
    denials: Vec<AtomicU64>,
}

/// What an answer is counted by, beside the call that it ends.
#[derive(Debug)]
pub struct AnswerCounts {
    /// The numbers.
    pub counts: Arc<CallerCounts>,
    /// Who asked.
    pub kind: CallerKind,
    /// Of a connection, what is known of its requests.
    pub connection: Option<Arc<ConnectionRequests>>,
}

impl CallerCounts {
    /// Numbers at 0, told by these meters.
    pub fn new(meters: &Meters, reasons: Vec<&'static str>) -> Arc<Self> {
        let by_kind = || [const { AtomicU64::new(0) }; KINDS.len()];
        let counts = Arc::new(Self {
            decisions: [(); OUTCOMES.len()].map(|()| by_kind()),
            notices: reasons.iter().map(|_| by_kind()).collect(),
            refusals: reasons.iter().map(|_| by_kind()).collect(),
            denials: reasons.iter().map(|_| AtomicU64::default()).collect(),
            reasons,
        });
        counts.observe(meters);
        counts
    }

    fn observe(self: &Arc<Self>, meters: &Meters) {
        let counts = Arc::clone(self);
        meters.observe(&names::DECISIONS, move |observed| {
            for (outcome, by_kind) in OUTCOMES.iter().zip(&counts.decisions) {
                for (kind, number) in KINDS.iter().zip(by_kind) {
                    observed.count(&[kind, outcome], read(number));
                }
            }
        });
        let by_reason =
            |reasons: &[&'static str], numbers: &[ByKind], see: &dyn Fn(&[&str], u64)| {
                for (reason, by_kind) in reasons.iter().zip(numbers) {
                    for (kind, number) in KINDS.iter().zip(by_kind) {
                        see(&[reason, kind], read(number));
                    }
                }
            };
        let counts = Arc::clone(self);
        meters.observe(&names::NOTICES, move |observed| {
            by_reason(&counts.reasons, &counts.notices, &|of, number| observed.count(of, number));
        });
        let counts = Arc::clone(self);
        meters.observe(&names::REFUSALS, move |observed| {
            by_reason(&counts.reasons, &counts.refusals, &|of, number| observed.count(of, number));
        });
        let counts = Arc::clone(self);
        meters.observe(&names::AUTHENTICATION_FAILURES, move |observed| {
            for denial in [Reason::TokenMissing, Reason::TokenInvalid, Reason::CertificateInvalid] {
                let place = denial as usize;
                observed.count(&[counts.reasons[place]], read(&counts.denials[place]));
            }
        });
    }

    /// Counts what became of a command. What no ledger tells of was applied before, or is only tried.
    pub fn decided(
        &self,
        command: &Command,
        answer: &Result<Decision, Failure>,
        is_recorded: bool,
    ) {
        let kind = CallerKind::of(&command.caller) as usize;
        let outcome = match answer {
            Ok(decision) if decision.changed && is_recorded => DecisionOutcome::Applied,
            Ok(_) => DecisionOutcome::Unchanged,
            Err(Failure::Refused(_)) => DecisionOutcome::Refused,
            Err(Failure::NotReached) => return,
            Err(_) => DecisionOutcome::Failed,
        };
        add(&self.decisions[outcome as usize][kind]);
        let Ok(Decision { answer, notices, .. }) = answer else { return };
        self.noticed(kind, notices);
        if let Answer::Users(users) = answer {
            for user in users {
                self.noticed(kind, &user.notices);
            }
        }
    }

    fn noticed(&self, kind: usize, notices: &[Notice]) {
        for notice in notices {
            add(&self.notices[notice.reason as usize][kind]);
        }
    }

    /// Counts a caller who was not let in.
    pub fn denied(&self, failure: &Failure) {
        if let Failure::Refused(refusal) = failure {
            add(&self.denials[refusal.reason as usize]);
        }
    }
}

impl CallerKind {
    /// Of this caller.
    pub const fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Connection { .. } => Self::Connection,
            Caller::Service { .. } => Self::Service,
            Caller::Operator => Self::Operator,
            Caller::Core => Self::Core,
            Caller::Admin { .. } => Self::Admin,
        }
    }
}

impl AnswerCounts {
    /// Counts an answer that is about to be given.
    pub fn count<A>(&self, answer: &Result<A, Failure>) {
        if let Err(Failure::Refused(refusal)) = answer {
            add(&self.counts.refusals[refusal.reason as usize][self.kind as usize]);
        }
        if let Some(connection) = &self.connection {
            connection.answered(answer.is_ok());
        }
    }
}

fn add(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}

fn read(number: &AtomicU64) -> u64 {
    number.load(Ordering::Relaxed)
}
