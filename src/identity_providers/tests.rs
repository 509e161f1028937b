//! What the file may say, when it counts, and whom the core believes to be an issuer.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use provost_openid::{IdentityProviders, SignInAttempt, SignInFailure};
use provost_test_kit::fake_provider::FakeProvider;
use provost_test_kit::{Authority, Issued};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::channel::places;
use super::file::ReadProviders;
use super::{file, kept_from};
use crate::renewal::looked_for_changes;

const TABLE: &str =
    "issuer = \"https://acme.okta.com\"\nclient_id = \"0oa\"\nclient_secret = \"hidden\"\n";

/// A file of its own.
fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("providers.toml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// What comes of a file, or what is wrong with it.
fn kept(path: &Path) -> Result<IdentityProviders, String> {
    kept_from(Some(path), CancellationToken::new()).map_err(|error| error.to_string())
}

fn sites_of(text: &str) -> Result<Vec<String>, String> {
    let (_folder, path) = written(text);
    kept(&path).map(|providers| providers.sites())
}

#[tokio::test]
async fn a_table_for_each_site_is_read() {
    let text = format!("[acme]\n{TABLE}user_name_claim = \"email\"\n[globex-2]\n{TABLE}");
    assert_eq!(sites_of(&text).unwrap(), ["acme", "globex-2"]);
    assert!(sites_of("").unwrap().is_empty());
    assert!(kept_from(None, CancellationToken::new()).unwrap().sites().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_said_without_a_secret() {
    let good = format!("[acme]\n{TABLE}");
    let in_clear = good.replace("https://acme.okta.com", "http://127.0.0.1:9000");
    for (text, told) in [
        (format!("{good}claim = \"email\""), "is not as it should be"),
        (good.replace("client_id", "id"), "is not as it should be"),
        (format!("acme\n{TABLE}"), "is not as it should be"),
        (format!("[Acme]\n{TABLE}"), "no site can be called so"),
        (good.replace("https", "http"), "write https://"),
        (
            format!("{good}tls_ca = \"missing.pem\""),
            "missing.pem, which tls_ca names, can't be read",
        ),
        (format!("{in_clear}tls_ca = \"ca.pem\""), "does nothing for an issuer"),
    ] {
        let problem = sites_of(&text).unwrap_err();
        assert!(problem.contains(told) && !problem.contains("hidden"), "{problem}");
    }
    // As other settings have it, an empty one is none.
    assert!(sites_of(&format!("{in_clear}tls_ca = \"\"")).is_ok());
    assert!(kept(Path::new("/nowhere/providers.toml")).is_err());
}

/// Time passes as soon as nobody has anything to do but wait.
#[tokio::test(start_paused = true)]
async fn a_new_file_counts_and_a_broken_one_does_not() {
    let (_folder, path) = written(&format!("[acme]\n{TABLE}"));
    let end = CancellationToken::new();
    let providers = kept_from(Some(&path), end.clone()).unwrap();
    let mut expected = vec!["acme"];
    for (text, sites) in [
        (format!("[acme]\n{TABLE}[globex]\n{TABLE}"), Some(vec!["acme", "globex"])),
        (format!("[acme]\n{TABLE}[globex]\nissuer = \"https"), None),
        (format!("[acme]\n{TABLE}tls_ca = \"missing.pem\"\n"), None),
        (format!("[globex]\n{TABLE}"), Some(vec!["globex"])),
        (String::new(), Some(vec![])),
        (format!("[initech]\n{TABLE}"), Some(vec!["initech"])),
    ] {
        fs::write(&path, &text).unwrap();
        looked_for_changes().await;
        expected = sites.unwrap_or(expected);
        assert_eq!(providers.sites(), expected, "{text}");
    }
    fs::remove_file(&path).unwrap();
    looked_for_changes().await;
    assert_eq!(providers.sites(), ["initech"], "one that is gone is none");
    end.cancel();
    looked_for_changes().await;
    fs::write(&path, format!("[acme]\n{TABLE}")).unwrap();
    looked_for_changes().await;
    assert_eq!(providers.sites(), ["initech"], "nobody looks any more");
}

/// A provider behind TLS by this certificate, and its issuer.
async fn served(shown: &Issued) -> String {
    let chain = CertificateDer::from_pem_slice(shown.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(shown.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let provider = FakeProvider::honest();
    provider.lock().unwrap().issuer.clone_from(&issuer);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, provider) = (acceptor.clone(), Arc::clone(&provider));
            tokio::spawn(async move {
                // Whoever does not believe it leaves.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let answer = answered(&mut stream, &provider).await;
                stream.write_all(&answer).await.unwrap();
                stream.shutdown().await.unwrap();
            });
        }
    });
    issuer
}

/// The answer to a GET.
async fn answered(
    stream: &mut (impl AsyncRead + Unpin),
    provider: &Mutex<FakeProvider>,
) -> Vec<u8> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut head).await.unwrap() > 0, "it broke off");
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let (status, body) = provider.lock().unwrap().answer(path, b"");
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Where somebody is sent who signs in at a site; the provider was asked for that.
async fn sent(providers: &IdentityProviders, site: &str) -> Result<String, SignInFailure> {
    let attempt = SignInAttempt::of("0123456789abcdef".to_owned());
    let back = format!("https://console.example/sign-in/{site}/callback");
    providers.authorization_url(site, back, &attempt).await
}

