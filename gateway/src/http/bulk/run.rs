//! The steps of a bulk request, done one part after the other.
//!
//! Owns what is known of operations that were done: their ids, and how many failed. Must never know how a write is
//! put into words.

use super::outcome::{self, BulkOutcome, OperationProgress};
use super::parts::BulkPart;
use super::plan::{BulkPlan, BulkStep, PlannedOperation};
use crate::client::{CallError, Channel};
use crate::http::answer::RequestError;
use crate::http::request_context::RequestContext;
use crate::translate::{self, BulkWrite};
use provost_proto::v1;
use provost_proto::v1::batch_write_result::Result as Became;
use provost_scim::ScimError;
use provost_scim::bulk::failed_reference;
use std::time::Duration;
use tokio::time::Instant;

/// How long a request may take. What is not begun by then is not done any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request that is being done.
pub(super) struct BulkRun<'c, T> {
    context: &'c RequestContext<T>,
    plan: BulkPlan,
    /// By which the parts would be known again; empty for none.
    key: String,
    progress: Vec<OperationProgress>,
    failed: usize,
    /// Whether the core has decided anything.
    has_begun: bool,
    refused: Vec<v1::RefusedRequest>,
}

/// What a step is, as far as it is known before it is sent.
enum PreparedStep {
    Send(Box<v1::BatchWrite>),
    Refuse(RequestError),
    /// An operation before it is not decided yet.
    Wait,
    /// There is nothing to it any more.
    Skip,
}

impl<'c, T: Channel> BulkRun<'c, T> {
    pub fn new(context: &'c RequestContext<T>, plan: BulkPlan, key: String) -> Self {
        let progress = plan.operations.iter().map(|_| OperationProgress::Open).collect();
        let refused = Vec::new();
        Self { context, plan, key, progress, failed: 0, has_begun: false, refused }
    }

    /// Does all steps, or as many as may be done. Fails where the core would do none of them.
    pub async fn done(mut self) -> Result<BulkOutcome, RequestError> {
        let end = Instant::now() + PATIENCE;
        let mut parts = 0;
        while !self.plan.steps.is_empty() && self.borne_errors() > 0 {
            if Instant::now() >= end {
                self.give_up(&CallError::DeadlineExceeded.into());
                break;
            }
            let left = self.plan.steps.len();
            let mut part = self.part();
            if self.plan.steps.len() == left {
                // Each step is behind those that it waits for, so this is a fault on our side.
                self.give_up(&CallError::Broken.into());
                break;
            }
            let writes = std::mem::take(&mut part.writes);
            let results = match self.sent(writes, parts).await {
                Ok(results) => results,
                // It is about this one write, which is alone.
                Err(error @ CallError::TooMuch(_)) => {
                    self.settle_all(part, &error.into());
                    continue;
                }
                Err(error) if !self.has_begun => return Err(error.into()),
                Err(error) => {
                    let failure = RequestError::from(error);
                    self.settle_all(part, &failure);
                    self.give_up(&failure);
                    break;
                }
            };
            self.settle(part, results);
            parts += 1;
        }
        let answers =
            self.progress.into_iter().filter_map(OperationProgress::into_answer).collect();
        Ok(BulkOutcome { answers, failed: self.failed, refused: self.refused })
    }

    /// How many more errors are borne.
    fn borne_errors(&self) -> usize {
        self.plan.fail_on_errors.map_or(usize::MAX, |most| most.saturating_sub(self.failed))
    }

    /// The next steps that can be done together. New users are not held up by groups that wait for those
    /// before them: it comes to the same (RFC 7644 section 3.7).
    fn part(&mut self) -> BulkPart {
        let mut part = BulkPart::default();
        let mut waiting = Vec::new();
        while part.is_open(self.borne_errors()) {
            let Some(step) = self.plan.steps.pop_front() else { break };
            let is_held_up = !waiting.is_empty() && !self.may_go_first(step);
            let prepared = if is_held_up { PreparedStep::Wait } else { self.prepared(step) };
            let is_taken = match prepared {
                PreparedStep::Wait if self.may_wait(step) => {
                    waiting.push(step);
                    true
                }
                PreparedStep::Wait => false,
                PreparedStep::Skip => true,
                PreparedStep::Refuse(failure) => {
                    part.refuse(step, failure);
                    true
                }
                PreparedStep::Send(write) => part.send(step, *write),
            };
            if !is_taken {
                self.plan.steps.push_front(step);
                break;
            }
        }
        for step in waiting.into_iter().rev() {
            self.plan.steps.push_front(step);
        }
        part
    }

    /// Whether what comes behind a step may be done before it.
    fn may_wait(&self, step: BulkStep) -> bool {
        let BulkStep::Operation(number) = step else { return false };
        let write = self.plan.operations[number].write.as_ref();
        self.plan.fail_on_errors.is_none() && write.is_ok_and(BulkWrite::is_about_a_group)
    }

    /// Whether a step may be done before those about groups that are in front of it.
    fn may_go_first(&self, step: BulkStep) -> bool {
        let BulkStep::Operation(number) = step else { return false };
        let operation = &self.plan.operations[number];
        let write = operation.write.as_ref();
        operation.refers_to.is_empty() && write.is_ok_and(BulkWrite::makes_a_plain_user)
    }

