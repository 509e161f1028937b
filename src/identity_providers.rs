//! The identity providers by which Admins sign in to the console: the file that names them, and the way to
//! them.
//!
//! Owns the form of the file. Must never log a secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config::{File, FileFormat};
use http::header::HOST;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use provost_core::SiteName;
use provost_openid::{
    DEFAULT_USER_NAME_CLAIM, IdentityProviders, ProviderChannel, ProviderSettings,
    ProviderUnreachable, UnfitIssuer,
};
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::tls::{ClientTls, DialError, Trust};

/// How long a provider may take to answer: several answers fit into a call.
const LONGEST_ANSWER: Duration = Duration::from_secs(3);
/// The largest answer that is read, in bytes. Key sets are some ten thousand.
const LARGEST_ANSWER: usize = 1024 * 1024;
/// How many requests are under way at once, whoever asks for them.
const REQUESTS: usize = 16;

/// The reason why a file of identity providers can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ProvidersError {
    /// It can't be read.
    #[error("can't read {}: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not in the form.
    #[error("{} is not as it should be: a table for each site, as in [acme], with issuer, client_id and client_secret, and user_name_claim where that is not preferred_username", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// A table is not named after a site.
    #[error("{} has a table [{name}], and no site can be called so", path.display())]
    NoSite {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// An issuer is none that can be asked.
    #[error("the issuer of [{site}] in {} {source}", path.display())]
    Issuer {
        /// The file.
        path: PathBuf,
        /// The site.
        site: String,
        /// Why.
        source: UnfitIssuer,
    },
}

/// A table of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderTable {
    issuer: String,
    client_id: String,
    client_secret: String,
    #[serde(default = "default_claim")]
    user_name_claim: String,
}

fn default_claim() -> String {
    DEFAULT_USER_NAME_CLAIM.to_owned()
}

/// The identity providers that a file names; none without one.
pub fn read(path: Option<&Path>) -> Result<IdentityProviders, ProvidersError> {
    let Some(path) = path else { return Ok(IdentityProviders::default()) };
    let unread = |source| ProvidersError::Unread { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unread)?;
    // What is wrong may show a secret.
    let malformed = |_| ProvidersError::Malformed { path: path.to_owned() };
    let file = config::Config::builder().add_source(File::from_str(&text, FileFormat::Toml));
    let tables: BTreeMap<String, ProviderTable> =
        file.build().and_then(config::Config::try_deserialize).map_err(malformed)?;
    let mut settings = BTreeMap::new();
    for (site, table) in tables {
        if SiteName::parse(&site).is_err() {
            return Err(ProvidersError::NoSite { path: path.to_owned(), name: site });
        }
        let ProviderTable { issuer, client_id, client_secret, user_name_claim } = table;
        let provider = ProviderSettings::new(&issuer, (client_id, client_secret), user_name_claim);
        let provider = provider.map_err(|source| {
            let (path, site) = (path.to_owned(), site.clone());
            ProvidersError::Issuer { path, site, source }
        })?;
        settings.insert(site, provider);
    }
    Ok(IdentityProviders::new(settings, &channel()))
}

/// The reason why a provider gave no answer.
#[derive(Debug, thiserror::Error)]
enum ProviderRequestError {
    #[error("{0}")]
    Dial(#[from] DialError),
    #[error("no answer came within {}", humantime::format_duration(LONGEST_ANSWER))]
    TimedOut,
    #[error("too many ask identity providers already")]
    Crowded,
    #[error("{0}")]
    Broken(#[from] hyper::Error),
    #[error("{0}")]
    Unread(Box<dyn std::error::Error + Send + Sync>),
}

fn channel() -> ProviderChannel {
    let places = Arc::new(Semaphore::new(REQUESTS));
    ProviderChannel::new(move |request| {
        let places = Arc::clone(&places);
        Box::pin(async move {
            let asked = async {
                let _place = places.try_acquire().map_err(|_| ProviderRequestError::Crowded)?;
                let answer = tokio::time::timeout(LONGEST_ANSWER, answer(request)).await;
                answer.unwrap_or(Err(ProviderRequestError::TimedOut))
            };
            asked.await.map_err(|error: ProviderRequestError| ProviderUnreachable(error.into()))
        })
    })
}

/// Redirects are answers like any other, and no key set or token is one.
async fn answer(request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, ProviderRequestError> {
    let uri = request.uri().clone();
    if uri.scheme_str() == Some("https") {
        let (trust, identity) = (Trust::EveryAuthority, None);
        let tls = ClientTls { trust, identity, protocol: "http/1.1" };
        return exchange(tls.dial(uri).await?, request).await;
    }
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port)).await.map_err(DialError::Absent)?;
    exchange(stream, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, ProviderRequestError> {
    let (mut open, connection) = handshake(TokioIo::new(stream)).await?;
    // How it ends is told by what is sent over it.
    tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    if let Some(authority) = head.uri.authority()
        && let Ok(host) = authority.as_str().parse()
    {
        head.headers.insert(HOST, host);
    }
    // As it is asked for of the server itself (RFC 9112 section 3.2.1).
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    head.uri = target.parse::<Uri>().unwrap_or_default();
    let request = Request::from_parts(head, Full::new(Bytes::from(body)));
    let (head, body) = open.send_request(request).await?.into_parts();
    let body =
        Limited::new(body, LARGEST_ANSWER).collect().await.map_err(ProviderRequestError::Unread)?;
    Ok(Response::from_parts(head, body.to_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("providers.toml");
        std::fs::write(&path, text).unwrap();
        let providers = read(Some(&path)).map_err(|error| error.to_string())?;
        Ok(providers.sites().map(str::to_owned).collect())
    }

    const TABLE: &str =
        "issuer = \"https://acme.okta.com\"\nclient_id = \"0oa\"\nclient_secret = \"hidden\"\n";

    #[test]
    fn a_table_for_each_site_is_read() {
        let text = format!("[acme]\n{TABLE}user_name_claim = \"email\"\n[globex-2]\n{TABLE}");
        assert_eq!(written(&text).unwrap(), ["acme", "globex-2"]);
        assert!(written("").unwrap().is_empty());
        assert_eq!(read(None).unwrap().sites().count(), 0);
    }

    #[test]
    fn what_is_wrong_is_said_without_a_secret() {
        for (text, told) in [
            (format!("[acme]\n{TABLE}claim = \"email\""), "is not as it should be"),
            (format!("[acme]\n{TABLE}").replace("client_id", "id"), "is not as it should be"),
            (format!("acme\n{TABLE}"), "is not as it should be"),
            (format!("[Acme]\n{TABLE}"), "no site can be called so"),
            (format!("[acme]\n{TABLE}").replace("https", "http"), "write https://"),
        ] {
            let problem = written(&text).unwrap_err();
            assert!(problem.contains(told) && !problem.contains("hidden"), "{problem}");
        }
        assert!(read(Some(Path::new("/nowhere/providers.toml"))).is_err());
    }
}
