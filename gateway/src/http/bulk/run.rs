//! The operations of a bulk request, done one after the other, many in one RPC.
//!
//! Owns what is known of operations that were done: their ids, and how many failed. Must never know how a write is
//! put into words.

use super::outcome::{self, BulkOutcome, OperationProgress};
use super::parts::BulkPart;
use super::plan::{BulkPlan, PlannedOperation};
use crate::client::{CallError, Channel};
use crate::http::answer::RequestError;
use crate::http::request_context::RequestContext;
use provost_proto::v1;
use provost_proto::v1::batch_write_result::Result as Became;
use provost_scim::bulk::{failed_reference, referred};
use std::mem::take;
use std::time::Duration;
use tokio::time::Instant;

/// How long a request may take. What is not begun by then is not done any more.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request that is being done.
pub(super) struct BulkRun<'c, T> {
    context: &'c RequestContext<T>,
    plan: BulkPlan,
    progress: Vec<OperationProgress>,
    failed: usize,
    /// Whether something may have been done.
    has_begun: bool,
    refused: Vec<v1::RefusedRequest>,
}

/// What an operation is, as far as it is known before it is sent.
enum PreparedOperation {
    Send(Box<v1::BatchWrite>),
    Refuse(RequestError),
    /// One that it refers to is not decided yet.
    Wait,
}

impl<'c, T: Channel> BulkRun<'c, T> {
    pub fn new(context: &'c RequestContext<T>, plan: BulkPlan) -> Self {
        let progress = plan.operations.iter().map(|_| OperationProgress::Open).collect();
        Self { context, plan, progress, failed: 0, has_begun: false, refused: Vec::new() }
    }

    /// Does all operations, or as many as may be done. Fails only where nothing was done: from the first write on,
    /// what became of each operation is told beside it.
    pub async fn done(mut self) -> Result<BulkOutcome, RequestError> {
        let end = Instant::now() + PATIENCE;
        while self.goes_on() {
            if Instant::now() >= end {
                self.give_up(&CallError::DeadlineExceeded.into());
                break;
            }
            let left = self.plan.order.len();
            let mut part = self.part();
            if part.is_empty() && self.plan.order.len() == left {
                // Each operation is behind those that it waits for, so this is a fault on our side.
                self.give_up(&CallError::Broken.into());
            }
            if part.is_empty() {
                continue;
            }
            match self.sent(take(&mut part.writes)).await {
                Ok(results) => self.settle(&part.numbers, results),
                // It is about this one write, which is alone and was not sent.
                Err(error @ CallError::TooMuch(_)) => self.fail_all(part.numbers, &error.into()),
                Err(error @ CallError::Refused { .. }) if !self.has_begun => {
                    return Err(error.into());
                }
                Err(error) => {
                    let failure = RequestError::from(error);
                    self.fail_all(part.numbers, &failure);
                    self.give_up(&failure);
                }
            }
        }
        let answers =
            self.progress.into_iter().filter_map(OperationProgress::into_answer).collect();
        Ok(BulkOutcome { answers, failed: self.failed, refused: self.refused })
    }

    /// Whether there is more to do, and no failure too many.
    fn goes_on(&self) -> bool {
        !self.plan.order.is_empty() && self.borne_failures() != Some(0)
    }

    /// How many more failures are borne; none where all are.
    fn borne_failures(&self) -> Option<usize> {
        self.plan.fail_on_errors.map(|most| most.saturating_sub(self.failed))
    }

    /// The next operations that can be sent together: up to one that refers to what one of them makes. What is not
    /// sent at all fails in its turn.
    fn part(&mut self) -> BulkPart {
        let mut part = BulkPart::default();
        while self.goes_on()
            && let Some(number) = self.plan.order.pop_front()
        {
            // Where failures count, those in front of it count first.
            let has_its_turn = part.is_empty() || self.plan.fail_on_errors.is_none();
            let is_taken = match self.prepared(number) {
                PreparedOperation::Send(write) => part.send(number, *write),
                PreparedOperation::Refuse(failure) if has_its_turn => {
                    self.settle_operation(number, Err(failure));
                    true
                }
                PreparedOperation::Refuse(_) | PreparedOperation::Wait => false,
            };
            if !is_taken {
                self.plan.order.push_front(number);
                break;
            }
        }
        part
    }

