//! `LedgerService`: for the operator and for services that read ledgers.

use super::call::{RequestMetadata, call};
use super::decode_events::{event_filter, role_and_time};
use super::refused_requests::refused_request;
use super::{consumers, encode, encode_events, encode_sites, paging, watches};
use crate::queries::EventPlace;
use crate::{AppState, Failure};
use provost_domain::{Reason, Refusal, SiteId, UserId};
use provost_proto::v1;
use provost_proto::v1::ledger_service_server::LedgerService;
use provost_telemetry::record_site;
use std::sync::Arc;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// What pages of events are told from others by.
const LIST_EVENTS: &str = "ListEvents";
/// What pages of those who have a role are told from others by.
const LIST_ROLE_HOLDERS: &str = "ListRoleHolders";

/// What pages of refused requests are told from others by.
const LIST_REFUSED_REQUESTS: &str = "ListRefusedRequests";

/// The door to the ledgers.
pub(super) struct LedgerHandlers(pub Arc<AppState>);

impl LedgerHandlers {
    /// Admits the caller to the ledger of the site of this name, or of the installation, which has none.
    async fn admit(
        &self,
        metadata: &RequestMetadata,
        (site, installation): (&str, bool),
    ) -> Result<(SiteId, String), Failure> {
        if installation {
            metadata.bearer.admit_operator()?;
            if !site.is_empty() {
                let message = "a ledger is the installation's or a site's; leave one of both out";
                return Err(Refusal::about(Reason::ValueInvalid, "installation", message).into());
            }
            return Ok((SiteId::INSTALLATION, String::new()));
        }
        let name = self.0.authenticator.admit_by_name(&metadata.bearer, site)?;
        record_site(name.as_str());
        Ok((self.0.ledgers.site(&name).await?, name.as_str().to_owned()))
    }
}

/// The place that a position of a page token is.
fn place(position: [u8; 16]) -> EventPlace {
    let both = u128::from_be_bytes(position);
    let [behind, chained] = [both >> 64, both & u128::from(u64::MAX)];
    let revision = |half| i64::try_from(half).unwrap_or(i64::MAX);
    EventPlace { behind: revision(behind), chained: revision(chained) }
}

fn position(EventPlace { behind, chained }: EventPlace) -> [u8; 16] {
    let [behind, chained] = [behind, chained].map(|half| u128::from(half.unsigned_abs()));
    (behind << 64 | chained).to_be_bytes()
}

#[async_trait]
impl LedgerService for LedgerHandlers {
    async fn list_events(
        &self,
        request: Request<v1::ListEventsRequest>,
    ) -> Result<Response<v1::ListEventsResponse>, Status> {
        call(request, async |metadata, mut message| {
            let v1::ListEventsRequest { site, installation, .. } = &message;
            let (site, name) = self.admit(&metadata, (site, *installation)).await?;
            // What is left of the request is the question that a token is good for.
            message.site = name;
            let limit = paging::page_size(std::mem::take(&mut message.page_size))?;
            let token = std::mem::take(&mut message.page_token);
            let (filter, order) = event_filter(&message)?;
            let place = paging::position(&token, LIST_EVENTS, &message)?.map(place);
            let page = self.0.ledgers.list(site, &filter, order, place, limit).await?;
            let token = |next| paging::token(&position(next), LIST_EVENTS, &message);
            let next_page_token = page.next.map(token).unwrap_or_default();
            let events = page.events.into_iter().map(encode_events::event).collect();
            Ok(v1::ListEventsResponse { events, next_page_token })
        })
        .await
    }

