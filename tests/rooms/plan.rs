//! The floor plan: every room and the names it may use. Owns the table; must never know how it
//! is checked.

/// A folder or file, and what may be named in it.
pub struct Room {
    pub path: &'static str,
    /// Crates of the workspace's list that it may use. The standard library goes without saying.
    pub may: &'static [&'static str],
    /// Words, or paths such as `env::var`, that must not occur.
    pub never: &'static [&'static [&'static str]],
}

/// A room whose types stay in it, but for a few.
pub struct Inner {
    pub room: &'static str,
    /// Where they must not be named.
    pub above: &'static str,
    /// The few.
    pub may: &'static [&'static str],
}

/// Where product code lies.
pub const FOLDERS: [&str; 8] = [
    "src",
    "telemetry/src",
    "gateway/src",
    "gateway/scim/src",
    "core-service/src",
    "core-service/domain/src",
    "migrations/src",
    "proto/src",
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

/// SCIM has no roles: they are words in `userType`, which the translators know.
const ROLES: &[&str] = &["Role", "Registered", "Moderator", "Admin", "Hold", "Site"];

/// Words of one protocol, which the law must not depend on.
const PROTOCOL: &[&str] = &[
    "Patch",
    "PatchOp",
    "Put",
    "Urn",
    "userType",
    "stackUserType",
    "ServiceProviderConfig",
    "Status",
    "Code",
];

/// Whoever is above the store may name these of its types and no others: the store, the writer's
/// group, and why there is no store, which the caretaker is told.
pub const STORE: Inner = Inner {
    room: "core-service/src/store",
    above: "core-service/src",
    may: &["Store", "GroupWriter", "Group", "OpenError"],
};

/// Names that several types have because sea-orm finds them by these: the row of a table, and a step
/// of the history, each in the module of its own.
pub const SHARED_NAMES: [&str; 2] = ["Model", "Migration"];

pub const PLAN: &[Room] = &[
    Room {
        path: "src",
        may: &[
            "axum",
            "base64",
            "clap",
            "clap_complete",
            "comfy_table",
            "config",
            "hex",
            "http",
            "http_body",
            "humantime",
            "hyper_util",
            "mimalloc",
            "opentelemetry",
            "opentelemetry_otlp",
            "opentelemetry_sdk",
            "pin_project_lite",
            "provost_core",
            "provost_gateway",
            "provost_proto",
            "provost_telemetry",
            "prost_types",
            "rand",
            "rustls",
            "serde",
            "serde_json",
            "strum",
            "thiserror",
            "time",
            "tokio",
            "tokio_rustls",
            "tokio_util",
            "tonic",
            "tonic_health",
            "tonic_reflection",
            "tonic_types",
            "tower",
            "tracing",
            "tracing_appender",
            "tracing_opentelemetry",
            "tracing_subscriber",
            "uuid",
            "webpki_roots",
        ],
        never: &[],
    },
    Room {
        path: "telemetry/src",
        may: &[
            "http",
            "http_body",
            "opentelemetry",
            "opentelemetry_http",
            "opentelemetry_sdk",
            "pin_project_lite",
            "prost",
            "prost_types",
            "tonic",
            "tower",
            "tracing",
            "tracing_opentelemetry",
        ],
        never: &[OUTSIDE, CLIENT, MEANINGS, ROLES],
    },
    Room { path: "proto/src", may: &["prost", "tonic", "tonic_types"], never: &[OUTSIDE] },
    Room {
        path: "migrations/src",
        may: &["async_trait", "sea_orm_migration", "serde_json", "unicode_normalization"],
        never: &[OUTSIDE],
    },
    // `http` is a room of its own here.
    Room { path: "gateway/src", may: &["http"], never: &[OUTSIDE, CLIENT, MEANINGS] },
    Room {
        path: "gateway/src/client.rs",
        may: &["prost", "provost_proto", "tokio", "tonic", "tonic_types", "tracing"],
        never: &[OUTSIDE, MEANINGS],
    },
    Room {
        path: "gateway/scim/src",
        may: &["base64", "percent_encoding", "serde", "serde_json", "thiserror", "time"],
        never: &[OUTSIDE, IMPURE, CLIENT, ROLES],
    },
    Room {
        path: "gateway/src/translate",
        may: &["prost_types", "provost_proto", "provost_scim", "strum", "time"],
        never: &[OUTSIDE, IMPURE, CLIENT],
    },
    Room {
        path: "gateway/src/http",
        may: &[
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
        ],
        never: &[OUTSIDE, CLIENT, MEANINGS],
    },
    Room {
        path: "core-service/src",
        may: &[
            "hex",
            "moka",
            "provost_domain",
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
        ],
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/src/trace.rs",
        may: &["opentelemetry", "tracing", "tracing_opentelemetry"],
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/src/grpc",
        may: &[
            "hex",
            "http",
            "http_body_util",
            "prost",
            "prost_types",
            "provost_domain",
            "provost_proto",
            "provost_telemetry",
            "sha2",
            "strum",
            "tonic",
            "tonic_types",
            "tracing",
            "uuid",
        ],
        never: &[OUTSIDE],
    },
    Room {
        path: "core-service/domain/src",
        may: &[
            "base64",
            "icu_properties",
            "serde",
            "strum",
            "thiserror",
            "unicode_normalization",
            "uuid",
        ],
        never: &[OUTSIDE, IMPURE, PROTOCOL],
    },
    Room {
        path: "core-service/src/store",
        may: &[
            "provost_domain",
            "provost_migrations",
            "sea_orm",
            "sea_query_sqlx",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
            "uuid",
        ],
        never: &[OUTSIDE],
    },
];
