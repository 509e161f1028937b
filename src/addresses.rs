//! Where the services of a data folder are reached: a file that each start adds to and that the
//! commands in the same folder read.
//!
//! Owns the file. Must never hold a secret.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

use crate::channel::Destination;
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
    /// Where people open the console; none where the process serves none.
    #[serde(default)]
    pub console_url: Option<String>,
}

/// What a running service wrote into the file; [`WrittenAddresses::remove`] it at its end.
pub struct WrittenAddresses {
    data_folder: PathBuf,
    own: Addresses,
}

impl Addresses {
    /// Those of the service that runs on the data folder; of several, of the one that started first.
    pub fn of(data_folder: &Path) -> Option<Self> {
        read(data_folder).into_iter().next()
    }

    /// How the core is dialled: over TLS by the certificate itself, whose name says nothing of this machine.
    pub fn way_to_core(&self) -> Destination {
        let certificate = self.certificate.clone();
        let tls = certificate.map(|path| ClientTls {
            trust: Trust::Certificate(TlsFile { setting: "grpc.tls_certificate", path }),
            identity: None,
            protocol: "h2",
        });
        Destination { address: core_at(self.grpc, tls.is_some()), tls }
    }

    /// Writes them behind those of the other services that run on the data folder, which are answered
    /// too. What a service that was killed left behind names nobody, and goes.
    pub async fn write(self, data_folder: &Path) -> io::Result<(WrittenAddresses, Vec<Self>)> {
        let mut others = Vec::new();
        for other in read(data_folder) {
            if other.grpc != self.grpc && TcpStream::connect(other.grpc).await.is_ok() {
                others.push(other);
            }
        }
        write(data_folder, others.iter().chain([&self]))?;
        Ok((WrittenAddresses { data_folder: data_folder.to_owned(), own: self }, others))
    }
}

impl WrittenAddresses {
    /// Leaves the file to the other services that run on the data folder.
    pub fn remove(self) {
        let Self { data_folder, own } = self;
        let rest: Vec<_> = read(&data_folder).into_iter().filter(|other| *other != own).collect();
        if let Err(error) = write(&data_folder, rest.iter()) {
            tracing::debug!(%error, "the addresses stay behind");
        }
    }
}

fn read(data_folder: &Path) -> Vec<Addresses> {
    let text = fs::read(data_folder.join(FILE)).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// Writes the file, beside and renamed, so that nobody reads half of it.
fn write<'a>(data_folder: &Path, all: impl Iterator<Item = &'a Addresses>) -> io::Result<()> {
    let (path, all) = (data_folder.join(FILE), all.collect::<Vec<_>>());
    if all.is_empty() {
        return fs::remove_file(path);
    }
    let text = serde_json::to_string(&all)? + "\n";
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}