    async fn get_event(
        &self,
        request: Request<v1::GetEventRequest>,
    ) -> Result<Response<v1::GetEventResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::GetEventRequest { site, revision, installation } = message;
            let (site, _) = self.admit(&metadata, (&site, installation)).await?;
            let event = self.0.ledgers.event(site, revision).await?.ok_or_else(|| {
                let message = "the ledger has no event of this revision";
                Refusal::about(Reason::EventNotFound, "revision", message)
            })?;
            Ok(v1::GetEventResponse { event: Some(encode_events::event(event)) })
        })
        .await
    }

    type WatchEventsStream = BoxStream<v1::WatchEventsResponse>;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        call(request, async |metadata, message| {
            Ok(watches::told(watches::begin(&self.0, metadata.bearer, message).await?))
        })
        .await
    }

    async fn acknowledge_events(
        &self,
        request: Request<v1::AcknowledgeEventsRequest>,
    ) -> Result<Response<v1::AcknowledgeEventsResponse>, Status> {
        call(request, async |metadata, message| {
            consumers::acknowledge(&self.0, &metadata, message).await
        })
        .await
    }

    async fn get_cutoff(
        &self,
        request: Request<v1::GetCutoffRequest>,
    ) -> Result<Response<v1::GetCutoffResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::GetCutoffRequest { site, installation, decision } = message;
            let (site, _) = self.admit(&metadata, (&site, installation)).await?;
            consumers::cutoff(&self.0, site, decision).await
        })
        .await
    }

    async fn list_consumers(
        &self,
        request: Request<v1::ListConsumersRequest>,
    ) -> Result<Response<v1::ListConsumersResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::ListConsumersRequest { site, installation } = message;
            let (site, _) = self.admit(&metadata, (&site, installation)).await?;
            consumers::list(&self.0, site).await
        })
        .await
    }

    async fn delete_consumer(
        &self,
        request: Request<v1::DeleteConsumerRequest>,
    ) -> Result<Response<v1::DeleteConsumerResponse>, Status> {
        call(request, async |metadata, message| {
            let of = (message.site.as_str(), message.installation);
            let (site, _) = self.admit(&metadata, of).await?;
            consumers::delete(&self.0, &metadata.bearer, site, message).await
        })
        .await
    }

    async fn get_ledger(
        &self,
        request: Request<v1::GetLedgerRequest>,
    ) -> Result<Response<v1::GetLedgerResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::GetLedgerRequest { site, installation } = message;
            let (site, _) = self.admit(&metadata, (&site, installation)).await?;
            let retention = self.0.ledgers.retention(site).await?;
            let retention_days = encode_sites::days(retention);
            let mut ledger = v1::Ledger { retention_days, ..v1::Ledger::default() };
            if let Some((oldest, head)) = self.0.ledgers.ends(site).await? {
                ledger = v1::Ledger {
                    oldest_revision: oldest.revision,
                    oldest_time: Some(encode::time(oldest.at)),
                    head_revision: head.revision,
                    head_time: Some(encode::time(head.at)),
                    retention_days,
                };
            }
            Ok(v1::GetLedgerResponse { ledger: Some(ledger) })
        })
        .await
    }

    async fn list_role_holders(
        &self,
        request: Request<v1::ListRoleHoldersRequest>,
    ) -> Result<Response<v1::ListRoleHoldersResponse>, Status> {
        call(request, async |metadata, mut message| {
            let (site, name) = self.admit(&metadata, (&message.site, false)).await?;
            message.site = name;
            let limit = paging::page_size(std::mem::take(&mut message.page_size))?;
            let token = std::mem::take(&mut message.page_token);
            let (role, at) = role_and_time(&message)?;
            let behind = paging::position(&token, LIST_ROLE_HOLDERS, &message)?;
            let behind = UserId(behind.map_or(Uuid::nil(), Uuid::from_bytes));
            let found = self.0.ledgers.role_holders(site, role, at, behind, limit).await?;
            let (holders, next) = found;
            let token =
                |next: UserId| paging::token(next.0.as_bytes(), LIST_ROLE_HOLDERS, &message);
            let next_page_token = next.map(token).unwrap_or_default();
            let holders = holders.into_iter().map(encode_events::role_holder).collect();
            Ok(v1::ListRoleHoldersResponse { holders, next_page_token })
        })
        .await
    }

    async fn list_refused_requests(
        &self,
        request: Request<v1::ListRefusedRequestsRequest>,
    ) -> Result<Response<v1::ListRefusedRequestsResponse>, Status> {
        call(request, async |metadata, mut message| {
            let v1::ListRefusedRequestsRequest { site, installation, .. } = &message;
            let (site, name) = self.admit(&metadata, (site, *installation)).await?;
            message.site = name;
            let limit = paging::page_size(std::mem::take(&mut message.page_size))?;
            let token = std::mem::take(&mut message.page_token);
            let behind = paging::position(&token, LIST_REFUSED_REQUESTS, &message)?;
            let behind = behind.map(Uuid::from_bytes);
            let (requests, next) = self.0.ledgers.refused_requests(site, behind, limit).await?;
            let token =
                |next: Uuid| paging::token(next.as_bytes(), LIST_REFUSED_REQUESTS, &message);
            let next_page_token = next.map(token).unwrap_or_default();
            let requests = requests.into_iter().map(refused_request).collect();
            Ok(v1::ListRefusedRequestsResponse { requests, next_page_token })
        })
        .await
    }
}
