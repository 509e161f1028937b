//! The names of OpenTelemetry's semantic conventions that are used here, each once, in the version that
//! [`SCHEMA_URL`] says.
//!
//! Must never hold a name that is used nowhere.

/// The version of the conventions, as a scope tells it.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// What a process is called.
pub const SERVICE_NAME: &str = "service.name";
/// The version of its program.
pub const SERVICE_VERSION: &str = "service.version";
/// Which of several processes it is.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";

/// What has failed: a status of HTTP, a code of gRPC, or a word.
pub const ERROR_TYPE: &str = "error.type";

/// The method of HTTP, `_OTHER` where it is made up.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The template of the path.
pub const HTTP_ROUTE: &str = "http.route";
/// The status of HTTP, a number.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";

/// Which kind of RPC: `grpc`.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The method with its package and service.
pub const RPC_METHOD: &str = "rpc.method";
/// The code of gRPC, as it spells it.
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";

/// Which kind of database: `sqlite`, `postgresql`.
pub const DB_SYSTEM_NAME: &str = "db.system.name";
/// Operations and tables of a statement.
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
