//! `provost status`: one screen for whoever is on call.

use clap::Args;
use provost_proto::v1::{
    ConnectionStatus, ConsumerStatus, CredentialKind, DatabaseStatus, ExpiringCredential,
    GetStatusRequest, GetStatusResponse, WatchStatus,
};
use serde::Serialize;

use super::core::{OperatorFlags, Output, RemoteCore};
use super::print::{Head, say, say_json, say_pairs, say_table};
use super::{Flags, time};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost status
  provost status --output json
  provost status --address https://core.example:50051";

/// Which core to ask.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    #[command(flatten)]
    operator: OperatorFlags,
}

/// Asks the core and prints its answer.
pub async fn run(args: StatusArgs, flags: &Flags) -> Result<(), RunError> {
    let StatusArgs { operator } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let request = core.request(GetStatusRequest {});
    let answered = core.operations.get_status(request).await;
    let status = StatusView::new(core.answer(answered)?);
    if operator.form.output == Output::Json {
        return say_json(&status);
    }
    say_pairs(operator.form, &status.pairs())?;
    let rows = status.connections.iter().map(ConnectionStatusView::row).collect();
    let refused = ["last let in", "last refused", "because of"];
    let always = [&["site", "connection", "scim"], &refused[..]].concat();
    say("")?;
    say_table(operator.form, &Head { always: &always, wide: &[] }, rows, "No connection yet.")?;
    say("")?;
    let rows = status.expiring.iter().map(ExpiringView::row).collect();
    let head = Head { always: &["token", "of", "site", "expires", "last used"], wide: &[] };
    say_table(operator.form, &head, rows, "No token expires within 30 days.")?;
    say("")?;
    let rows = status.consumers.iter().map(ConsumerStatusView::row).collect();
    let head = Head { always: &["consumer", "of", "site", "behind", "acknowledged"], wide: &[] };
    say_table(operator.form, &head, rows, "No consumer acknowledges a ledger.")
}

#[derive(Serialize)]
struct StatusView {
    version: String,
    command: String,
    start_time: Option<String>,
    database: DatabaseView,
    waiting_commands: i64,
    connection_count: i64,
    connections: Vec<ConnectionStatusView>,
    watches: Vec<WatchView>,
    expiring: Vec<ExpiringView>,
    consumers: Vec<ConsumerStatusView>,
}

#[derive(Serialize)]
struct DatabaseView {
    kind: &'static str,
    size_bytes: i64,
    schema_version: String,
    pending_migrations: Vec<String>,
}

#[derive(Serialize)]
struct ConnectionStatusView {
    site: String,
    connection: String,
    enabled: bool,
    last_request_time: Option<String>,
    last_refused_time: Option<String>,
    last_refused_reason: String,
}

#[derive(Serialize)]
struct WatchView {
    caller: String,
    watches: i32,
}

#[derive(Serialize)]
struct ConsumerStatusView {
    site: String,
    caller: String,
    name: String,
    pending: i64,
    lag_seconds: Option<i64>,
    acknowledge_time: Option<String>,
}

#[derive(Serialize)]
struct ExpiringView {
    kind: &'static str,
    site: String,
    owner: String,
    name: String,
    expire_time: Option<String>,
    last_use_time: Option<String>,
}

impl StatusView {
    fn new(status: GetStatusResponse) -> Self {
        let GetStatusResponse {
            version,
            command,
            start_time,
            database,
            waiting_commands,
            connections,
            connection_count,
            watches,
            expiring,
            consumers,
        } = status;
        Self {
            version,
            command,
            start_time: start_time.map(to_the_second),
            database: DatabaseView::new(database.unwrap_or_default()),
            waiting_commands,
            connection_count,
            connections: connections.into_iter().map(ConnectionStatusView::new).collect(),
            watches: watches.into_iter().map(WatchView::new).collect(),
            expiring: expiring.into_iter().map(ExpiringView::new).collect(),
            consumers: consumers.into_iter().map(ConsumerStatusView::new).collect(),
        }
    }

