//! Where the service of a data folder is reached: a file that a start writes and that the commands
//! in the same folder read.
//!
//! Owns the file. Must never hold a secret.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use crate::channel::WayToCore;
use crate::config::core_at;
use crate::tls::{ClientTls, TlsFile, Trust};

/// The name of the file in the data folder.
const FILE: &str = "addresses.json";

/// The addresses of a running service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Where the core answers.
    pub grpc: SocketAddr,
    /// The file with the certificate that it shows there, by which its own commands recognise it; none where
    /// it is reached in clear.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    /// What stands in front of the path of SCIM; none where the process serves no SCIM.
    pub public_url: Option<String>,
}

/// The file of a running service; [`AddressFile::remove`] it at its end.
pub struct AddressFile {
    path: PathBuf,
    text: String,
}

impl Addresses {
    /// Those of the service that runs on the data folder; of several, of the first one.
    pub fn of(data_folder: &Path) -> Option<Self> {
        let text = fs::read(data_folder.join(FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// How the core is dialled: over TLS by the certificate itself, whose name says nothing of this machine.
    pub fn way_to_core(&self) -> WayToCore {
        let certificate = self.certificate.clone();
        let tls = certificate.map(|path| ClientTls {
            trust: Trust::Certificate(TlsFile { setting: "grpc.tls_certificate", path }),
            identity: None,
        });
        WayToCore { address: core_at(self.grpc, tls.is_some()), tls }
    }

    /// Where another core on the data folder answers than the one at this address. What a core that
    /// was killed left behind names nobody.
    pub async fn of_another(data_folder: &Path, own: SocketAddr) -> Option<SocketAddr> {
        let Self { grpc, .. } = Self::of(data_folder)?;
        (grpc != own && TcpStream::connect(grpc).await.is_ok()).then_some(grpc)
    }

    /// Writes the file, beside and renamed, so that nobody reads half of it.
    pub fn write(&self, data_folder: &Path) -> io::Result<AddressFile> {
        let text = serde_json::to_string(self)? + "\n";
        let path = data_folder.join(FILE);
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        fs::write(&draft, &text)?;
        fs::rename(&draft, &path)?;
        Ok(AddressFile { path, text })
    }
}

impl AddressFile {
    /// Removes the file, unless another service has written it since.
    pub fn remove(self) {
        let is_ours = fs::read_to_string(&self.path).is_ok_and(|text| text == self.text);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the file of addresses stays behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn nobody_removes_what_another_has_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Addresses::of(folder.path()), None);
        let [first, second] = ["127.0.0.1:1", "[::1]:2"].map(|grpc| Addresses {
            grpc: grpc.parse().unwrap(),
            certificate: None,
            public_url: Some("https://id.example.com".to_owned()),
        });
        let older = first.write(folder.path()).unwrap();
        let newer = second.write(folder.path()).unwrap();
        older.remove();
        assert_eq!(Addresses::of(folder.path()), Some(second));
        newer.remove();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
