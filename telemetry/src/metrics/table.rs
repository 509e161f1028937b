//! The table of metrics: every name that a process may export, and what it means.
//!
//! Must never name a metric that nobody makes: a test looks for each in a real answer of `/metrics`.

use opentelemetry::KeyValue;

/// What stands for all sites, connections or consumers beyond those that are told apart.
pub const OTHER: &str = "_other";
/// Of how many sites, of how many connections and of how many consumers each has series of its own, where
/// nobody says anything else.
pub const TOLD_APART: usize = 1_000;

/// An entry.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// The name in OpenTelemetry.
    pub name: &'static str,
    /// What it does.
    pub kind: MetricKind,
    /// The unit as UCUM has it; what is counted in braces.
    pub unit: &'static str,
    /// The attributes, in the order in which values are given.
    pub attributes: &'static [&'static str],
    /// How many series there may be.
    pub series: SeriesLimit,
    /// The sentence about it.
    pub meaning: &'static str,
}

/// What a number does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by how large they are.
    Histogram,
}

/// How many series a metric may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesLimit {
    /// So many, whatever is stored.
    Fixed(usize),
    /// So many for each site that is told apart.
    PerSite(usize),
    /// So many for each connection that is told apart.
    PerConnection(usize),
    /// So many for each consumer that is told apart.
    PerConsumer(usize),
}

impl Metric {
    /// Attributes with these values; empty ones are left out.
    pub(crate) fn attributes(&self, values: &[&str]) -> Vec<KeyValue> {
        debug_assert_eq!(self.attributes.len(), values.len(), "{}", self.name);
        let named = self.attributes.iter().zip(values).filter(|(_, value)| !value.is_empty());
        named.map(|(name, value)| KeyValue::new(*name, (*value).to_owned())).collect()
    }

    /// How many series there are at most, where so many are told apart.
    pub const fn most_series(&self, told_apart: usize) -> usize {
        match self.series {
            SeriesLimit::Fixed(most) => most,
            // The others are one more.
            SeriesLimit::PerSite(each)
            | SeriesLimit::PerConnection(each)
            | SeriesLimit::PerConsumer(each) => each * (told_apart + 1),
        }
    }

    /// The name that Prometheus has for it.
    pub fn prometheus_name(&self) -> String {
        let name = self.name.replace('.', "_");
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" => "_ratio",
            _ => "",
        };
        let total = if self.kind == MetricKind::Counter { "_total" } else { "" };
        format!("{name}{unit}{total}")
    }
}

macro_rules! metrics {
    ($($entry:ident = $name:literal, $kind:ident, $unit:literal, [$($attribute:literal),*], $series:expr, $meaning:literal;)*) => {
        /// The entries by their own names.
        pub mod names {
            use super::{Metric, MetricKind, SeriesLimit::*};
            $(
                #[doc = $meaning]
                pub static $entry: Metric = Metric {
                    name: $name,
                    kind: MetricKind::$kind,
                    unit: $unit,
                    attributes: &[$($attribute),*],
                    series: $series,
                    meaning: $meaning,
                };
            )*
        }

        /// All entries.
        pub static TABLE: &[&Metric] = &[$(&names::$entry),*];
    };
}

