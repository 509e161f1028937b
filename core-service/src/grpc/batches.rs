//! Several users in one call: read by their ids, or changed, all of them together or each by itself.

use super::call::RequestMetadata;
use super::decode::{self, CommandOptions};
use super::decode_change::changes;
use super::encode;
use super::status::{published, to_status};
use super::users::{CallContext, UserHandlers};
use crate::Failure;
use crate::queries::TurnPermit;
use crate::writer::Queued;
use prost::Message as _;
use provost_domain::{
    Action, Answer, BatchPart, Command, DecidedUser, Decision, ExpectedVersion, MetadataKey,
    ProfileSchema, Reason, Refusal, RequestClaim, UserId,
};
use provost_proto::limits::{LimitExceeded, MAX_BATCH, MAX_BATCH_CHANGES};
use provost_proto::v1;
use provost_proto::v1::batch_change_result::Result as Wire;
use provost_telemetry::record_reason;
use std::collections::{BTreeSet, VecDeque};
use tonic::Status;
use uuid::Uuid;

/// So many items of one call wait for the writer at a time: enough for groups that pay, and few
/// beside what else waits of the site.
const WAITING: usize = 128;
/// So many bytes an answer has at most before users are left out of it, less than the 4 MiB that
/// clients read.
const ANSWER_BYTES: usize = 3 << 20;

/// What became of an item.
type Item = Result<DecidedUser, Status>;

impl UserHandlers {
    pub(super) async fn batch_get(
        &self,
        metadata: RequestMetadata,
        message: v1::BatchGetUsersRequest,
    ) -> Result<(v1::BatchGetUsersResponse, Option<TurnPermit>), Failure> {
        let v1::BatchGetUsersRequest { site, user_ids, on_behalf_of } = message;
        let context = self.admit(metadata, &site, &on_behalf_of).await?;
        check_number(user_ids.len(), "user_ids")?;
        let (mut asked, mut ids, mut missing) = (BTreeSet::new(), Vec::new(), Vec::new());
        for text in user_ids {
            match Uuid::try_parse(&text).map(UserId) {
                Ok(id) if asked.insert(id) => ids.push(id),
                Ok(_) => {}
                // No user has such an id.
                Err(_) => missing.push(text),
            }
        }
        let found = self.0.users.by_ids(&context.site, context.caller.scope(), &ids).await?;
        missing.extend(found.missing.into_iter().map(|id| id.0.to_string()));
        let name = &context.site.name;
        let answer = v1::BatchGetUsersResponse {
            users: found.users.into_iter().map(|user| encode::user(user, name)).collect(),
            missing_user_ids: missing,
            unread_user_ids: found.unread.into_iter().map(|id| id.0.to_string()).collect(),
        };
        Ok((answer, found.turn))
    }

    pub(super) async fn batch_change(
        &self,
        metadata: RequestMetadata,
        message: v1::BatchChangeUsersRequest,
    ) -> Result<v1::BatchChangeUsersResponse, Failure> {
        let v1::BatchChangeUsersRequest {
            site,
            items,
            return_partial_success,
            omit_users,
            options,
        } = message;
        let context = self.admit_writer(metadata, &site, options.as_ref()).await?;
        check_number(items.len(), "items")?;
        if items.iter().map(|item| item.changes.len()).sum::<usize>() > MAX_BATCH_CHANGES {
            return Err(too_much(LimitExceeded::BatchChanges, "items").into());
        }
        let read = decode::options(options.clone(), context.fingerprint.clone())?;
        if read.expected_version.is_some() {
            let message = "a batch has no version of its own; send the version of each item";
            return Err(Refusal::about(Reason::ValueInvalid, "options", message).into());
        }
        let (name, schema) = (context.site.name.clone(), self.0.profile);
        let (items, revision) = if return_partial_success {
            let items = self.change_each(&context, items, &read).await;
            let decided = items.iter().filter_map(|item| item.as_ref().ok());
            let revision = decided.map(|user| user.revision).max().unwrap_or_default();
            (items, revision)
        } else {
            let parts = items.into_iter().enumerate().map(|(index, item)| {
                part(schema, item).map_err(|refusal| refusal.naming(MetadataKey::Item, &index))
            });
            let action = Action::Batch(parts.collect::<Result<_, _>>()?);
            let (Decision { answer, revision, .. }, _) =
                self.decide(context, action, options).await?;
            let Answer::Users(users) = answer else { return Err(Failure::OtherAnswer) };
            (users.into_iter().map(Ok).collect(), revision)
        };
        Ok(v1::BatchChangeUsersResponse { results: results(items, &name, omit_users), revision })
    }

