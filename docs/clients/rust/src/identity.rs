//! A connection to Provost: who we are, how calls are repeated, and what a refusal says. Copy this
//! file into your service. Must never know what is asked.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use provost_proto::v1::ErrorReason;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;

/// How often a call is made before its failure is told.
const ATTEMPTS: u32 = 5;
/// How long a call may take.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What stops a program: a setting that is missing, a file that can't be read.
pub type Fault = Box<dyn std::error::Error>;

/// The channel to the service of the environment. It connects by itself, also again.
pub fn connect() -> Result<Channel, Fault> {
    let address = setting("IDENTITY_ADDRESS").ok_or("the variable IDENTITY_ADDRESS is missing")?;
    let mut endpoint = Endpoint::from_shared(address)?
        .connect_timeout(DEADLINE)
        // A peer that is gone without a word is noticed.
        .http2_keep_alive_interval(Duration::from_secs(20));
    if let Some(trusted) = file("IDENTITY_CA_FILE")? {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(trusted));
        if let Some(certificate) = file("IDENTITY_CERTIFICATE_FILE")? {
            let key = file("IDENTITY_KEY_FILE")?.ok_or("IDENTITY_KEY_FILE is missing")?;
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        endpoint = endpoint.tls_config(tls)?;
    }
    Ok(endpoint.connect_lazy())
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn file(name: &str) -> Result<Option<Vec<u8>>, Fault> {
    let Some(path) = setting(name) else { return Ok(None) };
    Ok(Some(std::fs::read(&path).map_err(|error| format!("{name}: {path}: {error}"))?))
}

/// The token of the environment, sent with every call. A service with a client certificate needs
/// none.
#[derive(Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    pub fn from_environment() -> Result<Self, Fault> {
        let token = setting("IDENTITY_TOKEN").map(|token| format!("Bearer {token}").parse());
        Ok(Self(token.transpose()?))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}

/// Why a call failed. Program against `reason`; the message is for people.
#[derive(Debug)]
pub struct Refused {
    pub code: Code,
    /// None: the service didn't answer, or with a reason that this contract doesn't have.
    pub reason: Option<ErrorReason>,
    /// What the message names: `current_version`, `missing_permission`, ...
    pub metadata: HashMap<String, String>,
    /// How long to wait before the same call is made again. None: that is of no use.
    pub repeat_after: Option<Duration>,
    pub message: String,
}

impl Refused {
    /// A failure of the call that was made for the so many-th time.
    pub fn from(status: &Status, attempt: u32) -> Self {
        let info = status.get_details_error_info();
        let told = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
        // Who wasn't answered by the service itself doesn't know whether it was done.
        let unanswered = info.is_none().then(|| pause(attempt));
        let (reason, metadata) = match info {
            Some(info) => (ErrorReason::from_name(&info.reason), info.metadata),
            None => (None, HashMap::new()),
        };
        let message = status.message().to_owned();
        Self { code: status.code(), reason, metadata, repeat_after: told.or(unanswered), message }
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.reason {
            Some(reason) => write!(f, "{}: {}", reason.name(), self.message),
            None => write!(f, "{:?}: {}", self.code, self.message),
        }
    }
}

impl std::error::Error for Refused {}

/// Makes a call until it is answered. A write has one effect however often it is made, if the request
/// has an `options.request_id` and is the same each time.
pub async fn answered<Message: Clone, Answer>(
    request: Message,
    call: impl AsyncFn(Request<Message>) -> Result<Response<Answer>, Status>,
) -> Result<Answer, Refused> {
    let mut attempt = 1;
    loop {
        let mut request = Request::new(request.clone());
        request.set_timeout(DEADLINE);
        let status = match call(request).await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => status,
        };
        let refused = Refused::from(&status, attempt);
        match refused.repeat_after {
            Some(time) if attempt < ATTEMPTS => tokio::time::sleep(time).await,
            _ => return Err(refused),
        }
        attempt += 1;
    }
}

/// Twice as long each time, up to 5 s, and not for all clients the same.
fn pause(attempt: u32) -> Duration {
    let longest = Duration::from_millis(100 << attempt.min(6)).min(Duration::from_secs(5));
    longest.mul_f64(rand::random_range(0.5..1.0))
}
