//! Writes to users and groups in one call, each decided by itself, in their order.
//!
//! Owns how many of them wait at a time, and that none overtakes another of the same call. Must never know what
//! the law decides.

use super::batches::{check_number, command, message, too_much};
use super::call::RequestMetadata;
use super::decode_change::changes;
use super::decode_groups::{creation as group_creation, group_changes, group_id};
use super::decode_users::creation;
use super::status::{published, to_status};
use super::users::{CallContext, UserHandlers};
use super::{decode, encode};
use crate::Failure;
use crate::writer::{Queued, Series, Writer};
use provost_domain::{
    Action, Answer, BatchPart, Command, Decision, ExpectedVersion, GroupAction, ProfileSchema,
    Reason, Refusal,
};
use provost_proto::limits::{LimitExceeded, MAX_BATCH_CHANGES, user_changes};
use provost_proto::v1;
use provost_proto::v1::batch_write::Write;
use provost_proto::v1::batch_write_result::Result as Became;
use provost_telemetry::record_reason;
use std::mem::take;
use std::sync::Arc;
use std::time::Instant;
use tonic::Status;

/// So many writes of one call wait for the writer at a time: enough for groups that pay, and few beside
/// what else waits of the site.
const WAITING: usize = 128;
/// What they seem to cost together at most, of what all that waits of a site may: an eighth of it.
const COST: u64 = 125_000;

/// What is left of a caller's time when the last write begins to be decided, as a part of all of it: enough to
/// be told what became of the others.
const TIME_TO_TELL: u32 = 8;

impl UserHandlers {
    pub(super) async fn write_each(
        &self,
        metadata: RequestMetadata,
        message: v1::BatchWriteRequest,
    ) -> Result<v1::BatchWriteResponse, Failure> {
        let v1::BatchWriteRequest { site, writes, options, stop_after_failures } = message;
        let mut context = self.admit_writer(metadata, &site, options.as_ref()).await?;
        check_number(writes.len(), "writes")?;
        if writes.iter().map(user_changes).sum::<usize>() > MAX_BATCH_CHANGES {
            return Err(too_much(LimitExceeded::BatchChanges, "writes").into());
        }
        let read = decode::options(options, context.fingerprint.clone())?;
        if read.expected_version.is_some() {
            let message = "a batch has no version of its own; send the version of each write";
            return Err(Refusal::about(Reason::ValueInvalid, "options", message).into());
        }
        context.deadline = context.deadline.map(with_time_to_tell);
        let series = series(stop_after_failures)?;
        let mut settled = SettledWrites { series, ..SettledWrites::default() };
        for (index, write) in writes.into_iter().enumerate() {
            let command = part(self.0.profile, write)
                .map(|part| command(&context, &read, index, part))
                .map_err(Failure::from);
            let cost = command.as_ref().map_or(0, |command| command.turn().cost());
            if !settled.has_room(cost) {
                settled.settle(&self.0.writer, &context).await;
            }
            if settled.has_ended {
                break;
            }
            settled.cost += cost;
            settled.ready.push(command);
        }
        settled.settle(&self.0.writer, &context).await;
        let SettledWrites { results, revision, .. } = settled;
        Ok(v1::BatchWriteResponse { results, revision })
    }
}

/// When the last write may begin to be decided.
fn with_time_to_tell(deadline: Instant) -> Instant {
    let left = deadline.saturating_duration_since(Instant::now());
    deadline.checked_sub(left / TIME_TO_TELL).unwrap_or(deadline)
}

/// With which failure writes end, if with any.
fn series(stop_after_failures: i32) -> Result<Option<Arc<Series>>, Refusal> {
    let failures = usize::try_from(stop_after_failures).map_err(|_| {
        let message = "stop_after_failures is below 0; send 0 to have all writes decided";
        Refusal::about(Reason::ValueInvalid, "stop_after_failures", message)
    })?;
    Ok((failures > 0).then(|| Series::ending_after(failures)))
}

/// The writes of a call that were decided, and those that are next.
#[derive(Default)]
struct SettledWrites {
    results: Vec<v1::BatchWriteResult>,
    ready: Vec<Result<Command, Failure>>,
    /// What those that are next seem to cost.
    cost: u64,
    /// Those that the writer has, or could not have.
    waiting: Vec<Result<Queued, Failure>>,
    revision: i64,
    /// What was told of the first that was not decided for no reason of its own.
    fault: Option<Status>,
    series: Option<Arc<Series>>,
    /// Whether nothing more is decided, because so many failed.
    has_ended: bool,
    /// Whether a write was not reached any more.
    is_cut_off: bool,
}

impl SettledWrites {
    fn has_room(&self, cost: u64) -> bool {
        self.ready.is_empty() || self.ready.len() < WAITING && self.cost + cost <= COST
    }

    /// Has those decided that are next. They begin to wait at once, so that they are decided together.
    async fn settle(&mut self, writer: &Writer, context: &CallContext) {
        self.cost = 0;
        for command in take(&mut self.ready) {
            if self.has_ended {
                return;
            }
            let queued = self.queued(writer, context, command);
            // What fails already here counts behind those before it, and before those behind it.
            let counts_here = queued.is_err() && self.series.is_some();
            if counts_here {
                self.answer(context).await;
            }
            self.waiting.push(queued);
            if counts_here {
                self.answer(context).await;
            }
        }
        self.answer(context).await;
    }