    /// Has each item decided by itself, in their order.
    async fn change_each(
        &self,
        context: &CallContext,
        items: Vec<v1::UserChanges>,
        options: &CommandOptions,
    ) -> Vec<Item> {
        let mut decided = SettledItems::default();
        for (index, item) in items.into_iter().enumerate() {
            if decided.waiting.len() == WAITING {
                decided.settle_one().await;
            }
            let queued = match part(self.0.profile, item) {
                // Once the database is gone, or the deadline has passed, it is so for all that follow.
                _ if decided.fault.is_some() => Err(Failure::Stopping),
                Err(refusal) => Err(refusal.into()),
                Ok(part) => {
                    let command = command(context, options, index, part);
                    self.0.writer.enqueue(command, context.deadline)
                }
            };
            decided.waiting.push_back(queued);
        }
        while !decided.waiting.is_empty() {
            decided.settle_one().await;
        }
        decided.items
    }
}

/// The items of a call that were decided, and those that wait for that.
#[derive(Default)]
struct SettledItems {
    items: Vec<Item>,
    waiting: VecDeque<Result<Queued, Failure>>,
    /// What was told of the first that was not decided for no reason of its own.
    fault: Option<Status>,
}

impl SettledItems {
    async fn settle_one(&mut self) {
        let answer = match self.waiting.pop_front() {
            None => return,
            Some(Ok(queued)) => queued.answer().await,
            Some(Err(failure)) => Err(failure),
        };
        self.items.push(match answer {
            Ok(Decision { answer: Answer::User { user, .. }, changed, notices, revision }) => {
                Ok(DecidedUser { user: Some(user), changed, notices, revision })
            }
            Ok(_) => Err(to_status(&Failure::OtherAnswer)),
            Err(failure @ Failure::Refused(_)) => Err(to_status(&failure)),
            Err(failure) => Err(self.fault.get_or_insert_with(|| to_status(&failure)).clone()),
        });
    }
}

pub(super) fn check_number(number: usize, field: &'static str) -> Result<(), Refusal> {
    match number {
        0 => Err(decode::missing(field)),
        1..=MAX_BATCH => Ok(()),
        _ => Err(too_much(LimitExceeded::Batch, field)),
    }
}

pub(super) fn too_much(exceeded: LimitExceeded, field: &str) -> Refusal {
    Refusal::about(Reason::LimitExceeded, field, exceeded.to_string())
        .naming(MetadataKey::Limit, &exceeded.limit())
}

fn part(schema: ProfileSchema, item: v1::UserChanges) -> Result<BatchPart, Refusal> {
    let v1::UserChanges { user_id, changes: wire, expected_version } = item;
    let (user, changes) = (decode::user_id(&user_id)?, changes(schema, wire)?);
    let expect = |version| ExpectedVersion { any_of: vec![version], ..ExpectedVersion::default() };
    let expected_version = expected_version.map(expect);
    Ok(BatchPart { action: Action::ChangeUser { user, changes }, expected_version })
}

/// An item as a command of its own. What makes the call known makes each of its items known.
pub(super) fn command(
    context: &CallContext,
    options: &CommandOptions,
    index: usize,
    BatchPart { action, expected_version }: BatchPart,
) -> Command {
    let claim = options.request.as_ref();
    let request = claim.map(|claim| RequestClaim {
        id: claim.id.of_part(index),
        fingerprint: claim.fingerprint.clone(),
    });
    Command {
        site: Some(context.site.id),
        caller: context.caller.clone(),
        token: context.token,
        on_behalf_of: context.on_behalf_of,
        action,
        expected_version,
        request,
        validate_only: options.validate_only,
        reason: options.reason.clone(),
        trace_id: context.trace_id.clone(),
    }
}

/// The answer for each item, with the users as far as there is room for them.
fn results(items: Vec<Item>, site: &str, omit_users: bool) -> Vec<v1::BatchChangeResult> {
    let (mut results, mut users) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        let (result, user) = match item {
            Ok(decided) => {
                for notice in &decided.notices {
                    record_reason(published(notice.reason).name(), notice.reason.is_judgement());
                }
                let DecidedUser { user, changed, notices, revision } = decided;
                let notices = notices.into_iter().map(encode::notice).collect();
                (Wire::Decision(v1::Decision { user: None, changed, notices, revision }), user)
            }
            Err(status) => (Wire::Status(message(&status)), None),
        };
        results.push(v1::BatchChangeResult { result: Some(result) });
        users.push(user.filter(|_| !omit_users));
    }
    let mut bytes: usize = results.iter().map(v1::BatchChangeResult::encoded_len).sum();
    for (result, user) in results.iter_mut().zip(users) {
        let (Some(Wire::Decision(decision)), Some(user)) = (&mut result.result, user) else {
            continue;
        };
        let user = encode::user(user, site);
        bytes += user.encoded_len();
        if bytes > ANSWER_BYTES {
            break;
        }
        decision.user = Some(user);
    }
    results
}

/// A status as a message: its details hold all of it.
pub(super) fn message(status: &Status) -> tonic_types::Status {
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}