#[tokio::test]
async fn an_issuer_is_recognised_by_the_authority_that_its_table_names() {
    let (authority, other) = (Authority::new(), Authority::new());
    let issuer = served(&authority.issue(&["localhost"])).await;
    let folder = tempfile::tempdir().unwrap();
    let [own, foreign] =
        [("ca.pem", &authority), ("other.pem", &other)].map(|(name, authority)| {
            let path = folder.path().join(name);
            fs::write(&path, authority.pem()).unwrap();
            format!("tls_ca = \"{}\"\n", path.display())
        });
    let path = folder.path().join("providers.toml");
    let table = TABLE.replace("https://acme.okta.com", &issuer);
    let text = format!("[acme]\n{table}{own}[globex]\n{table}{foreign}[initech]\n{table}");
    fs::write(&path, text).unwrap();
    let providers = kept(&path).unwrap();
    let url = sent(&providers, "acme").await.unwrap();
    assert!(url.starts_with(&format!("{issuer}/authorize?")), "{url}");
    // Another authority's, and what everybody knows where none is named.
    for site in ["globex", "initech"] {
        let failure = sent(&providers, site).await.unwrap_err();
        assert!(matches!(failure, SignInFailure::ProviderFailed(_)), "{site}: {failure:?}");
        assert!(failure.detail().contains("TLS failed there"), "{site}: {}", failure.detail());
    }
}

#[tokio::test]
async fn authorities_are_read_with_the_file_and_broken_ones_change_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let issuer = served(&authority.issue(&["localhost"])).await;
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("ca.pem");
    let table = TABLE.replace("https://acme.okta.com", &issuer);
    let path = folder.path().join("providers.toml");
    fs::write(&path, format!("[acme]\n{table}tls_ca = \"{}\"\n", known.display())).unwrap();
    let fresh = |read: &ReadProviders| {
        let providers = file::providers(&path, read, &places());
        providers.map(IdentityProviders::new).map_err(|problem| problem.to_string())
    };
    fs::write(&known, authority.pem()).unwrap();
    let before = file::read(&path).unwrap();
    // As one is met that is being written.
    for broken in [&authority.pem()[..100], ""] {
        fs::write(&known, broken).unwrap();
        let problem = fresh(&file::read(&path).unwrap()).unwrap_err();
        assert!(
            problem.contains("the issuer of [acme]") && problem.contains("ca.pem"),
            "{problem}"
        );
        sent(&fresh(&before).unwrap(), "acme").await.unwrap();
    }
    fs::remove_file(&known).unwrap();
    assert!(file::read(&path).is_err());
    sent(&fresh(&before).unwrap(), "acme").await.unwrap();
    fs::write(&known, other.pem()).unwrap();
    let after = file::read(&path).unwrap();
    assert!(after != before, "others are a change like one of the file itself");
    let failure = sent(&fresh(&after).unwrap(), "acme").await.unwrap_err();
    assert!(failure.detail().contains("TLS failed there"), "{}", failure.detail());
}
