//! What is in force: the embedded defaults, a TOML file, `PROVOST_*` variables and flags, in
//! this order, each over the one before.
//!
//! Owns the names of settings and the sentences about wrong ones. Must never know what a setting
//! does: libraries receive finished settings, and only the caretaker reads this.

mod check;
mod error;
mod layer;
mod listing;
mod masked;
mod otel;
mod parsed;
mod tls;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use error::ConfigError;
pub use layer::Flag;
pub use listing::{Setting, SettingsListing};
pub use otel::{OpenTelemetryConfig, OtlpDestination};
pub use parsed::{LogFormat, NO_LOG_LEVEL, OtlpProtocol, is_log_level};

use crate::mode::Mode;
use layer::Layer;

/// The reference of all settings.
pub const DEFAULT: &str = include_str!("config/default.toml");

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "provost.toml";

/// The settings of a process, parsed: no value in here is wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder for the SQLite database and the operator token.
    #[serde(deserialize_with = "parsed::folder")]
    pub data_dir: PathBuf,
    /// Where users are stored.
    pub database: DatabaseConfig,
    /// The SCIM listener.
    pub http: HttpConfig,
    /// The gRPC listener.
    pub grpc: GrpcConfig,
    /// The pages in the browser.
    pub console: ConsoleConfig,
    /// The listener for whoever runs the service.
    pub admin: AdminConfig,
    /// How the core is reached.
    pub core: CoreConfig,
    /// Tokens of identity providers.
    pub tokens: TokensConfig,
    /// Logs.
    pub log: LogConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// The end.
    pub shutdown: ShutdownConfig,
}

/// The database.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Empty: SQLite in the data folder.
    #[serde(deserialize_with = "parsed::database_url")]
    pub url: String,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = masked::masked(&self.url);
        f.debug_struct("DatabaseConfig").field("url", &url).finish()
    }
}

/// The SCIM listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Where to listen.
    #[serde(deserialize_with = "parsed::listen")]
    pub listen: SocketAddr,
    /// What identity providers type in front of the path; empty: the listen address.
    #[serde(deserialize_with = "parsed::public_url")]
    pub public_url: String,
    /// The certificate by which it is served over TLS; none: in clear.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_key: Option<PathBuf>,
    /// The largest body that is read.
    #[serde(deserialize_with = "parsed::size")]
    pub body_limit_bytes: usize,
    /// How many proxies stand in front, which say from where they were asked.
    pub trusted_hops: usize,
    /// Which site a host name stands for.
    #[serde(deserialize_with = "parsed::hosts")]
    pub hosts: BTreeMap<String, String>,
}

/// The gRPC listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcConfig {
    /// Where to listen.
    #[serde(deserialize_with = "parsed::listen")]
    pub listen: SocketAddr,
    /// The certificate by which it is served over TLS; none: in clear.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_key: Option<PathBuf>,
    /// The authorities that sign the certificates of services; none: no service shows one.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_client_ca: Option<PathBuf>,
}

/// The pages in the browser.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Where to listen; none: there are no pages.
    #[serde(deserialize_with = "parsed::console_listen")]
    pub listen: Option<SocketAddr>,
    /// The certificate by which they are served over TLS; none: in clear.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_key: Option<PathBuf>,
    /// How many proxies stand in front, which say from where they were asked.
    pub trusted_hops: usize,
    /// What people type to open them; empty: the listen address.
    #[serde(deserialize_with = "parsed::console_url")]
    pub public_url: String,
    /// The identity providers by which Admins sign in; none: the operator alone does.
    #[serde(deserialize_with = "parsed::file")]
    pub identity_providers: Option<PathBuf>,
}

/// The listener for whoever runs the service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// Where to listen; none: where [`Config::admin_listen`] says.
    #[serde(deserialize_with = "parsed::listen_or_default")]
    pub listen: Option<SocketAddr>,
    /// Of how many sites, connections and consumers each has numbers of its own.
    #[serde(deserialize_with = "parsed::told_apart")]
    pub told_apart: usize,
}

/// The way to the core.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreConfig {
    /// Its address; none: where `[grpc] listen` says.
    #[serde(deserialize_with = "parsed::core_address")]
    pub address: Option<http::Uri>,
    /// The authorities that sign its certificate; none: those that everybody knows.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_ca: Option<PathBuf>,
    /// The certificate that is shown to it; none: none is.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_certificate: Option<PathBuf>,
    /// The key of the certificate.
    #[serde(deserialize_with = "parsed::file")]
    pub tls_key: Option<PathBuf>,
    /// The deadline of each call.
    #[serde(rename = "timeout_ms", deserialize_with = "parsed::milliseconds")]
    pub timeout: Duration,
}

/// Tokens of identity providers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensConfig {
    /// The file with the key under which values are kept that may be shown again; none: none are kept.
    #[serde(deserialize_with = "parsed::file")]
    pub key_file: Option<PathBuf>,
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// For people or for machines.
    #[serde(deserialize_with = "parsed::log_format")]
    pub format: LogFormat,
    /// What is logged, as directives of `tracing_subscriber::EnvFilter`.
    #[serde(deserialize_with = "parsed::log_level")]
    pub level: String,
    /// Whether lines go to the collector of `[telemetry]` as well.
    pub otlp: bool,
}

/// Traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Where traces go; empty: where the variables of OpenTelemetry say.
    pub otlp_endpoint: String,
    /// How it is spoken to.
    #[serde(deserialize_with = "parsed::otlp_protocol")]
    pub otlp_protocol: OtlpProtocol,
    /// The authorities that sign its certificate; none: those that everybody knows.
    #[serde(deserialize_with = "parsed::file")]
    pub otlp_tls_ca: Option<PathBuf>,
    /// The share of new traces that is sent.
    #[serde(deserialize_with = "parsed::ratio")]
    pub sample_ratio: f64,
    /// What these and the variables of OpenTelemetry come to.
    #[serde(skip)]
    pub in_force: OpenTelemetryConfig,
}

