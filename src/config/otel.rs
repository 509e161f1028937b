//! The variables that OpenTelemetry specifies for every program (`OTEL_*`), and what is in force of them
//! and of the settings: a setting that somebody has set, in whatever way, wins over a variable.
//!
//! What only the libraries look at is theirs to read: headers, timeouts, sizes of batches, attributes of
//! the resource. Must never show a value that may be a secret.

use std::path::PathBuf;
use std::time::Duration;

use provost_telemetry::Sampling;

use super::error::ConfigError;
use super::listing::SettingsListing;
use super::masked::masked;
use super::parsed::{self, OtlpProtocol};
use super::{TelemetryConfig, check, tls};
use crate::channel::Destination;
use crate::tls::{ClientTls, TlsFile, Trust};

/// What leaves a process, each by a way of its own if need be.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Its variables, the specific ones in front.
    endpoint: &'static str,
    protocol: &'static str,
    certificate: &'static str,
    timeout: &'static str,
    exporter: &'static str,
    /// Where it goes over HTTP, below the address of all.
    path: &'static str,
}

/// Spans.
const TRACES: Signal = Signal {
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    certificate: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    timeout: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    exporter: "OTEL_TRACES_EXPORTER",
    path: "/v1/traces",
};

/// Metrics.
const METRICS: Signal = Signal {
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    certificate: "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    timeout: "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    exporter: "OTEL_METRICS_EXPORTER",
    path: "/v1/metrics",
};

/// Lines of the log.
const LOGS: Signal = Signal {
    endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    certificate: "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    timeout: "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    exporter: "OTEL_LOGS_EXPORTER",
    path: "/v1/logs",
};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
/// As the specification has it where nobody says anything.
const USUAL_TIMEOUT: Duration = Duration::from_secs(10);
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// What is in force of OpenTelemetry.
#[derive(Debug, Clone)]
pub struct OpenTelemetryConfig {
    /// Where spans go; none: nowhere.
    pub traces: Option<OtlpDestination>,
    /// Where metrics go; none: nowhere. They can be read at the admin listener all the same.
    pub metrics: Option<OtlpDestination>,
    /// Where lines of the log go besides standard error; none: nowhere.
    pub logs: Option<OtlpDestination>,
    /// Which requests are sampled.
    pub sampling: Sampling,
    /// What `OTEL_SERVICE_NAME` says.
    pub service_name: Option<String>,
    /// Sentences about variables that say nothing that can be followed.
    pub ignored: Vec<String>,
}

/// Where a signal goes.
#[derive(Debug, Clone)]
pub struct OtlpDestination {
    /// Who takes it; over HTTP with the path.
    pub collector: Destination,
    /// How it is spoken to.
    pub protocol: OtlpProtocol,
    /// How long it may take for what it is sent at once.
    pub timeout: Duration,
}

impl Default for OpenTelemetryConfig {
    fn default() -> Self {
        Self {
            traces: None,
            metrics: None,
            logs: None,
            sampling: Sampling::Off,
            service_name: None,
            ignored: Vec::new(),
        }
    }
}

/// The settings and the variables beside them.
pub(super) struct Sources<'s> {
    pub settings: &'s TelemetryConfig,
    /// What `[log] otlp` says.
    pub sends_log: bool,
    pub listing: &'s SettingsListing,
    pub variables: &'s [(String, String)],
}

