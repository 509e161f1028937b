//! `OperationsService`: how the installation is, for the operator.

use super::call::call;
use super::consumers::consumer;
use super::encode::time;
use crate::queries::StoredStatus;
use crate::store::StoreStatus;
use crate::{AppState, clock};
use provost_domain::{ConnectionActivity, ConsumerLag, ExpiringToken, Timestamp, TokenOwner};
use provost_proto::v1;
use provost_proto::v1::operations_service_server::OperationsService;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// The door to operations.
pub(super) struct OperationsHandlers(pub Arc<AppState>);

#[async_trait]
impl OperationsService for OperationsHandlers {
    async fn get_status(
        &self,
        request: Request<v1::GetStatusRequest>,
    ) -> Result<Response<v1::GetStatusResponse>, Status> {
        call(request, async |metadata, message| {
            metadata.bearer.admit_operator()?;
            let v1::GetStatusRequest {} = message;
            let AppState { status, writer, watches, .. } = &*self.0;
            let now = clock::now();
            let StoredStatus { database, connections, connection_count, expiring, consumers } =
                status.stored(now).await?;
            Ok(v1::GetStatusResponse {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                command: status.command.to_owned(),
                start_time: Some(time(status.started_at)),
                database: Some(self::database(database)),
                waiting_commands: i64::try_from(writer.waiting()).unwrap_or(i64::MAX),
                connections: connections.into_iter().map(connection).collect(),
                connection_count,
                watches: watches.places.taken_by_caller().into_iter().map(watch).collect(),
                expiring: expiring.into_iter().map(credential).collect(),
                consumers: consumers.into_iter().map(|lag| follower(lag, now)).collect(),
            })
        })
        .await
    }
}

fn database(status: StoreStatus) -> v1::DatabaseStatus {
    let StoreStatus { system, size, schema_version, pending_migrations } = status;
    let kind: v1::DatabaseKind = system.parse().unwrap_or(v1::DatabaseKind::Unspecified);
    let (kind, size_bytes) = (kind.into(), size);
    v1::DatabaseStatus { kind, size_bytes, schema_version, pending_migrations }
}

fn connection(activity: ConnectionActivity) -> v1::ConnectionStatus {
    let ConnectionActivity {
        site,
        connection,
        enabled,
        last_request_at,
        last_refused_at,
        last_refused_reason,
    } = activity;
    v1::ConnectionStatus {
        site,
        connection,
        enabled,
        last_request_time: last_request_at.map(time),
        last_refused_time: last_refused_at.map(time),
        last_refused_reason: last_refused_reason.unwrap_or_default(),
    }
}

fn watch((caller, watches): (String, usize)) -> v1::WatchStatus {
    v1::WatchStatus { caller, watches: i32::try_from(watches).unwrap_or(i32::MAX) }
}

fn follower(lag: ConsumerLag, now: Timestamp) -> v1::ConsumerStatus {
    v1::ConsumerStatus { site: lag.site_name.clone(), consumer: Some(consumer(lag, now)) }
}

fn credential(token: ExpiringToken) -> v1::ExpiringCredential {
    let ExpiringToken { owner, name, expires_at, last_used_at } = token;
    let (kind, site, owner) = match owner {
        TokenOwner::Connection { site, connection } => {
            (v1::CredentialKind::ScimToken, site, connection)
        }
        TokenOwner::Service { name } => (v1::CredentialKind::ServiceToken, String::new(), name),
    };
    v1::ExpiringCredential {
        kind: kind.into(),
        site,
        owner,
        name,
        expire_time: Some(time(expires_at)),
        last_use_time: last_used_at.map(time),
    }
}