    fn prepared(&self, step: BulkStep) -> PreparedStep {
        let (BulkStep::Operation(number) | BulkStep::Rest(number)) = step;
        let progress = &self.progress;
        let operation = &self.plan.operations[number];
        let write = match step {
            BulkStep::Operation(_) => match &operation.write {
                Ok(write) => write,
                Err(failure) => return PreparedStep::Refuse(failure.clone()),
            },
            BulkStep::Rest(_) => match (&progress[number], &operation.put_off) {
                (OperationProgress::Open, _) => return PreparedStep::Wait,
                (OperationProgress::Made(..), Some(write)) => write,
                (OperationProgress::Made(..) | OperationProgress::Failed(_), _) => {
                    return PreparedStep::Skip;
                }
            },
        };
        let is_whole = matches!(step, BulkStep::Rest(_)) || operation.put_off.is_none();
        for (name, other) in operation.refers_to.iter().filter(|_| is_whole) {
            match &progress[*other] {
                OperationProgress::Open => return PreparedStep::Wait,
                OperationProgress::Failed(_) => {
                    return PreparedStep::Refuse(failed_reference(name).into());
                }
                OperationProgress::Made(..) => {}
            }
        }
        let own = operation.bulk_id.as_deref();
        let mut write = write.clone();
        write.fill_in(&|name| {
            let other = operation.refers_to.get(name).copied();
            let other = other.or_else(|| (own == Some(name)).then_some(number));
            other.and_then(|other| progress[other].id()).map(str::to_owned)
        });
        PreparedStep::Send(Box::new(write.into_message()))
    }

    /// Has the core decide writes. Their number tells them from others of the request.
    async fn sent(
        &self,
        writes: Vec<v1::BatchWrite>,
        part: usize,
    ) -> Result<Vec<v1::BatchWriteResult>, CallError> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        let number = writes.len();
        let options = (!self.key.is_empty()).then(|| {
            let request_id = format!("{}:{part}", self.key);
            v1::WriteOptions { request_id, ..v1::WriteOptions::default() }
        });
        let request = v1::BatchWriteRequest { site: self.context.site.clone(), writes, options };
        let core = &self.context.gateway.core;
        let answer = core.batch_write(self.context.authorization(), request).await?;
        if answer.results.len() == number { Ok(answer.results) } else { Err(CallError::Broken) }
    }

    /// Takes note of what became of a part.
    fn settle(&mut self, part: BulkPart, results: Vec<v1::BatchWriteResult>) {
        let mut results = results.into_iter();
        for (step, refused) in part.steps {
            let became = match refused {
                Some(failure) => Err(failure),
                None => self.read(results.next()),
            };
            match step {
                BulkStep::Operation(number) => self.settle_operation(number, became),
                BulkStep::Rest(number) => self.settle_rest(number, became),
            }
        }
    }

    fn settle_all(&mut self, part: BulkPart, failure: &RequestError) {
        for (step, refused) in part.steps {
            let failure = refused.unwrap_or_else(|| failure.clone());
            match step {
                BulkStep::Operation(number) => self.settle_operation(number, Err(failure)),
                BulkStep::Rest(number) => self.settle_rest(number, Err(failure)),
            }
        }
    }

    /// Does nothing more, because of this.
    fn give_up(&mut self, failure: &RequestError) {
        for step in std::mem::take(&mut self.plan.steps) {
            match step {
                BulkStep::Operation(number) => self.settle_operation(number, Err(failure.clone())),
                BulkStep::Rest(number) => self.settle_rest(number, Err(failure.clone())),
            }
        }
    }

    fn read(
        &mut self,
        result: Option<v1::BatchWriteResult>,
    ) -> Result<v1::BatchWriteDecision, RequestError> {
        match result.and_then(|result| result.result) {
            Some(Became::Decision(decision)) => {
                self.has_begun = true;
                Ok(decision)
            }
            Some(Became::Status(status)) => {
                self.has_begun = true;
                Err(self.context.gateway.core.failure_of_part(&status).into())
            }
            None => Err(CallError::Broken.into()),
        }
    }

    fn settle_operation(
        &mut self,
        number: usize,
        became: Result<v1::BatchWriteDecision, RequestError>,
    ) {
        let (base, operation) = (&self.context.base, &self.plan.operations[number]);
        self.progress[number] = match became {
            Ok(decision) => {
                let answer = outcome::done(base, operation, &decision);
                OperationProgress::Made(decision.id, answer)
            }
            Err(failure) => {
                self.failed += 1;
                self.refused.extend(failure.to_note(&operation.route()));
                OperationProgress::Failed(outcome::failed(base, operation, failure))
            }
        };
    }

    /// The user is there in any case, so what is not is told as a notice.
    fn settle_rest(&mut self, number: usize, became: Result<v1::BatchWriteDecision, RequestError>) {
        let missing = first_missing(&self.plan.operations[number], &self.progress);
        let OperationProgress::Made(_, answer) = &mut self.progress[number] else { return };
        match became {
            Ok(decision) => {
                answer.version = Some(outcome::version(decision.version));
                answer.notices.extend(outcome::notices(&decision.notices));
            }
            Err(failure) => {
                let told =
                    missing.map_or_else(|| failure.into_told(), |name| failed_reference(&name));
                let ScimError { detail, .. } = told;
                answer.notices.push(translate::not_filled_in(detail));
            }
        }
    }
}

/// The first name that an operation refers to and that was not made.
fn first_missing(operation: &PlannedOperation, progress: &[OperationProgress]) -> Option<String> {
    let is_missing = |other: &usize| progress[*other].id().is_none();
    let mut names = operation.refers_to.iter();
    names.find(|(_, other)| is_missing(other)).map(|(name, _)| name.clone())
}