impl Sources<'_> {
    pub fn resolve(&self) -> Result<OpenTelemetryConfig, ConfigError> {
        let service_name = self.variable("OTEL_SERVICE_NAME").map(str::to_owned);
        let mut found = OpenTelemetryConfig { service_name, ..OpenTelemetryConfig::default() };
        // The specification knows no other word for yes.
        if self.variable("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true"))
        {
            return Ok(found);
        }
        found.traces = self.destination(TRACES, &mut found.ignored)?;
        found.metrics = self.destination(METRICS, &mut found.ignored)?;
        if found.traces.is_some() {
            found.sampling = self.sampling(&mut found.ignored);
        }
        if self.wants_log() {
            found.logs = self.destination(LOGS, &mut found.ignored)?;
            if found.logs.is_none() {
                let problem = "has nobody to send to: set telemetry.otlp_endpoint, too";
                return Err(if self.sends_log {
                    check::about_setting(self.listing, "log.otlp", problem)
                } else {
                    of_variable(LOGS.exporter, "otlp", problem)
                });
            }
        }
        Ok(found)
    }

    /// Unlike traces only where somebody asks for it: lines are on standard error already.
    fn wants_log(&self) -> bool {
        let said = || self.variable(LOGS.exporter);
        self.sends_log
            || !self.listing.is_set("log.otlp")
                && said().is_some_and(|word| word.eq_ignore_ascii_case("otlp"))
    }

    /// An empty variable is the same as none.
    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The first of these variables that says something, unless the setting does.
    fn unless_set<'n>(&self, setting: &str, names: [&'n str; 2]) -> Option<(&'n str, &str)> {
        if self.listing.is_set(setting) {
            return None;
        }
        names.into_iter().find_map(|name| Some((name, self.variable(name)?)))
    }

    fn destination(
        &self,
        signal: Signal,
        ignored: &mut Vec<String>,
    ) -> Result<Option<OtlpDestination>, ConfigError> {
        let protocol = self.protocol(signal)?;
        let variable = self.unless_set("telemetry.otlp_endpoint", [signal.endpoint, ENDPOINT]);
        let (text, is_own) = match variable {
            Some((name, text)) => {
                let exporter = self.variable(signal.exporter);
                if exporter.is_some_and(|word| word.eq_ignore_ascii_case("none")) {
                    return Ok(None);
                }
                (text, name == signal.endpoint)
            }
            None if self.settings.otlp_endpoint.is_empty() => return Ok(None),
            None => (self.settings.otlp_endpoint.as_str(), false),
        };
        // The address of one signal is taken as it is.
        let path = if protocol == OtlpProtocol::Grpc || is_own { "" } else { signal.path };
        let Some(address) = parsed::collector(&format!("{}{path}", text.trim_end_matches('/')))
        else {
            return Err(match variable {
                Some((name, text)) => of_variable(name, text, parsed::NO_COLLECTOR),
                None => check::about_setting(
                    self.listing,
                    "telemetry.otlp_endpoint",
                    parsed::NO_COLLECTOR,
                ),
            });
        };
        let tls = (address.scheme_str() == Some("https")).then(|| ClientTls {
            trust: self.authority(signal).map_or(Trust::EveryAuthority, Trust::Authority),
            identity: None,
            protocol: if protocol == OtlpProtocol::Grpc { "h2" } else { "http/1.1" },
        });
        let timeout = self.timeout(signal, ignored);
        Ok(Some(OtlpDestination { collector: Destination { address, tls }, protocol, timeout }))
    }

    fn timeout(&self, signal: Signal, ignored: &mut Vec<String>) -> Duration {
        for name in [signal.timeout, TIMEOUT] {
            match self.variable(name).map(str::parse::<u64>) {
                Some(Ok(milliseconds)) if milliseconds > 0 => {
                    return Duration::from_millis(milliseconds);
                }
                Some(_) => {
                    let sentence = format!(
                        "{name} is no number of milliseconds, from 1 on: it does not count"
                    );
                    if !ignored.contains(&sentence) {
                        ignored.push(sentence);
                    }
                }
                None => {}
            }
        }
        USUAL_TIMEOUT
    }

    fn protocol(&self, signal: Signal) -> Result<OtlpProtocol, ConfigError> {
        match self.unless_set("telemetry.otlp_protocol", [signal.protocol, PROTOCOL]) {
            None => Ok(self.settings.otlp_protocol),
            Some((name, word)) => OtlpProtocol::named(word)
                .ok_or_else(|| of_variable(name, word, parsed::NO_OTLP_PROTOCOL)),
        }
    }

    fn authority(&self, signal: Signal) -> Option<TlsFile> {
        match self.unless_set("telemetry.otlp_tls_ca", [signal.certificate, CERTIFICATE]) {
            Some((name, path)) => {
                // The sentence about a file names what named it, for which there are these two.
                let setting = if name == CERTIFICATE { CERTIFICATE } else { signal.certificate };
                Some(TlsFile { setting, path: PathBuf::from(path) })
            }
            None => tls::file("telemetry.otlp_tls_ca", self.settings.otlp_tls_ca.as_ref()),
        }
    }

    fn sampling(&self, ignored: &mut Vec<String>) -> Sampling {
        let usual = Sampling::ParentBased(self.settings.sample_ratio);
        let Some((_, word)) = self.unless_set("telemetry.sample_ratio", [SAMPLER, SAMPLER]) else {
            return usual;
        };
        let mut ratio = || match self.variable(SAMPLER_ARGUMENT).map(str::parse::<f64>) {
            Some(Ok(ratio)) if (0.0..=1.0).contains(&ratio) => ratio,
            None => 1.0,
            Some(_) => {
                ignored
                    .push(format!("{SAMPLER_ARGUMENT} is not a share from 0.0 to 1.0: 1.0 counts"));
                1.0
            }
        };
        match word {
            "always_on" => Sampling::TraceIdRatio(1.0),
            "always_off" => Sampling::TraceIdRatio(0.0),
            "traceidratio" => Sampling::TraceIdRatio(ratio()),
            "parentbased_always_on" => Sampling::ParentBased(1.0),
            "parentbased_always_off" => Sampling::ParentBased(0.0),
            "parentbased_traceidratio" => Sampling::ParentBased(ratio()),
            _ => {
                ignored.push(format!(
                    "{SAMPLER} names no sampler that is known here: telemetry.sample_ratio counts"
                ));
                usual
            }
        }
    }
}

