//! A real PostgreSQL for tests: one private cluster, shared by every test process that runs at
//! the same moment, another one that demands TLS, a small one, and a fresh database for every test that asks.
//!
//! Owns finding Debian's binaries, starting the cluster as somebody who isn't root, and seeing to
//! it that the cluster goes away with its last user, however that one ends. Must never know a
//! table, nor touch a cluster that it did not start.

mod binaries;
mod certificate;
mod cluster;
mod database;
mod program;

pub use database::Database;

use cluster::Demand;

/// A fresh, empty database, or `None` with a printed reason where PostgreSQL isn't installed.
///
/// # Panics
/// When the cluster can't be started, and, where `CI=true`, also when PostgreSQL is missing: CI
/// must not pass by leaving tests out.
pub fn database() -> Option<Database> {
    database_that(Demand::Password)
}

/// The same in a cluster that is reached over TLS only: as `localhost`, by its authority
/// ([`Database::authority`]).
///
/// # Panics
/// As [`database`].
pub fn database_over_tls() -> Option<Database> {
    database_that(Demand::Tls)
}

/// The same in a cluster that takes 50 connections.
///
/// # Panics
/// As [`database`].
pub fn database_on_small_server() -> Option<Database> {
    database_that(Demand::FewConnections)
}

fn database_that(demand: Demand) -> Option<Database> {
    let binaries = match binaries::find() {
        Ok(binaries) => binaries,
        Err(missing) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{missing}"),
        Err(missing) => {
            eprintln!("skipped: {missing}");
            return None;
        }
    };
    match cluster::join(&binaries, demand).and_then(|cluster| Database::create(&binaries, cluster))
    {
        Ok(database) => Some(database),
        Err(problem) => panic!("{problem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::database;

    #[test]
    fn every_call_gives_another_database() {
        let (Some(first), Some(second)) = (database(), database()) else {
            return;
        };
        assert_ne!(first.url(), second.url());
        first.query("CREATE TABLE mark (id int)").unwrap();
        let seen = second.query("SELECT count(*) FROM pg_tables WHERE tablename = 'mark'").unwrap();
        assert_eq!(seen.trim(), "0");
    }

    #[test]
    fn the_cluster_is_durable_and_listens_on_this_machine_only() {
        let Some(database) = database() else { return };
        assert_eq!(database.query("SHOW fsync").unwrap().trim(), "on");
        assert_eq!(database.query("SHOW synchronous_commit").unwrap().trim(), "on");
        assert_eq!(database.query("SHOW listen_addresses").unwrap().trim(), "127.0.0.1");
    }
}
