//! The floor plan: every room and the names it may use. Owns the table; must never know how it
//! is checked.

/// A folder or file, and what may be named in it.
pub struct Room {
    pub path: &'static str,
    /// Crates of the workspace's list that it may use, of those that its package has; all of them where
    /// it is a whole package, whose dependency list says the same.
    pub may: Option<&'static [&'static str]>,
    /// Words, or paths such as `env::var`, that must not occur.
    pub never: &'static [&'static [&'static str]],
}

/// Where product code lies.
pub const FOLDERS: [&str; 10] = [
    "src",
    "telemetry/src",
    "console/src",
    "gateway/src",
    "gateway/scim/src",
    "core-service/src",
    "core-service/domain/src",
    "core-service/openid/src",
    "migrations/src",
    "proto/src",
];

/// Packages that are no product code, whose modules make no circles either.
pub const OTHER_PACKAGES: [&str; 5] = [
    "benches/src",
    "tests/inputs/src",
    "tests/kit/src",
    "tests/postgres/src",
    "docs/clients/rust/src",
];

/// Configuration, sockets and signals are the caretaker's.
const OUTSIDE: &[&str] = &[
    "env::var",
    "env::var_os",
    "env::vars",
    "net",
    "TcpListener",
    "TcpStream",
    "UnixListener",
    "UnixStream",
    "signal",
    "ctrl_c",
];

/// The law and the languages are values and pure functions.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "SystemTime",
    "Instant",
    "now_utc",
    "now_local",
    "new_v4",
    "now_v7",
    "random",
    "fs",
    "thread",
    "Mutex",
];

/// What a change means is nobody's business at the front door.
const MEANINGS: &[&str] = &[
    "change::Change",
    "SetActive",
    "SetRole",
    "SetUserName",
    "SetExternalId",
    "SetAttribute",
    "EditList",
    "Replace",
    "PlaceHold",
    "LiftHold",
];

/// The generated client has one holder.
const CLIENT: &[&str] = &["user_service_client", "UserServiceClient"];

/// So have those of the console, of all services.
const CLIENTS: &[&str] = &[
    "access_service_client",
    "ledger_service_client",
    "operations_service_client",
    "session_service_client",
    "site_service_client",
    "user_service_client",
];

/// SCIM has no roles: they are words in `userType`, which the translators know.
const ROLES: &[&str] = &["Role", "Registered", "Moderator", "Admin", "Hold", "Site"];

/// The doctor has nothing but the network between itself and a service, and prints nothing.
const FOREIGN_TO_DOCTOR: &[&str] =
    &["cli", "config", "serve", "operator", "now_utc", "signal", "env::var", "println", "eprintln"];

/// Words of SCIM, which the law must not depend on.
const PROTOCOL: &[&str] =
    &["Patch", "PatchOp", "Put", "Urn", "userType", "stackUserType", "ServiceProviderConfig"];

/// Names that several types have because sea-orm finds them by these: the row of a table, and a step
/// of the history, each in the module of its own.
pub const SHARED_NAMES: [&str; 2] = ["Model", "Migration"];

pub const PLAN: &[Room] = &[
    Room {
        path: "src/doctor",
        may: Some(&[
            "http",
            "http_body_util",
            "humantime",
            "hyper",
            "hyper_util",
            "percent_encoding",
            "regex",
            "rustls",
            "serde",
            "serde_json",
            "serde_json_path",
            "strum",
            "thiserror",
            "time",
            "tokio",
            "tokio_util",
        ]),
        never: &[FOREIGN_TO_DOCTOR],
    },
    Room { path: "telemetry/src", may: None, never: &[OUTSIDE] },
    Room { path: "proto/src", may: None, never: &[OUTSIDE] },
    Room { path: "migrations/src", may: None, never: &[OUTSIDE] },
    Room { path: "console/src", may: None, never: &[OUTSIDE, CLIENTS] },
    Room {
        path: "console/src/client.rs",
        may: Some(&[
            "axum",
            "provost_proto",
            "thiserror",
            "tokio",
            "tonic",
            "tonic_types",
            "tower",
            "tracing",
        ]),
        never: &[OUTSIDE],
    },
    // `http` is a room of its own here.
    Room { path: "gateway/src", may: Some(&["http"]), never: &[OUTSIDE, CLIENT, MEANINGS] },
    Room {
        path: "gateway/src/client.rs",
        may: Some(&["prost", "provost_proto", "tokio", "tonic", "tonic_types", "tracing"]),
        never: &[OUTSIDE, MEANINGS],
    },
    Room { path: "gateway/scim/src", may: None, never: &[OUTSIDE, IMPURE, ROLES] },
    Room {
        path: "gateway/src/translate",
        may: Some(&["prost_types", "provost_proto", "provost_scim", "strum", "time"]),
        never: &[OUTSIDE, IMPURE, CLIENT],
    },
    Room {
        path: "gateway/src/http",
        may: Some(&[
            "axum",
            "bytes",
            "http_body_util",
            "percent_encoding",
            "provost_proto",
            "provost_scim",
            "provost_telemetry",
            "serde",
            "serde_json",
            "tokio",
            "tower",
            "tower_http",
            "tracing",
        ]),
        never: &[OUTSIDE, CLIENT, MEANINGS],
    },
    Room {
        path: "core-service/src",
        may: Some(&[
            "base64",
            "hex",
            "moka",
            "provost_domain",
            "provost_openid",
            "provost_telemetry",
            "rand",
            "secrecy",
            "sha2",
            "subtle",
            "thiserror",
            "time",
            "tokio",
            "tokio_util",
            "tonic",
            "tracing",
            "uuid",
        ]),
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/src/sealing.rs",
        may: Some(&["hex", "provost_domain", "rand", "ring"]),
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/src/trace.rs",
        may: Some(&["opentelemetry", "provost_telemetry", "tracing", "tracing_opentelemetry"]),
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/src/grpc",
        may: Some(&[
            "futures",
            "hex",
            "http",
            "http_body_util",
            "prost",
            "prost_types",
            "provost_domain",
            "provost_openid",
            "provost_proto",
            "provost_telemetry",
            "sha2",
            "strum",
            "tokio",
            "tonic",
            "tonic_types",
            "tracing",
            "uuid",
        ]),
        never: &[OUTSIDE],
    },
    Room { path: "core-service/domain/src", may: None, never: &[OUTSIDE, IMPURE, PROTOCOL] },
    Room { path: "core-service/openid/src", may: None, never: &[OUTSIDE] },
    Room {
        path: "core-service/src/store",
        may: Some(&[
            "async_trait",
            "futures",
            "provost_domain",
            "provost_migrations",
            "rustix",
            "sea_orm",
            "sea_query_sqlx",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
            "uuid",
        ]),
        never: &[OUTSIDE],
    },
];
