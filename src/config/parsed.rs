//! From text to types that can't be wrong: one function for each kind of setting.
//!
//! Every error is the end of a sentence that begins with the setting: `http.listen = "x" …`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use provost_core::SiteName;
use serde::de::{Deserialize, Deserializer, Error};

/// The form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// How a collector is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpProtocol {
    /// gRPC.
    Grpc,
    /// HTTP/1.1 with messages of Protocol Buffers.
    HttpProtobuf,
}

pub fn folder<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Err(D::Error::custom("is empty: name a folder, for example \"provost-data\""));
    }
    Ok(PathBuf::from(text))
}

pub fn file<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    let text = String::deserialize(input)?;
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

pub fn database_url<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let url = String::deserialize(input)?;
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if url.is_empty() || known.iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(url);
    }
    Err(D::Error::custom(
        "is neither SQLite nor PostgreSQL: write sqlite://path or postgres://user:password@host/database",
    ))
}

pub fn listen<'de, D: Deserializer<'de>>(input: D) -> Result<SocketAddr, D::Error> {
    let example = "is not an address to listen on: write an IP address and a port, for example 127.0.0.1:8080";
    String::deserialize(input)?.parse().map_err(|_| D::Error::custom(example))
}

/// Empty serves no pages.
pub fn console_listen<'de, D: Deserializer<'de>>(input: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    let problem = "is not an address to listen on: write an IP address and a port, for example 127.0.0.1:8081, or leave it empty to serve no pages";
    let parsed = || text.parse().map(Some).map_err(|_| D::Error::custom(problem));
    if text.is_empty() { Ok(None) } else { parsed() }
}

/// Empty is what stands where nothing was set.
pub fn listen_or_default<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(input)?;
    let problem = "is not an address to listen on: write an IP address and a port, for example 127.0.0.1:9464, or leave it empty";
    let parsed = || text.parse().map(Some).map_err(|_| D::Error::custom(problem));
    if text.is_empty() { Ok(None) } else { parsed() }
}

pub fn public_url<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text.contains(['?', '#', '@']);
    let address = web && plain && parsed_uri(&text).is_some();
    if !(text.is_empty() || address) {
        return Err(D::Error::custom(
            "is not a web address: write it as in https://id.example.com",
        ));
    }
    let front = text.trim_end_matches('/');
    if ends_in_scim_base(front) {
        return Err(D::Error::custom(
            "holds the path of SCIM, which is added by itself: leave only what stands in front of it, as in https://id.example.com",
        ));
    }
    Ok(front.to_owned())
}

/// Pages and cookies are the host's, not a path's.
pub fn console_url<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_bare = |uri: &http::Uri| uri.path() == "/" && uri.query().is_none();
    let is_address =
        is_web && !text.contains(['#', '@']) && parsed_uri(&text).as_ref().is_some_and(is_bare);
    if text.is_empty() || is_address {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(D::Error::custom(
        "is not where a console can be opened: write scheme and host, as in https://console.example.com, without a path",
    ))
}

/// As people copy it from the form of an identity provider.
fn ends_in_scim_base(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    ["/api/scim/v2", "/auth/scim/v2"].iter().any(|base| url.ends_with(base))
}

pub fn core_address<'de, D: Deserializer<'de>>(input: D) -> Result<Option<http::Uri>, D::Error> {
    let text = String::deserialize(input)?;
    if text.is_empty() {
        return Ok(None);
    }
    let bare = |uri: &http::Uri| uri.path() == "/" && uri.query().is_none();
    let uri = parsed_uri(&text).filter(bare);
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    uri.map(Some).ok_or_else(|| {
        D::Error::custom(
            "is not the address of a core: write http://host:port or https://host:port",
        )
    })
}

/// What is wrong with an address that is none of a collector.
pub const NO_COLLECTOR: &str =
    "is not the address of a collector: write it as in http://127.0.0.1:4317, or leave it empty";

/// The address of a collector.
pub fn collector(text: &str) -> Option<http::Uri> {
    parsed_uri(text).filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
}