    fn prepared(&self, number: usize) -> PreparedOperation {
        let operation = &self.plan.operations[number];
        let write = match &operation.write {
            Ok(write) => write,
            Err(failure) => return PreparedOperation::Refuse(failure.clone()),
        };
        for (name, other) in &operation.refers_to {
            match &self.progress[*other] {
                OperationProgress::Open => return PreparedOperation::Wait,
                OperationProgress::Failed(_) => {
                    return PreparedOperation::Refuse(failed_reference(name).into());
                }
                OperationProgress::Made(..) => {}
            }
        }
        let mut write = write.clone();
        write.fill_in(&|name| {
            let other = operation.refers_to.get(name)?;
            self.progress[*other].id().map(str::to_owned)
        });
        PreparedOperation::Send(Box::new(write.into_message()))
    }

    /// Has the core decide writes, up to the last failure that is borne.
    async fn sent(
        &mut self,
        writes: Vec<v1::BatchWrite>,
    ) -> Result<Vec<v1::BatchWriteResult>, CallError> {
        let number = writes.len();
        let borne = self.borne_failures().unwrap_or_default();
        let request = v1::BatchWriteRequest {
            site: self.context.site.clone(),
            writes,
            options: None,
            stop_after_failures: i32::try_from(borne).unwrap_or(i32::MAX),
        };
        let core = &self.context.gateway.core;
        let sent = core.batch_write(self.context.origin(), request).await;
        // What was refused as a whole, or not sent, did nothing.
        let did_nothing = matches!(sent, Err(CallError::Refused { .. } | CallError::TooMuch(_)));
        self.has_begun |= !did_nothing;
        let results = sent?.results;
        if results.len() <= number { Ok(results) } else { Err(CallError::Broken) }
    }

    /// Takes note of what became of a part. Only too many failures end it early.
    fn settle(&mut self, numbers: &[usize], results: Vec<v1::BatchWriteResult>) {
        let (decided, left) = numbers.split_at(results.len());
        for (number, result) in decided.iter().zip(results) {
            let became = match result.result {
                Some(Became::Decision(decision)) => Ok(decision),
                Some(Became::Status(status)) => {
                    Err(self.context.gateway.core.failure_of_part(&status).into())
                }
                None => Err(CallError::Broken.into()),
            };
            self.settle_operation(*number, became);
        }
        if !left.is_empty() && self.borne_failures() != Some(0) {
            self.fail_all(left.to_vec(), &CallError::Broken.into());
        }
    }

    fn fail_all(&mut self, numbers: Vec<usize>, failure: &RequestError) {
        for number in numbers {
            self.settle_operation(number, Err(failure.clone()));
        }
    }

    /// Does nothing more, because of this.
    fn give_up(&mut self, failure: &RequestError) {
        while self.goes_on()
            && let Some(number) = self.plan.order.pop_front()
        {
            self.settle_operation(number, Err(failure.clone()));
        }
    }

    fn settle_operation(
        &mut self,
        number: usize,
        became: Result<v1::BatchWriteDecision, RequestError>,
    ) {
        let (base, operation) = (&self.context.base, &self.plan.operations[number]);
        let id = named(operation, &self.progress);
        self.progress[number] = match became {
            Ok(decision) => {
                let answer = outcome::done(base, operation, id, &decision);
                OperationProgress::Made(decision.id, answer)
            }
            Err(failure) => {
                self.failed += 1;
                self.refused.extend(failure.to_note(&operation.route()));
                OperationProgress::Failed(outcome::failed(base, operation, id, failure))
            }
        };
    }
}

/// The id of what the path of an operation names, as far as that is there.
fn named<'o>(
    operation: &'o PlannedOperation,
    progress: &'o [OperationProgress],
) -> Option<&'o str> {
    let id = operation.target.as_ref()?.id.as_deref()?;
    match referred(id) {
        Some(name) => progress[*operation.refers_to.get(name)?].id(),
        None => Some(id),
    }
}