fn of_variable(name: &str, value: &str, problem: &str) -> ConfigError {
    ConfigError::new(name, &format!("\"{}\"", masked(value)), "the environment", problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Inputs};

    const SETTING: &str = "PROVOST_TELEMETRY__OTLP_ENDPOINT";

    fn loaded(variables: &[(&str, &str)]) -> Result<OpenTelemetryConfig, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let inputs = Inputs { variables: variables.collect(), ..Inputs::default() };
        let loaded = Config::load(&inputs).map_err(|error| error.to_string());
        loaded.map(|(config, _)| config.telemetry.in_force)
    }

    /// Where spans go, and how.
    fn traces(variables: &[(&str, &str)]) -> Option<(String, OtlpProtocol)> {
        let OtlpDestination { collector, protocol, timeout: _ } =
            loaded(variables).unwrap().traces?;
        Some((collector.address.to_string(), protocol))
    }

    #[test]
    fn an_address_is_that_of_the_setting_then_of_the_signal_then_of_all() {
        use OtlpProtocol::{Grpc, HttpProtobuf};
        let all = (ENDPOINT, "http://all:4317");
        let own = (TRACES.endpoint, "http://own:4317/spans");
        let http = (PROTOCOL, "http/protobuf");
        let set = (SETTING, "http://set:4317/");
        let none = (TRACES.exporter, "none");
        let is = |variables: &[_], wanted: Option<(&str, _)>| {
            let wanted = wanted.map(|(address, protocol)| (address.to_owned(), protocol));
            assert_eq!(traces(variables), wanted, "{variables:?}");
        };
        is(&[], None);
        is(&[(ENDPOINT, "")], None);
        is(&[all], Some(("http://all:4317/", Grpc)));
        is(&[all, own], Some(("http://own:4317/spans", Grpc)));
        is(&[all, http], Some(("http://all:4317/v1/traces", HttpProtobuf)));
        is(&[all, own, http], Some(("http://own:4317/spans", HttpProtobuf)));
        is(&[all, http, (TRACES.protocol, "grpc")], Some(("http://all:4317/", Grpc)));
        is(&[all, own, set], Some(("http://set:4317/", Grpc)));
        is(&[all, set, http], Some(("http://set:4317/v1/traces", HttpProtobuf)));
        let grpc = ("PROVOST_TELEMETRY__OTLP_PROTOCOL", "grpc");
        is(&[all, http, grpc], Some(("http://all:4317/", Grpc)));
        is(&[all, (SETTING, "")], None);
        is(&[all, none], None);
        is(&[set, none], Some(("http://set:4317/", Grpc)));
        is(&[all, set, ("OTEL_SDK_DISABLED", "True")], None);
        is(&[all, ("OTEL_SDK_DISABLED", "1")], Some(("http://all:4317/", Grpc)));
    }

    #[test]
    fn metrics_go_where_traces_do_unless_they_have_an_address_of_their_own() {
        let metrics = |variables: &[_]| {
            let OtlpDestination { collector, .. } = loaded(variables).unwrap().metrics?;
            Some(collector.address.to_string())
        };
        let (all, http) = ((ENDPOINT, "http://all:4318"), (PROTOCOL, "http/protobuf"));
        assert_eq!(metrics(&[]), None);
        assert_eq!(metrics(&[all, http]).unwrap(), "http://all:4318/v1/metrics");
        assert_eq!(metrics(&[all, (METRICS.endpoint, "http://own:1")]).unwrap(), "http://own:1/");
        assert_eq!(metrics(&[all, (METRICS.exporter, "none")]), None);
        assert_eq!(metrics(&[all, (TRACES.exporter, "none")]).unwrap(), "http://all:4318/");
    }

    #[test]
    fn what_cant_be_set_up_stops_the_start() {
        for (variable, sentence) in [
            (
                (ENDPOINT, "collector:4317"),
                "OTEL_EXPORTER_OTLP_ENDPOINT = \"collector:4317\", set by the environment, is not the address of a collector: \
                 write it as in http://127.0.0.1:4317, or leave it empty.",
            ),
            ((ENDPOINT, "ftp://me:s3cret@collector"), "\"ftp://me:***@collector\""),
            ((SETTING, "grpc://collector"), "telemetry.otlp_endpoint = \"grpc://collector\""),
            ((PROTOCOL, "http/json"), "is not a protocol that is spoken: write \"grpc\" or"),
        ] {
            let stopped = loaded(&[variable]).unwrap_err();
            assert!(stopped.contains(sentence), "{stopped}");
        }
    }

    #[test]
    fn a_sampler_is_that_of_the_setting_or_of_the_variables() {
        let sampling = |variables: &[(&'static str, &'static str)]| {
            let mut variables = variables.to_vec();
            variables.push((ENDPOINT, "http://all"));
            let found = loaded(&variables).unwrap();
            (found.sampling, found.ignored.len())
        };
        let argument = (SAMPLER_ARGUMENT, "0.25");
        for (word, wanted) in [
            ("always_on", Sampling::TraceIdRatio(1.0)),
            ("always_off", Sampling::TraceIdRatio(0.0)),
            ("traceidratio", Sampling::TraceIdRatio(0.25)),
            ("parentbased_always_on", Sampling::ParentBased(1.0)),
            ("parentbased_always_off", Sampling::ParentBased(0.0)),
            ("parentbased_traceidratio", Sampling::ParentBased(0.25)),
        ] {
            assert_eq!(sampling(&[(SAMPLER, word), argument]), (wanted, 0), "{word}");
        }
        let usual = Sampling::ParentBased(1.0);
        assert_eq!(sampling(&[argument]), (usual, 0));
        assert_eq!(sampling(&[(SAMPLER, "jaeger_remote")]), (usual, 1));
        let wrong = [(SAMPLER, "traceidratio"), (SAMPLER_ARGUMENT, "some")];
        assert_eq!(sampling(&wrong), (Sampling::TraceIdRatio(1.0), 1));
        let set = ("PROVOST_TELEMETRY__SAMPLE_RATIO", "0.5");
        assert_eq!(sampling(&[(SAMPLER, "always_off"), set]), (Sampling::ParentBased(0.5), 0));
        assert_eq!(loaded(&[(SAMPLER, "always_on")]).unwrap().sampling, Sampling::Off);
    }

    #[test]
    fn a_collector_may_take_as_long_as_is_said_of_its_signal_then_of_all() {
        let all = (ENDPOINT, "http://all:4317");
        let is = |variables: &[_], traces: u64, metrics: u64, ignored: usize| {
            let variables = [&[all][..], variables].concat();
            let found = loaded(&variables).unwrap();
            let times = [found.traces, found.metrics].map(|to| to.unwrap().timeout.as_millis());
            assert_eq!(times, [traces.into(), metrics.into()], "{variables:?}");
            assert_eq!(found.ignored.len(), ignored, "{:?}", found.ignored);
        };
        is(&[], 10_000, 10_000, 0);
        is(&[(TIMEOUT, "25000")], 25_000, 25_000, 0);
        is(&[(TIMEOUT, "25000"), (TRACES.timeout, "30")], 30, 25_000, 0);
        is(&[(TIMEOUT, "soon"), (METRICS.timeout, "0")], 10_000, 10_000, 2);
    }

    #[test]
    fn the_log_is_sent_where_somebody_asks_for_it() {
        let all = (ENDPOINT, "http://all:4317");
        let own = (LOGS.endpoint, "http://own:4317");
        let is = |variables: &[_], wanted: Option<&str>| {
            let found = loaded(variables).unwrap().logs;
            let found = found.map(|found| found.collector.address.to_string());
            assert_eq!(found.as_deref(), wanted, "{variables:?}");
        };
        let (set, unset) = (("PROVOST_LOG__OTLP", "true"), ("PROVOST_LOG__OTLP", "false"));
        let asked = (LOGS.exporter, "otlp");
        is(&[all], None);
        is(&[all, set], Some("http://all:4317/"));
        is(&[all, own, asked], Some("http://own:4317/"));
        is(&[all, asked, unset], None);
        is(&[all, set, ("OTEL_SDK_DISABLED", "true")], None);
        for (variable, named) in
            [(set, "log.otlp = \"true\""), (asked, "OTEL_LOGS_EXPORTER = \"otlp\"")]
        {
            let stopped = loaded(&[variable]).unwrap_err();
            assert!(
                stopped.contains(named) && stopped.contains("has nobody to send to"),
                "{stopped}"
            );
        }
    }

    #[test]
    fn an_authority_is_that_of_the_setting_then_of_the_signal_then_of_all() {
        let mut variables = vec![(ENDPOINT, "https://collector")];
        let trusted = |variables: &[_]| {
            let tls = loaded(variables).unwrap().traces.unwrap().collector.tls.unwrap();
            assert_eq!(tls.protocol, "h2");
            match tls.trust {
                Trust::Authority(file) => Some((file.setting, file.path.display().to_string())),
                Trust::EveryAuthority | Trust::ReadAuthorities(_) | Trust::Certificate(_) => None,
            }
        };
        assert_eq!(trusted(&variables), None);
        for (name, setting) in [
            (CERTIFICATE, CERTIFICATE),
            (TRACES.certificate, TRACES.certificate),
            ("PROVOST_TELEMETRY__OTLP_TLS_CA", "telemetry.otlp_tls_ca"),
        ] {
            variables.push((name, name));
            assert_eq!(trusted(&variables), Some((setting, name.to_owned())));
        }
    }
}