metrics! {
    HTTP_REQUEST_DURATION = "http.server.request.duration", Histogram, "s",
        ["http.request.method", "http.route", "http.response.status_code", "error.type", "url.scheme"], Fixed(500),
        "How long SCIM requests took, until the head of the answer. `error.type` is the status where the fault was here, and `cancelled` where nobody waited for the answer.";
    HTTP_ACTIVE_REQUESTS = "http.server.active_requests", Gauge, "{request}",
        ["http.request.method", "url.scheme"], Fixed(20),
        "SCIM requests that are being answered.";
    RPC_CALL_DURATION = "rpc.server.call.duration", Histogram, "s",
        ["rpc.system.name", "rpc.method", "rpc.response.status_code", "error.type"], Fixed(1_000),
        "How long gRPC calls took, until the last of the answer; those of `provost serve` to itself as well. `error.type` is the status where the fault was here. Health and reflection are not counted.";
    DECISIONS = "provost.decisions", Counter, "{decision}", ["provost.caller.kind", "provost.outcome"], Fixed(20),
        "Commands by what became of them: `applied`, of which a ledger tells; `unchanged`, also where it was only tried or comes again with its request id; `refused` by a rule; `failed`.";
    NOTICES = "provost.notices", Counter, "{notice}", ["provost.reason", "provost.caller.kind"], Fixed(600),
        "What was asked and is not in force, though the rest of the command was applied, by reason.";
    REFUSALS = "provost.refusals", Counter, "{refusal}", ["provost.reason", "provost.caller.kind"], Fixed(600),
        "Calls that were refused with a reason, reads included.";
    REFUSED_REQUESTS_LOST = "provost.refused_requests.lost", Counter, "{request}", [], Fixed(1),
        "SCIM requests that were refused and are missing in `provost ledger refused`, because too many were on their way to the core, or it did not answer.";
    AUTHENTICATION_FAILURES = "provost.authentication.failures", Counter, "{call}", ["provost.reason"], Fixed(3),
        "Calls whose caller was not let in, because a token or a certificate was missing or opened nothing.";
    USER_TRANSITIONS = "provost.user.transitions", Counter, "{user}", ["provost.site", "provost.transition"], PerSite(6),
        "Users that were `created`, `deleted`, `activated`, `deactivated`, `promoted` or `demoted` by this process.";
    CALLER_TRANSITIONS = "provost.caller.transitions", Counter, "{user}", ["provost.caller.kind", "provost.transition"], Fixed(30),
        "The same transitions in all sites together, by the kind of caller that asked for them.";
    USERS = "provost.users", Gauge, "{user}", ["provost.site", "provost.status", "provost.role"], PerSite(6),
        "Users by status, `active` or `deactivated`, and role, counted every few seconds, where there are many less often: 100,000 every 25 seconds. Each core counts all.";
    LAST_GOOD_REQUEST = "provost.connection.last_good_request.age", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time since this process answered a request of the connection without an error.";
    LAST_FAILED_REQUEST = "provost.connection.last_failed_request.age", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time since this process answered a request of the connection with an error.";
    SYNC_RUNNING = "provost.sync.running", Gauge, "{cycle}", ["provost.site", "provost.connection"], PerConnection(1),
        "1 while the connection is in a sync cycle, 0 once it has sent nothing for a minute. A cycle is rebuilt from the requests that this process answers.";
    SYNC_START = "provost.sync.start.age", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time since the cycle began that runs, or that ran last.";
    SYNC_DURATION = "provost.sync.duration", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time from the first request of that cycle to its last one; so it ended as long ago as it began, less this.";
    SYNC_INTERVAL = "provost.sync.interval", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time between the begin of that cycle and the begin of the one before it; 0 until there were two.";
    SYNC_USERS = "provost.sync.users", Gauge, "{user}", ["provost.site", "provost.connection", "provost.sync.what"], PerConnection(3),
        "What that cycle was about: users `seen`, to a few in a hundred, requests that have `changed` something, and that have `failed`.";
    TOKEN_TIME_LEFT = "provost.token.time_left", Gauge, "s", ["provost.site", "provost.connection"], PerConnection(1),
        "The time until the token ends that the connection has used last, or until its newest one does where none was used; below 0 once it has ended, until it is replaced or revoked. Of those beyond that are told apart, the one that ends first. Tokens without an end are left out.";
    SERVICE_TOKEN_TIME_LEFT = "provost.service.token.time_left", Gauge, "s", ["provost.service"], Fixed(1_000),
        "The same of services.";
    GROUP_SIZE = "provost.writer.group.size", Histogram, "{command}", [], Fixed(1),
        "Commands that were decided in one transaction.";
    QUEUE_LENGTH = "provost.writer.queue.length", Gauge, "{command}", [], Fixed(1),
        "Commands that wait for the writer.";
    QUEUE_WAIT = "provost.writer.queue.wait", Histogram, "s", [], Fixed(1),
        "How long commands waited until they were taken into a group.";
    POOL_WAIT = "provost.writer.pool.wait", Histogram, "s", [], Fixed(1),
        "How long groups waited for a connection to the database; next to nothing where the writer has kept its own.";
    LOAD_DURATION = "provost.writer.load.duration", Histogram, "s", [], Fixed(1),
        "How long it took to begin a group: to wait for other cores that write to the same sites, and to load what it needs.";
    COMMIT_DURATION = "provost.writer.commit.duration", Histogram, "s", [], Fixed(1),
        "How long it took to save and to commit a group.";
    POOL_WAITS = "provost.store.pool.waits", Counter, "{statement}", ["provost.store.pool"], Fixed(5),
        "Statements that found no connection free and waited for one: at the `door` where it is asked who calls, for `lists`, for `scans` of all users, for `watches`, and `writers` beside the groups.";
    LOOK_UPS_WAITING = "provost.reader.queue.length", Gauge, "{look-up}", [], Fixed(1),
        "Look-ups of single users that wait for one of the two connections that read them.";
    CHECKPOINT_DURATION = "provost.store.checkpoint.duration", Histogram, "s", [], Fixed(1),
        "How long it took to move the write-ahead log into the file, which is done every minute on SQLite, and takes no time on PostgreSQL.";
    DATABASE_SIZE = "provost.store.size", Gauge, "By", [], Fixed(1),
        "The size of the database, counted every few seconds.";
    DATABASE_USED = "provost.store.used", Gauge, "1", ["provost.store.limit"], Fixed(1),
        "The share that is used of what limits the database, from 0 to 1: on SQLite of the `disk` that holds the file, on PostgreSQL of the `connections` that the server takes from all its clients. Counted every few seconds.";
    LEDGER_EVENTS = "provost.ledger.events", Gauge, "{event}", [], Fixed(1),
        "Events that were ever written into the ledgers of all sites, counted every few seconds.";
    LEDGERS_BROKEN = "provost.ledger.broken", Gauge, "{ledger}", [], Fixed(1),
        "Ledgers whose newest event is missing, because something in the database drops what is written into it; 0 where all is well. Counted every few seconds.";
    WATCHES = "provost.watch.streams", Gauge, "{stream}", ["provost.caller"], Fixed(1_100),
        "Streams by which ledgers are followed, by who follows them.";
    WATCH_PENDING = "provost.watch.pending", Gauge, "{event}", ["provost.caller"], Fixed(1_100),
        "Events that wait behind the last response, of the stream of the caller behind which most do.";
    WATCH_SILENCE = "provost.watch.silence", Gauge, "s", ["provost.caller"], Fixed(1_100),
        "The time since the last response, of the stream of the caller that has had none for the longest. One comes every 15 seconds at least; beyond that the caller does not read.";
    CONSUMER_PENDING = "provost.consumer.pending", Gauge, "{event}", ["provost.caller", "provost.consumer"], PerConsumer(1),
        "Events that a consumer has not acknowledged, in the ledger in which these are most. Counted every few seconds; each core counts all.";
    CONSUMER_LAG = "provost.consumer.lag", Gauge, "s", ["provost.caller", "provost.consumer"], PerConsumer(1),
        "The time since the oldest event was decided that a consumer has not acknowledged, of all its ledgers and as far as it is kept; 0 where it has acknowledged all.";
    CUTOFF_AGE = "provost.cutoff.age", Gauge, "s", ["provost.site"], PerSite(1),
        "The time since the oldest deactivation or deletion that not every consumer of the site's ledger has acknowledged: so long somebody may be let in who must not; 0 where all have. Sites without consumers are left out, those that were deleted are `_other`.";
    THROTTLED_ADDRESSES = "provost.throttle.addresses", Gauge, "{address}", [], Fixed(1),
        "Addresses that have shown so many wrong tokens that they are told to wait.";
    CERTIFICATE_TIME_LEFT = "provost.tls.certificate.time_left", Gauge, "s", ["provost.listener"], Fixed(3),
        "The time until the certificate in force ends, of each listener that has one: `scim`, `grpc`, `console`. Below 0 once it has ended.";
    OVERFLOW = "provost.metrics.overflow", Gauge, "{series}", ["provost.metrics.dimension"], Fixed(3),
        "How many sites, connections and consumers there are beyond those that metrics tell apart (`[admin] told_apart`). Those beyond are `_other`.";
    READY = "provost.ready", Gauge, "{check}", ["provost.check"], Fixed(5),
        "1 where a check of `/readyz` is good, 0 where it is not.";
    BUILD = "provost.build", Gauge, "{build}", ["provost.version"], Fixed(1),
        "1, with the version that runs.";
}