/// The end of a process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShutdownConfig {
    /// How long requests in flight may still take.
    #[serde(rename = "grace_seconds", deserialize_with = "parsed::seconds")]
    pub grace: Duration,
    /// How long requests are taken after readiness has fallen.
    #[serde(rename = "pause_seconds", deserialize_with = "parsed::seconds")]
    pub pause: Duration,
}

/// The sources of settings besides the embedded defaults.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The file named with `--config`.
    pub file: Option<PathBuf>,
    /// The folder in which `provost.toml` is looked for; none: it is not.
    pub folder: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// What was set by flags.
    pub flags: Vec<Flag>,
}

impl Config {
    /// The defaults, as if nothing had been set.
    pub fn embedded() -> Result<Self, ConfigError> {
        Self::load(&Inputs::default()).map(|(config, _)| config)
    }

    /// Reads all layers and parses what is in force.
    pub fn load(inputs: &Inputs) -> Result<(Self, SettingsListing), ConfigError> {
        let defaults = Layer::toml(DEFAULT, listing::DEFAULTS)?;
        let mut layers = vec![defaults.clone()];
        let file = named_file(inputs);
        if let Some(path) = &file {
            layers.push(Layer::file(path)?);
        }
        layers.push(Layer::variables(&inputs.variables));
        layers.push(Layer::flags(&inputs.flags));
        for layer in &layers {
            check::refuse_unknown(layer, &defaults)?;
        }
        let listing = SettingsListing::new(&layers, file);
        let mut config: Self = layer::merge(layers)
            .and_then(config::Config::try_deserialize)
            .map_err(|error| check::of_serde(&error, &listing, &defaults))?;
        config.refuse_shared_ports(&listing)?;
        config.refuse_half_of_tls(&listing)?;
        let sources = otel::Sources {
            settings: &config.telemetry,
            sends_log: config.log.otlp,
            listing: &listing,
            variables: &inputs.variables,
        };
        config.telemetry.in_force = sources.resolve()?;
        Ok((config, listing))
    }

    /// The database in force.
    pub fn database_url(&self) -> String {
        if !self.database.url.is_empty() {
            return self.database.url.clone();
        }
        let path = self.data_dir.join("provost.db").display().to_string();
        // What would end the path of a URL or be taken for an escape is escaped itself.
        let path = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        format!("sqlite://{path}")
    }

    /// The same, fit to be shown.
    pub fn masked_database_url(&self) -> String {
        masked::masked(&self.database_url())
    }

    /// Where the core is, as far as the settings say.
    pub fn core_address(&self) -> http::Uri {
        let tls = self.grpc.tls_certificate.is_some();
        self.core.address.clone().unwrap_or_else(|| core_at(self.grpc.listen, tls))
    }

    /// The operator token's file.
    pub fn operator_token_file(&self) -> PathBuf {
        self.data_dir.join("operator.token")
    }

    /// Where a process is asked about its health. All parts of a service fit on one machine.
    pub fn admin_listen(&self, mode: Mode) -> SocketAddr {
        let port = match mode {
            Mode::AllInOne | Mode::Core => 9464,
            Mode::Gateway => 9465,
            Mode::Console => 9466,
        };
        self.admin.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    fn refuse_shared_ports(&self, listing: &SettingsListing) -> Result<(), ConfigError> {
        let (http, grpc) = (self.http.listen, self.grpc.listen);
        let console = self.console.listen.map(|address| ("console.listen", address));
        let admin = self.admin.listen.map(|address| ("admin.listen", address));
        let mut taken = vec![("http.listen", http)];
        for other in [Some(("grpc.listen", grpc)), console, admin].into_iter().flatten() {
            taken.iter().try_for_each(|taken| refuse_shared_port(listing, *taken, other))?;
            taken.push(other);
        }
        Ok(())
    }
}

fn refuse_shared_port(
    listing: &SettingsListing,
    (name, taken): (&str, SocketAddr),
    (other, address): (&str, SocketAddr),
) -> Result<(), ConfigError> {
    let overlap =
        taken.ip() == address.ip() || taken.ip().is_unspecified() || address.ip().is_unspecified();
    // Port 0 asks for any free port, so two of them never meet.
    if taken.port() == 0 || taken.port() != address.port() || !overlap {
        return Ok(());
    }
    let problem =
        format!("is the port of {name}, {taken}, too: give each listener a port of its own");
    Err(check::about_setting(listing, other, &problem))
}

/// The address to dial for a core that listens there.
pub fn core_at(listen: SocketAddr, tls: bool) -> http::Uri {
    let scheme = if tls { "https" } else { "http" };
    let uri = format!("{scheme}://{}", reachable(listen)).parse();
    // IP address and port are an authority whatever they are.
    uri.unwrap_or_default()
}

/// An address to type: nobody can dial "every interface".
pub fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let local: IpAddr = match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        address.set_ip(local);
    }
    address
}

/// `--config`, else `PROVOST_CONFIG`, else `provost.toml` where there is one.
fn named_file(inputs: &Inputs) -> Option<PathBuf> {
    let variable = || {
        let found = inputs.variables.iter().find(|(name, _)| name == "PROVOST_CONFIG");
        found.map(|(_, path)| PathBuf::from(path))
    };
    let beside = || {
        let path = inputs.folder.as_ref()?.join(DEFAULT_FILE);
        path.is_file().then_some(path)
    };
    inputs.file.clone().or_else(variable).or_else(beside)
}

#[cfg(test)]
mod tests;
