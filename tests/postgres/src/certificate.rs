//! The certificate of a cluster that demands TLS. Must never know who connects.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::binaries::Binaries;
use crate::program::{Problem, run};

/// Lets in over TLS only.
const ACCESS: &str = "hostssl all all 127.0.0.1/32 scram-sha-256\n";

/// Gives a cluster that was not started yet a certificate for `localhost`, and its authority into the folder.
pub(crate) fn demand_tls(binaries: &Binaries, folder: &Path, data: &Path) -> Result<(), Problem> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    fs::write(folder.join("ca.pem"), authority.pem())?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &authority)?;
    fs::write(data.join("server.crt"), certificate.pem())?;
    fs::write(data.join("server.key"), key.serialize_pem())?;
    fs::set_permissions(data.join("server.key"), fs::Permissions::from_mode(0o600))?;
    fs::write(data.join("pg_hba.conf"), ACCESS)?;
    let settings = data.join("postgresql.conf");
    let others = fs::read_to_string(&settings)?;
    fs::write(&settings, format!("{others}ssl = on\n"))?;
    if let Some(account) = binaries.account() {
        let files = ["server.crt", "server.key"].map(|file| data.join(file));
        run(Command::new("chown").arg(account).args(files))?;
    }
    Ok(())
}
