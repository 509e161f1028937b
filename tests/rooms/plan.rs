//! The floor plan: every room and the names it may use. Owns the table; must never know how it
//! is checked.

/// A folder or file, and what may be named in it.
pub struct Room {
    pub path: &'static str,
    /// Crates of the workspace's list that it may use. The standard library goes without saying.
    pub may: &'static [&'static str],
    /// Words, or paths such as `env::var`, that must not occur.
    pub never: &'static [&'static str],
}

/// Where product code lies.
pub const FOLDERS: [&str; 5] =
    ["src", "gateway/src", "core-service/src", "migrations/src", "proto/src"];

/// Configuration, sockets and signals are the caretaker's.
const OUTSIDE: [&str; 7] =
    ["env::var", "env::var_os", "env::vars", "TcpListener", "TcpStream", "signal", "ctrl_c"];

/// The law and the languages are values and pure functions.
const IMPURE: [&str; 16] = [
    "async",
    "await",
    "SystemTime",
    "Instant",
    "now",
    "now_utc",
    "new_v4",
    "now_v7",
    "fs",
    "net",
    "thread",
    "env::var",
    "env::var_os",
    "env::vars",
    "TcpListener",
    "TcpStream",
];

/// What a change means is nobody's business at the front door.
const MEANINGS: [&str; 10] = [
    "Change",
    "SetActive",
    "SetRole",
    "SetUserName",
    "SetExternalId",
    "SetText",
    "EditList",
    "Replace",
    "PlaceHold",
    "LiftHold",
];

pub const PLAN: &[Room] = &[
    Room {
        path: "src",
        may: &[
            "axum",
            "clap",
            "clap_complete",
            "comfy_table",
            "config",
            "http",
            "opentelemetry",
            "opentelemetry_otlp",
            "opentelemetry_sdk",
            "provost",
            "provost_core",
            "provost_gateway",
            "provost_proto",
            "prost_types",
            "serde",
            "serde_json",
            "thiserror",
            "time",
            "tokio",
            "tokio_util",
            "tonic",
            "tonic_health",
            "tonic_reflection",
            "tonic_types",
            "tower",
            "tracing",
            "tracing_opentelemetry",
            "tracing_subscriber",
            "uuid",
        ],
        never: &[],
    },
    Room {
        path: "proto/src",
        may: &["prost", "prost_types", "tonic", "tonic_prost"],
        never: &OUTSIDE,
    },
    Room {
        path: "gateway/src",
        may: &[
            "axum",
            "axum_core",
            "bytes",
            "http",
            "provost_proto",
            "thiserror",
            "tokio",
            "tonic",
            "tower",
            "tower_http",
            "tracing",
        ],
        never: &OUTSIDE,
    },
    Room {
        path: "gateway/src/client.rs",
        may: &[
            "bytes",
            "http",
            "opentelemetry",
            "provost_proto",
            "thiserror",
            "tokio",
            "tonic",
            "tonic_types",
            "tracing",
            "tracing_opentelemetry",
        ],
        never: &OUTSIDE,
    },
    Room {
        path: "gateway/src/scim",
        may: &["percent_encoding", "serde", "serde_json", "thiserror"],
        never: &SCIM_NEVER,
    },
    Room {
        path: "gateway/src/translate",
        may: &["prost_types", "provost_proto", "serde", "serde_json", "thiserror", "time"],
        never: &IMPURE,
    },
    Room {
        path: "gateway/src/http",
        may: &[
            "axum",
            "axum_core",
            "bytes",
            "http",
            "http_body_util",
            "provost_proto",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tonic",
            "tower",
            "tower_http",
            "tracing",
        ],
        never: &MEANINGS,
    },
];