    fn queued(
        &self,
        writer: &Writer,
        context: &CallContext,
        command: Result<Command, Failure>,
    ) -> Result<Queued, Failure> {
        // Once the database is gone, or the deadline has passed, it is so for all that follow.
        if self.fault.is_some() && command.is_ok() {
            return Err(Failure::Stopping);
        }
        writer.enqueue_behind(command?, context.deadline, self.series.clone())
    }

    /// Waits for what the writer has.
    async fn answer(&mut self, context: &CallContext) {
        for queued in take(&mut self.waiting) {
            let answer = match (queued, &self.series) {
                (Ok(queued), _) => queued.answer().await,
                (Err(_), Some(series)) if series.has_ended() => Err(Failure::NotReached),
                (Err(failure), series) => {
                    if let Some(series) = series {
                        series.count();
                    }
                    Err(failure)
                }
            };
            self.keep(context, answer);
        }
        self.has_ended = self.series.as_ref().is_some_and(|series| series.has_ended());
    }

    fn keep(&mut self, context: &CallContext, answer: Result<Decision, Failure>) {
        // A result stands at the place of its write, so behind one that was not reached there is none: whatever
        // is told of those that wait behind it, they were not decided.
        if self.is_cut_off {
            return;
        }
        let result = match answer.and_then(|decision| self.decided(context, decision)) {
            Ok(decision) => Became::Decision(decision),
            Err(Failure::NotReached) => {
                self.is_cut_off = true;
                return;
            }
            Err(failure) if is_of_all(&failure) => {
                let fault = self.fault.get_or_insert_with(|| to_status(&failure));
                Became::Status(message(fault))
            }
            Err(failure) => Became::Status(message(&to_status(&failure))),
        };
        self.results.push(v1::BatchWriteResult { result: Some(result) });
    }

    fn decided(
        &mut self,
        context: &CallContext,
        decision: Decision,
    ) -> Result<v1::BatchWriteDecision, Failure> {
        if let Some(activity) = &context.activity {
            activity.decided(&decision);
        }
        let Decision { answer, changed, notices, revision } = decision;
        self.revision = self.revision.max(revision);
        for notice in &notices {
            record_reason(published(notice.reason).name(), notice.reason.is_judgement());
        }
        let (id, version) = match answer {
            Answer::User { deleted: true, .. } | Answer::Deleted => (String::new(), 0),
            Answer::User { user, .. } => (user.id.0.to_string(), user.version),
            Answer::Group { group, .. } => (group.id.0.to_string(), group.version),
            _ => return Err(Failure::OtherAnswer),
        };
        let notices = notices.into_iter().map(encode::notice).collect();
        Ok(v1::BatchWriteDecision { id, version, changed, notices, revision })
    }
}

/// Whether what made one write fail makes all that follow fail: the database is gone, the service stops, or the
/// time is up. Anything else is about the one write, as it would be alone.
fn is_of_all(failure: &Failure) -> bool {
    use crate::StoreError::{Closed, Unavailable};
    match failure {
        Failure::Store(error) => matches!(error, Closed | Unavailable(_)),
        Failure::Stopping | Failure::CoreStopping | Failure::TooLate => true,
        _ => false,
    }
}

fn part(schema: ProfileSchema, wire: v1::BatchWrite) -> Result<BatchPart, Refusal> {
    let v1::BatchWrite { write, expected_versions } = wire;
    let write = decode::some(write, "write")?;
    check_says_nothing_for_itself(&write)?;
    let action = match write {
        Write::CreateUser(wire) => Action::CreateUser(creation(schema, wire)?),
        Write::ChangeUser(wire) => {
            let user = decode::user_id(&wire.user_id)?;
            Action::ChangeUser { user, changes: changes(schema, wire.changes)? }
        }
        Write::DeleteUser(wire) => Action::DeleteUser { user: decode::user_id(&wire.user_id)? },
        Write::CreateGroup(wire) => Action::Group(GroupAction::Create(group_creation(wire)?)),
        Write::ChangeGroup(wire) => {
            let group = group_id(&wire.group_id)?;
            Action::Group(GroupAction::Change { group, changes: group_changes(wire.changes)? })
        }
        Write::DeleteGroup(wire) => {
            Action::Group(GroupAction::Delete { group: group_id(&wire.group_id)? })
        }
    };
    let expected = ExpectedVersion { any_of: expected_versions, ..ExpectedVersion::default() };
    let expected_version = (!expected.any_of.is_empty()).then_some(expected);
    Ok(BatchPart { action, expected_version })
}

/// What one write would say for itself is refused rather than passed over.
fn check_says_nothing_for_itself(write: &Write) -> Result<(), Refusal> {
    let (site, options) = match write {
        Write::CreateUser(wire) => (&wire.site, &wire.options),
        Write::ChangeUser(wire) => (&wire.site, &wire.options),
        Write::DeleteUser(wire) => (&wire.site, &wire.options),
        Write::CreateGroup(wire) => (&wire.site, &wire.options),
        Write::ChangeGroup(wire) => (&wire.site, &wire.options),
        Write::DeleteGroup(wire) => (&wire.site, &wire.options),
    };
    let (field, message) = if options.is_some() {
        ("options", "one write of several has no options of its own; say them for the batch")
    } else if !site.is_empty() {
        ("site", "one write of several names no site of its own; name it for the batch")
    } else {
        return Ok(());
    };
    Err(Refusal::about(Reason::ValueInvalid, field, message))
}
