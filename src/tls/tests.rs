//! What files are good for, and when they count.

use std::fs;
use std::path::Path;

use provost_test_kit::{Authority, Issued};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use tokio_util::sync::CancellationToken;

use super::{ServerTls, TlsFile, TlsFiles};
use crate::renewal::looked_for_changes;

fn files(folder: &Path, client_authority: Option<&str>) -> TlsFiles {
    let file = |setting, name| TlsFile { setting, path: folder.join(name) };
    TlsFiles {
        certificate: file("http.tls_certificate", "server.pem"),
        key: file("http.tls_key", "server.key.pem"),
        client_authority: client_authority.map(|name| file("grpc.tls_client_ca", name)),
        protocols: &["h2"],
    }
}

/// The certificate that is shown to a new connection.
async fn shown(tls: &ServerTls, authority: &Authority) -> CertificateDer<'static> {
    let (far, near) = tokio::io::duplex(65_536);
    let connector = TlsConnector::from(authority.client(&["h2"], None));
    let dialled = connector.connect("localhost".try_into().unwrap(), far);
    let (far, near) = tokio::join!(dialled, TlsAcceptor::from(tls.current()).accept(near));
    near.unwrap();
    far.unwrap().get_ref().1.peer_certificates().unwrap()[0].clone()
}

fn as_der(issued: &Issued) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()
}

#[tokio::test]
async fn what_cant_be_used_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new();
    let (one, other) = (authority.issue(&["localhost"]), authority.issue(&["localhost"]));
    let half = &one.certificate[..200];
    for (certificate, key, clients, words) in [
        (
            None,
            Some(&*one.key),
            None,
            "server.pem, which http.tls_certificate names, can't be read",
        ),
        (
            Some(""),
            Some(&one.key),
            None,
            "server.pem, which http.tls_certificate names, holds no cert",
        ),
        (Some(&one.key), Some(&one.key), None, "holds no certificate"),
        (Some(half), Some(&one.key), None, "is no PEM"),
        (
            Some(&one.certificate),
            None,
            None,
            "server.key.pem, which http.tls_key names, can't be read",
        ),
        (Some(&one.certificate), Some(&one.certificate), None, "holds no private key"),
        (Some(&one.certificate), Some(&other.key), None, "is not the key of the first certificate"),
        (
            Some(&one.certificate),
            Some(&one.key),
            Some("missing.pem"),
            "grpc.tls_client_ca names, can't",
        ),
        (Some(&one.certificate), Some(&one.key), Some("server.key.pem"), "holds no certificate"),
    ] {
        let _ = (
            fs::remove_file(folder.join("server.pem")),
            fs::remove_file(folder.join("server.key.pem")),
        );
        for (name, text) in [("server.pem", certificate), ("server.key.pem", key)] {
            if let Some(text) = text {
                fs::write(folder.join(name), text).unwrap();
            }
        }
        let kept = ServerTls::kept_from(files(folder, clients), CancellationToken::new());
        let sentence = kept.unwrap_err().to_string();
        assert!(sentence.contains(words), "{words}: {sentence}");
        assert!(!sentence.contains("PRIVATE KEY-----\n"), "{sentence}");
    }
}

/// Time passes as soon as nobody has anything to do but wait.
#[tokio::test(start_paused = true)]
async fn new_files_count_and_broken_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = Authority::new();
    let first = authority.issue(&["localhost"]);
    first.write(folder, "server");
    let end = CancellationToken::new();
    let tls = ServerTls::kept_from(files(folder, None), end.clone()).unwrap();
    assert_eq!(shown(&tls, &authority).await, as_der(&first));

    let second = authority.issue(&["localhost"]);
    // Half of a renewal, as it may be met between two files.
    fs::write(folder.join("server.pem"), &second.certificate).unwrap();
    looked_for_changes().await;
    assert_eq!(shown(&tls, &authority).await, as_der(&first));
    fs::remove_file(folder.join("server.pem")).unwrap();
    looked_for_changes().await;
    assert_eq!(shown(&tls, &authority).await, as_der(&first));
    second.write(folder, "server");
    looked_for_changes().await;
    assert_eq!(shown(&tls, &authority).await, as_der(&second));

    end.cancel();
    first.write(folder, "server");
    looked_for_changes().await;
    assert_eq!(shown(&tls, &authority).await, as_der(&second), "nobody looks any more");
}