    fn pairs(&self) -> [(&'static str, String); 6] {
        let rooms = match self.command.as_str() {
            "serve" => "gateway and core in one process",
            _ => "the core alone",
        };
        let DatabaseView { kind, size_bytes, schema_version, pending_migrations } = &self.database;
        let schema = if pending_migrations.is_empty() {
            format!("{schema_version}, nothing pending")
        } else {
            format!("{schema_version}; pending: {}", pending_migrations.join(", "))
        };
        let watches = self.watches.iter().map(|it| format!("{} {}", it.watches, it.caller));
        let watches: Vec<_> = watches.collect();
        let watches =
            if watches.is_empty() { "none at this core".to_owned() } else { watches.join(", ") };
        let since = self.start_time.as_deref().unwrap_or("-");
        [
            ("Provost", format!("{}, {rooms}, since {since}", self.version)),
            ("Database", format!("{kind}, {}", size(*size_bytes))),
            ("Schema", schema),
            ("Queue", format!("{} commands wait", self.waiting_commands)),
            ("Watches", watches),
            ("Connections", self.connection_count.to_string()),
        ]
    }
}

impl DatabaseView {
    fn new(status: DatabaseStatus) -> Self {
        let kind = status.kind().into();
        let DatabaseStatus { kind: _, size_bytes, schema_version, pending_migrations } = status;
        Self { kind, size_bytes, schema_version, pending_migrations }
    }
}

impl ConnectionStatusView {
    fn new(status: ConnectionStatus) -> Self {
        let ConnectionStatus {
            site,
            connection,
            enabled,
            last_request_time,
            last_refused_time,
            last_refused_reason,
        } = status;
        Self {
            site,
            connection,
            enabled,
            last_request_time: last_request_time.map(to_the_second),
            last_refused_time: last_refused_time.map(to_the_second),
            last_refused_reason,
        }
    }

    fn row(&self) -> Vec<String> {
        let Self { site, connection, enabled, last_request_time, last_refused_time, .. } = self;
        vec![
            site.clone(),
            connection.clone(),
            if *enabled { "on" } else { "off" }.to_owned(),
            or_dash(last_request_time.as_deref()),
            or_dash(last_refused_time.as_deref()),
            or_dash(Some(self.last_refused_reason.as_str()).filter(|reason| !reason.is_empty())),
        ]
    }
}

impl WatchView {
    fn new(WatchStatus { caller, watches }: WatchStatus) -> Self {
        Self { caller, watches }
    }
}

impl ConsumerStatusView {
    fn new(ConsumerStatus { site, consumer }: ConsumerStatus) -> Self {
        let consumer = consumer.unwrap_or_default();
        Self {
            site,
            caller: consumer.caller,
            name: consumer.name,
            pending: consumer.pending,
            lag_seconds: consumer.lag.map(|lag| lag.seconds),
            acknowledge_time: consumer.acknowledge_time.map(to_the_second),
        }
    }

    fn row(&self) -> Vec<String> {
        let Self { site, caller, name, pending, lag_seconds, acknowledge_time } = self;
        let of = or_dash(Some(site.as_str()).filter(|site| !site.is_empty()));
        let behind = match lag_seconds {
            Some(seconds) => format!("{pending} events, {seconds} s"),
            None if *pending > 0 => format!("{pending} events, the oldest is not kept any more"),
            None => "nothing".to_owned(),
        };
        vec![name.clone(), caller.clone(), of, behind, or_dash(acknowledge_time.as_deref())]
    }
}

impl ExpiringView {
    fn new(credential: ExpiringCredential) -> Self {
        let kind: CredentialKind = credential.kind();
        let ExpiringCredential { kind: _, site, owner, name, expire_time, last_use_time } =
            credential;
        Self {
            kind: kind.into(),
            site,
            owner,
            name,
            expire_time: expire_time.map(to_the_second),
            last_use_time: last_use_time.map(to_the_second),
        }
    }

    fn row(&self) -> Vec<String> {
        let Self { kind: _, site, owner, name, expire_time, last_use_time } = self;
        vec![
            name.clone(),
            owner.clone(),
            or_dash(Some(site.as_str()).filter(|site| !site.is_empty())),
            or_dash(expire_time.as_deref()),
            or_dash(last_use_time.as_deref()),
        ]
    }
}

fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

fn to_the_second(at: prost_types::Timestamp) -> String {
    time::short(Some(at))
}

/// In the largest unit of which there is at least one.
fn size(bytes: i64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, written) in
            [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (7 << 30, "7.0 GiB")]
        {
            assert_eq!(size(bytes), written);
        }
    }
}
