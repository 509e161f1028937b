//! What ends a run without success: one sentence for the person, one exit code for the script.
//!
//! Must never show a secret.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use provost_proto::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::channel::UnsendableToken;
use crate::config::ConfigError;
use crate::doctor::DoctorError;
use crate::harmless;
use crate::identity_providers::ProvidersError;
use crate::tls::{DialError, TlsError};

/// `EX_USAGE` of `sysexits.h`: the command line or the configuration is wrong.
pub const EXIT_USAGE: u8 = 64;
/// `EX_UNAVAILABLE` of `sysexits.h`: the core can't be reached.
const EXIT_UNAVAILABLE: u8 = 69;

/// The doctor couldn't do its work, which is neither health nor a finding.
const EXIT_UNEXAMINED: u8 = 2;

/// The reason why a run ended without success.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration is wrong.
    #[error("{0}")]
    Configuration(#[from] ConfigError),
    /// An argument is wrong in a way that the parser can't see.
    #[error("{0}")]
    Usage(String),
    /// The operator token can't be sent.
    #[error("{0}")]
    Token(#[from] UnsendableToken),
    /// A file of TLS can't be used.
    #[error("{0}.")]
    Tls(#[from] TlsError),
    /// The file of identity providers can't be used.
    #[error(
        "The identity providers of the console can't be used: {0}. Correct the file that [console] identity_providers names."
    )]
    IdentityProviders(#[from] ProvidersError),
    /// Nothing can be sent to the collector.
    #[error(
        "Nothing can be sent by OTLP ({0}): correct [telemetry], or the OTEL_EXPORTER_OTLP_* variables."
    )]
    Exporter(String),
    /// An address can't be listened on.
    #[error("The {what} address {address} can't be used ({source}): {}.", remedy(source, flag))]
    Listen {
        /// `SCIM`, `gRPC` or `admin`.
        what: &'static str,
        /// The address.
        address: std::net::SocketAddr,
        /// The flag that changes it.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The data folder or a file in it can't be used.
    #[error("{path} can't be used ({source}): let the account that runs provost own it, or name another folder with --data-dir.", path = path.display())]
    DataFolder {
        /// What can't be used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of the operator token doesn't keep a secret.
    #[error("{path} can't be the operator token ({problem}): {remedy}.", path = path.display())]
    OperatorFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// The file of the key of tokens holds no key, or doesn't keep it secret.
    #[error("{path} can't be the key of [tokens] key_file ({problem}): {remedy}.", path = path.display())]
    TokenKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// The operator token can't be read.
    #[error("The operator token can't be read from {path} ({source}): it is made where the core runs first, so name its file with --token-file or set PROVOST_OPERATOR_TOKEN.", path = path.display())]
    OperatorToken {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database can't be opened.
    #[error("{0}")]
    Database(#[from] provost_core::OpenError),
    /// The core refused.
    #[error("{message}{}", bracketed(reason.as_deref()))]
    Refused {
        /// The core's sentence.
        message: String,
        /// The reason, as published.
        reason: Option<String>,
    },
    /// Nobody answers at the core's address.
    #[error(
        "No core answers at {address} ({detail}): start one with `provost serve`, or say where it is with --address or PROVOST_CORE__ADDRESS."
    )]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        detail: String,
    },
    /// The core's address is dialled over TLS, and that fails.
    #[error(
        "The core at {address} can't be spoken to ({detail}): name the authority that signed its certificate with PROVOST_CORE__TLS_CA, dial it by a name of its certificate, and where it speaks in clear, over http://."
    )]
    Untrusted {
        /// Where it was looked for.
        address: String,
        /// What went wrong.
        detail: String,
    },
    /// Somebody else answers at the core's address.
    #[error(
        "What answers at {address} is no core of this version ({detail}): say where the core serves gRPC, which is another port than that of SCIM, with --address or PROVOST_CORE__ADDRESS."
    )]
    NotACore {
        /// What was asked.
        address: String,
        /// What it answered.
        detail: String,
    },
    /// The doctor can't examine anything.
    #[error("{0}")]
    Doctor(#[from] DoctorError),
    /// The doctor found something.
    #[error("An identity provider would trip over this: {0}.")]
    Findings(String),
    /// Metrics can't be collected.
    #[error("Metrics can't be collected: {0}.")]
    Metrics(String),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A listener ended by itself.
    #[error("The gRPC listener ended: {0}.")]
    Grpc(#[from] tonic::transport::Error),
}

impl RunError {
    /// What the core, or the way to it, answered instead of success.
    pub fn answered(status: &Status, address: &str) -> Self {
        let reason = status.get_details_error_info().map(|info| info.reason);
        let never_arrived =
            matches!(status.code(), Code::Unavailable | Code::Cancelled | Code::DeadlineExceeded);
        if let Some(error @ DialError::Untrusted(_)) = dial_error(status) {
            return Self::Untrusted { address: address.to_owned(), detail: error.to_string() };
        }
        if reason.is_none() && never_arrived {
            return Self::Unreachable { address: address.to_owned(), detail: innermost(status) };
        }
        if reason.is_none() {
            let detail = match status.message() {
                "" => status.code().to_string(),
                message => message.to_owned(),
            };
            return Self::NotACore { address: address.to_owned(), detail };
        }
        Self::Refused { message: status.message().to_owned(), reason }
    }

    /// A refusal for this reason in words that name what the person typed.
    #[must_use]
    pub fn said_as(self, expected: ErrorReason, message: String) -> Self {
        match self {
            Self::Refused { reason: Some(reason), .. } if reason == expected.name() => {
                Self::Refused { message, reason: Some(reason) }
            }
            other => other,
        }
    }

    /// Prints the sentence and answers the exit code.
    pub fn report(&self) -> ExitCode {
        eprintln!("error: {}", harmless::in_lines(&self.to_string()));
        ExitCode::from(self.exit_code())
    }

    /// The exit code, of `sysexits.h` where it has a word for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_)
            | Self::Usage(_)
            | Self::Token(_)
            | Self::Tls(_)
            | Self::IdentityProviders(_)
            | Self::Exporter(_) => EXIT_USAGE,
            Self::Unreachable { .. } | Self::Untrusted { .. } | Self::NotACore { .. } => {
                EXIT_UNAVAILABLE
            }
            Self::Doctor(_) => EXIT_UNEXAMINED,
            Self::Listen { .. }
            | Self::DataFolder { .. }
            | Self::OperatorFile { .. }
            | Self::TokenKeyFile { .. }
            | Self::OperatorToken { .. }
            | Self::Database(_)
            | Self::Refused { .. }
            | Self::Findings(_)
            | Self::Metrics(_)
            | Self::Io(_)
            | Self::Grpc(_) => 1,
        }
    }
}

