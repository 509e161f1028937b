//! OpenTelemetry's conventions for gRPC servers. gRPC is HTTP too: the method stands in the path,
//! the status in the trailers, or in the headers of an answer without a body.

use std::collections::HashSet;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, Uri};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanRef;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;
use tracing::{Span, info_span};

use crate::conventions::{Conventions, fail};

/// The conventions for gRPC, for the methods of a contract. Other methods have no spans: probes of
/// the health service would drown the rest, and what else is asked for may be a person's address.
#[derive(Debug, Clone)]
pub struct Grpc {
    /// Full names, as the conventions write them: `package.Service/Method`.
    methods: Arc<HashSet<String>>,
}

impl Grpc {
    /// The methods of all services in an encoded `google.protobuf.FileDescriptorSet`.
    pub fn of(descriptors: &[u8]) -> Self {
        let described = FileDescriptorSet::decode(descriptors).unwrap_or_else(|error| {
            tracing::error!(%error, "gRPC calls have no spans: the descriptors can't be read");
            FileDescriptorSet::default()
        });
        let mut methods = HashSet::new();
        for file in described.file {
            for service in &file.service {
                let service_name = format!("{}.{}", file.package(), service.name());
                let names = service.method.iter().map(prost_types::MethodDescriptorProto::name);
                methods.extend(names.map(|name| format!("{service_name}/{name}")));
            }
        }
        Self { methods: Arc::new(methods) }
    }
}

impl Conventions for Grpc {
    fn span(&self, _: &Method, uri: &Uri) -> Option<Span> {
        let method = self.methods.get(uri.path().strip_prefix('/')?)?.as_str();
        Some(info_span!(
            parent: None,
            "gRPC",
            otel.kind = "server",
            otel.name = method,
            rpc.system.name = "grpc",
            rpc.method = method,
        ))
    }

    fn record_head(&self, span: &SpanRef<'_>, status: StatusCode, headers: &HeaderMap) -> bool {
        match code(headers) {
            Some(code) => record(span, code),
            None if status != StatusCode::OK => record(span, Code::Unknown),
            None => return false,
        }
        true
    }

    fn record_end(&self, span: &SpanRef<'_>, trailers: Option<&HeaderMap>) {
        record(span, trailers.and_then(code).unwrap_or(Code::Unknown));
    }

    fn record_cancellation(&self, span: &SpanRef<'_>) {
        record(span, Code::Cancelled);
    }

    fn record_panic(&self, span: &SpanRef<'_>) {
        record(span, Code::Internal);
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|status| Code::from_bytes(status.as_bytes()))
}

fn record(span: &SpanRef<'_>, code: Code) {
    let word = spelled(code);
    span.set_attribute(KeyValue::new("rpc.response.status_code", word));
    if is_fault(code) {
        fail(span, word);
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
const fn spelled(code: Code) -> &'static str {
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
    use super::{is_fault, spelled};
    use tonic::Code;

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
}
