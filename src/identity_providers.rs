//! The identity providers by which Admins sign in to the console, from a file that is read again when it
//! changes, and with it those that it names.
//!
//! Must never know how a provider is asked, nor what one says.

mod channel;
mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_openid::IdentityProviders;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use file::ProvidersError;

use crate::renewal::{self, KeptFiles};
use channel::places;
use file::ReadProviders;

/// Those that a file names, and others once it names others, until `end`; none without a file.
pub fn kept_from(
    path: Option<&Path>,
    end: CancellationToken,
) -> Result<IdentityProviders, ProvidersError> {
    let Some(path) = path else { return Ok(IdentityProviders::default()) };
    let file = ProvidersFile {
        path: path.to_owned(),
        places: places(),
        in_force: IdentityProviders::default(),
    };
    let read = file.read()?;
    file.put_in_force(&read)?;
    let in_force = file.in_force.clone();
    renewal::keep(file, read, end);
    Ok(in_force)
}

/// The file, and what is in force of it.
struct ProvidersFile {
    path: PathBuf,
    places: Arc<Semaphore>,
    in_force: IdentityProviders,
}

impl ProvidersFile {
    fn put_in_force(&self, read: &ReadProviders) -> Result<(), ProvidersError> {
        self.in_force.replace(file::providers(&self.path, read, &self.places)?);
        Ok(())
    }
}

impl KeptFiles for ProvidersFile {
    type Contents = ReadProviders;
    type Problem = ProvidersError;
    const STAYS: &'static str = "the identity providers before stay in force";

    fn read(&self) -> Result<ReadProviders, ProvidersError> {
        file::read(&self.path)
    }

    fn renew(&self, read: &ReadProviders) -> Result<(), ProvidersError> {
        self.put_in_force(read)?;
        let (file, sites) = (self.path.display(), self.in_force.sites().len());
        tracing::info!(%file, sites, "Admins sign in by the identity providers that the file names now");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