/// What helps where an address can't be listened on.
fn remedy(source: &io::Error, flag: &str) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            format!("stop what is listening there, or choose another one with {flag}")
        }
        io::ErrorKind::AddrNotAvailable => format!(
            "it is not an address of this machine; choose one that is with {flag}, or 0.0.0.0 for all of them"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("ports below 1024 need a privilege; choose a higher one with {flag}")
        }
        _ => format!("choose another one with {flag}"),
    }
}

fn bracketed(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" [{reason}]"))
}

/// Why TLS failed, where that is the cause.
fn dial_error(status: &Status) -> Option<&DialError> {
    let mut cause: &dyn std::error::Error = status;
    loop {
        cause = cause.source()?;
        if let Some(found) = cause.downcast_ref::<DialError>() {
            return Some(found);
        }
    }
}

/// The system's own words at the end of the chain say more than "transport error".
fn innermost(status: &Status) -> String {
    let mut cause: &dyn std::error::Error = status;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if std::ptr::addr_eq(cause, status) {
        return status.message().to_owned();
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use tonic_types::{ErrorDetails, StatusExt as _};

    use super::{Code, RunError, Status};

    #[test]
    fn a_refusal_ends_with_its_reason() {
        let mut details = ErrorDetails::new();
        details.set_error_info(
            "USER_NOT_FOUND",
            provost_proto::ERROR_DOMAIN,
            std::collections::HashMap::new(),
        );
        let status = Status::with_error_details(Code::NotFound, "no such user", details);
        let failure = RunError::answered(&status, "http://core");
        assert_eq!(failure.to_string(), "no such user [USER_NOT_FOUND]");
        assert_eq!(failure.exit_code(), 1);
    }

    #[test]
    fn a_core_that_is_not_there_has_its_own_exit_code() {
        let failure =
            RunError::answered(&Status::unavailable("connection refused"), "http://core:1");
        assert_eq!(failure.exit_code(), 69);
        let sentence = failure.to_string();
        assert!(
            sentence.starts_with("No core answers at http://core:1 (connection refused):"),
            "{sentence}"
        );
    }

    #[test]
    fn who_gives_no_reason_is_no_core() {
        let failure = RunError::answered(&Status::internal("http2 error"), "http://web:80");
        assert_eq!(failure.exit_code(), 69);
        let sentence = failure.to_string();
        assert!(
            sentence.starts_with(
                "What answers at http://web:80 is no core of this version (http2 error):"
            ),
            "{sentence}"
        );
    }

    #[test]
    fn an_address_that_cant_be_used_has_a_remedy_for_its_cause() {
        for (kind, expected) in [
            (ErrorKind::AddrInUse, "stop what is listening there"),
            (ErrorKind::AddrNotAvailable, "not an address of this machine"),
            (ErrorKind::PermissionDenied, "below 1024"),
            (ErrorKind::Other, "choose another one with --http-listen"),
        ] {
            let address = "192.0.2.1:80".parse().unwrap();
            let source = kind.into();
            let failure = RunError::Listen { what: "SCIM", address, flag: "--http-listen", source };
            assert!(failure.to_string().contains(expected), "{failure}");
        }
    }

    #[test]
    fn a_busy_database_is_a_refusal_of_a_core_that_answers() {
        let mut details = ErrorDetails::new();
        details.set_error_info(
            "STORE_UNAVAILABLE",
            provost_proto::ERROR_DOMAIN,
            std::collections::HashMap::new(),
        );
        let status = Status::with_error_details(Code::Unavailable, "busy", details);
        assert_eq!(RunError::answered(&status, "http://core").exit_code(), 1);
    }
}