/// What is wrong with a word that is no protocol of OTLP.
pub const NO_OTLP_PROTOCOL: &str =
    "is not a protocol that is spoken: write \"grpc\" or \"http/protobuf\"";

impl OtlpProtocol {
    /// The protocol that OpenTelemetry calls this.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "grpc" => Some(Self::Grpc),
            "http/protobuf" => Some(Self::HttpProtobuf),
            _ => None,
        }
    }
}

pub fn otlp_protocol<'de, D: Deserializer<'de>>(input: D) -> Result<OtlpProtocol, D::Error> {
    let word = String::deserialize(input)?;
    OtlpProtocol::named(&word).ok_or_else(|| D::Error::custom(NO_OTLP_PROTOCOL))
}

pub fn size<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    match usize::deserialize(input)? {
        0 => Err(D::Error::custom("would refuse every request: give a size of at least 1")),
        size => Ok(size),
    }
}

/// The most sites, connections and consumers that metrics may tell apart: each has some twenty series.
const MOST_TOLD_APART: usize = 10_000;

pub fn told_apart<'de, D: Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    let number = usize::deserialize(input)?;
    if (1..=MOST_TOLD_APART).contains(&number) {
        return Ok(number);
    }
    Err(D::Error::custom(format!(
        "is not from 1 to {MOST_TOLD_APART}: each one that is told apart has some twenty series"
    )))
}

pub fn milliseconds<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    match u64::deserialize(input)? {
        0 => Err(D::Error::custom("leaves no time at all: give at least 1")),
        milliseconds => Ok(Duration::from_millis(milliseconds)),
    }
}

pub fn seconds<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    u64::deserialize(input).map(Duration::from_secs)
}

pub fn ratio<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    let ratio = f64::deserialize(input)?;
    if (0.0..=1.0).contains(&ratio) {
        return Ok(ratio);
    }
    Err(D::Error::custom("is not a share: give a number from 0.0 (none) to 1.0 (all)"))
}

pub fn log_format<'de, D: Deserializer<'de>>(input: D) -> Result<LogFormat, D::Error> {
    match String::deserialize(input)?.as_str() {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err(D::Error::custom("is not a log format: write \"pretty\" or \"json\"")),
    }
}

pub fn log_level<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    let text = String::deserialize(input)?;
    if is_log_level(&text) { Ok(text) } else { Err(D::Error::custom(NO_LOG_LEVEL)) }
}

/// What is wrong with a text that is no level of the log.
pub const NO_LOG_LEVEL: &str = "is not a log level: write error, warn, info, debug or trace";

/// Whether a text says what is logged.
pub fn is_log_level(text: &str) -> bool {
    // A lone word that is no level would be taken for the name of a room and silence the rest.
    text.split(',').all(|part| part.contains('=') || is_level(part))
        && tracing_subscriber::EnvFilter::try_new(text).is_ok()
}

fn is_level(text: &str) -> bool {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    levels.iter().any(|level| text.trim().eq_ignore_ascii_case(level))
}

pub fn hosts<'de, D: Deserializer<'de>>(input: D) -> Result<BTreeMap<String, String>, D::Error> {
    let hosts = BTreeMap::<String, String>::deserialize(input)?;
    for (host, site) in &hosts {
        if host.is_empty() || host.contains([':', '/']) {
            return Err(D::Error::custom(format!(
                "names \"{host}\", which is not a host name: leave out scheme, port and path"
            )));
        }
        if site.is_empty() || SiteName::parse(site).is_err() {
            return Err(D::Error::custom(format!(
                "maps {host} to \"{site}\", which can't be a site: a site's name is 1 to 63 lower-case letters, digits and hyphens, with no hyphen at an end"
            )));
        }
    }
    Ok(hosts.into_iter().map(|(host, site)| (host.to_lowercase(), site)).collect())
}

fn parsed_uri(text: &str) -> Option<http::Uri> {
    let uri: http::Uri = text.parse().ok()?;
    (uri.scheme().is_some() && uri.host().is_some()).then_some(uri)
}
