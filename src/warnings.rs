//! What a start warns of: what works, and is likely not meant.
//!
//! Owns the sentences. Must never stop a start.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::Config;

/// So many entries of a folder at most are looked at for data of another installation.
const MOST_NEIGHBORS: usize = 100;

/// A listener that other machines reach, without TLS in front of it as far as can be known here.
pub fn of_clear_listener(what: &str, address: SocketAddr, remedy: &str) {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "{what} is served in clear beyond this machine: {remedy}");
    }
}

/// Hosts in `[http.hosts]` that stand for a site that nobody has made.
pub fn of_unknown_sites(config: &Config, sites: &[String]) {
    for (host, site) in &config.http.hosts {
        if !sites.contains(site) {
            tracing::warn!(
                host,
                site,
                "[http.hosts] names a site that does not exist: make it with `provost site create`"
            );
        }
    }
}

/// Another core that runs on the same data folder. The commands there stay with it.
pub fn of_another_core(address: SocketAddr, data_folder: &Path) {
    tracing::warn!(
        %address,
        folder = %data_folder.display(),
        "another core runs on this data folder, and its commands go there until it ends: stop one of them, unless both are meant, and name this one to commands with --address"
    );
}

/// A data folder that is about to be made beside one that has data.
pub fn of_data_elsewhere(config: &Config) {
    if config.data_dir.exists() || !config.database.url.is_empty() {
        return;
    }
    if let Some(found) = neighbor(&config.data_dir) {
        tracing::warn!(
            folder = %config.data_dir.display(),
            found = %found.display(),
            "a new installation is made here, but there is one beside it: if that is meant, stop and name its folder with --data-dir"
        );
    }
}

/// A folder with a database: beside this one, in the folder above, or in a folder beside that of
/// this one.
fn neighbor(data_folder: &Path) -> Option<PathBuf> {
    let data_folder = std::path::absolute(data_folder).ok()?;
    let (name, here) = (data_folder.file_name()?, data_folder.parent()?);
    let above = here.parent()?;
    let same_name = folders(above).map(|folder| folder.join(name));
    let candidates = folders(here).chain([above.join(name)]).chain(same_name);
    candidates.into_iter().find(|folder| folder.join("provost.db").is_file())
}

fn folders(of: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten().take(MOST_NEIGHBORS);
    entries.map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::neighbor;

    #[test]
    fn data_is_found_beside_and_above() {
        for (has_data, data_folder) in [
            ("provost-data", "other-data"),
            ("provost-data", "release/provost-data"),
            ("one/provost-data", "two/provost-data"),
        ] {
            let top = tempfile::tempdir().unwrap();
            let (found, new) = (top.path().join(has_data), top.path().join(data_folder));
            std::fs::create_dir_all(new.parent().unwrap()).unwrap();
            assert_eq!(neighbor(&new), None, "{data_folder}");
            std::fs::create_dir_all(&found).unwrap();
            std::fs::write(found.join("provost.db"), "").unwrap();
            assert_eq!(neighbor(&new), Some(found), "{data_folder}");
        }
    }
}
