//! OpenTelemetry's conventions for gRPC servers. gRPC is HTTP too: the method stands in the path,
//! the status in the trailers, or in the headers of an answer without a body.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanRef;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;
use tracing::{Level, Span, info_span};

use crate::conventions::{Conventions, End, fail};
use crate::facts::Facts;
use crate::line::request_line;
use crate::metrics::Meters;
use crate::metrics::rpc::{MeasuredCall, RpcSeries};
use crate::names;

/// The conventions for gRPC, for the methods of a contract. Other methods have no spans: probes of
/// the health service would drown the rest, and what else is asked for may be a person's address.
#[derive(Clone)]
pub struct Grpc {
    /// By full names, as the conventions write them: `package.Service/Method`.
    methods: Arc<HashMap<Arc<str>, Arc<RpcSeries>>>,
    /// What nobody serves.
    other: Arc<RpcSeries>,
}

/// What a method is called that nobody serves.
const OTHER: &str = "_OTHER";

/// The services that tell whether a server is there, and what it can do.
const PROBES: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];

impl Grpc {
    /// The methods of all services in an encoded `google.protobuf.FileDescriptorSet`.
    pub fn of(descriptors: &[u8], meters: &Meters) -> Self {
        let described = FileDescriptorSet::decode(descriptors).unwrap_or_else(|error| {
            tracing::error!(%error, "gRPC calls have no spans: the descriptors can't be read");
            FileDescriptorSet::default()
        });
        let mut methods = Vec::new();
        for file in described.file {
            for service in &file.service {
                let service_name = format!("{}.{}", file.package(), service.name());
                let names = service.method.iter().map(prost_types::MethodDescriptorProto::name);
                methods.extend(names.map(|name| format!("{service_name}/{name}").into()));
            }
        }
        let other = RpcSeries::of(meters, OTHER.into());
        let by_name = |name: Arc<str>| (Arc::clone(&name), other.beside(name));
        Self { methods: Arc::new(methods.into_iter().map(by_name).collect()), other }
    }

    fn known(&self, uri: &Uri) -> Option<&Arc<RpcSeries>> {
        self.methods.get(uri.path().strip_prefix('/')?)
    }
}

impl Conventions for Grpc {
    type Outcome = Code;
    type Measured = MeasuredCall;

    fn span(&self, _: &Method, uri: &Uri) -> Option<Span> {
        let method = &**self.known(uri)?.name();
        Some(info_span!(
            parent: None,
            "gRPC",
            otel.kind = "server",
            otel.name = method,
            { names::RPC_SYSTEM_NAME } = "grpc",
            { names::RPC_METHOD } = method,
        ))
    }

    fn facts(&self, _: &Method, uri: &Uri) -> Facts {
        let route = self.known(uri).map(|series| Arc::clone(series.name()));
        Facts { route, is_probe: is_probe(uri), ..Facts::new() }
    }

    fn outcome(&self, end: End<'_>) -> Option<Code> {
        match end {
            End::Head(StatusCode::OK, headers) => code(headers),
            End::Head(_, headers) => Some(code(headers).unwrap_or(Code::Unknown)),
            End::Body(trailers) => Some(trailers.and_then(code).unwrap_or(Code::Unknown)),
            End::GivenUp => Some(Code::Cancelled),
            End::Panicked => Some(Code::Internal),
        }
    }

    /// Only where something went wrong: callers have the traces of their own, and an answer is small.
    fn tells_trace(&self, _: StatusCode, headers: &HeaderMap) -> bool {
        code(headers).is_some_and(|code| code != Code::Ok)
    }

    fn record(&self, span: &SpanRef<'_>, code: &Code) {
        let word = spelled(*code);
        span.set_attribute(KeyValue::new(names::RPC_RESPONSE_STATUS_CODE, word));
        if is_fault(*code) {
            fail(span, word);
        }
    }

    fn measured(&self, _: &Method, uri: &Uri) -> Option<MeasuredCall> {
        let known = self.known(uri);
        let series = known.or_else(|| (!is_probe(uri)).then_some(&self.other))?;
        Some(MeasuredCall::of(series))
    }

    fn count(&self, measured: &MeasuredCall, _: Option<&Facts>, code: &Code) {
        measured.end((*code as usize, spelled(*code)), is_fault(*code));
    }

    fn write(&self, facts: &Facts, code: &Code) {
        let word = spelled(*code);
        request_line!(level(*code, facts), {
            { names::RPC_SYSTEM_NAME } = "grpc",
            { names::RPC_METHOD } = facts.route.as_deref().unwrap_or(OTHER),
            { names::RPC_RESPONSE_STATUS_CODE } = word,
            { names::ERROR_TYPE } = is_fault(*code).then_some(word),
            provost.site = facts.site.as_deref(),
            provost.caller = facts.caller.as_deref(),
            provost.reasons = facts.reasons(),
            duration_ms = facts.milliseconds(),
        });
    }
}

/// Whether somebody asks if the server is there, or what it can do.
fn is_probe(uri: &Uri) -> bool {
    PROBES.iter().any(|probe| uri.path().starts_with(probe))
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|status| Code::from_bytes(status.as_bytes()))
}

/// As over HTTP: a warning is what an operator may have to do something about. Whoever calls a method
/// that is not served has made a mistake of their own.
fn level(code: Code, facts: &Facts) -> Level {
    let is_turned_away =
        matches!(code, Code::Unauthenticated | Code::PermissionDenied | Code::ResourceExhausted);
    let has_failed = is_fault(code) && code != Code::Unimplemented;
    if facts.is_probe {
        Level::DEBUG
    } else if facts.is_judged || is_turned_away || has_failed {
        Level::WARN
    } else {
        Level::INFO
    }
}

/// Whether an answer is the server's fault, as the conventions have it; the others are the
/// caller's.
const fn is_fault(code: Code) -> bool {
    match code {
        Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => false,
    }
}

/// As gRPC itself spells a code.
pub const fn spelled(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::{is_fault, level, spelled};
    use crate::facts::Facts;
    use tonic::Code;
    use tracing::Level;

    /// In the order of their numbers, as `google/rpc/code.proto` has them.
    #[test]
    fn codes_are_spelled_as_grpc_does() {
        let words = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        for (number, word) in (0..).zip(words) {
            assert_eq!(spelled(Code::from_i32(number)), word);
        }
    }

    #[test]
    fn what_the_server_is_to_blame_for_is_a_fault() {
        let faults = (0..17).map(Code::from_i32).filter(|code| is_fault(*code));
        let words: Vec<_> = faults.map(spelled).collect();
        let wanted = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        assert_eq!(words, wanted);
    }

    #[test]
    fn probes_are_told_of_only_to_whoever_wants_to_know_all() {
        let level =
            |code, is_probe, is_judged| level(code, &Facts { is_probe, is_judged, ..Facts::new() });
        assert_eq!(level(Code::Ok, true, false), Level::DEBUG);
        assert_eq!(level(Code::Unavailable, true, false), Level::DEBUG);
        for code in [Code::Ok, Code::NotFound, Code::FailedPrecondition, Code::Unimplemented] {
            assert_eq!(level(code, false, false), Level::INFO);
            assert_eq!(level(code, false, true), Level::WARN);
        }
        for code in [Code::Unauthenticated, Code::ResourceExhausted, Code::Unavailable] {
            assert_eq!(level(code, false, false), Level::WARN);
        }
    }
}
