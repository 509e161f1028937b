//! Everything that is measured: the yardsticks, and Provost on users of each size. Must never know what is
//! asked of it.

use crate::dataset::{Dataset, Engine, Origin};
use crate::outcome::Outcome;
use crate::postgres::Cluster;
use crate::servers::{Launcher, Running};
use std::path::Path;
use std::rc::Rc;

/// Everything that runs at the same time.
pub struct House {
    /// PostgreSQL.
    pub cluster: Rc<Cluster>,
    /// The yardstick of one process.
    pub fixed_serve: Running,
    /// The echo of gRPC.
    pub echo: Running,
    /// The yardstick of two processes: the core,
    pub fixed_core: Running,
    /// and the real gateway in front of it.
    pub fixed_gateway: Running,
    /// Provost on users of each size.
    pub sizes: Vec<Size>,
}

/// Provost on so many users.
pub struct Size {
    /// In SQLite.
    pub sqlite: Rc<Dataset>,
    /// In PostgreSQL.
    pub postgres: Rc<Dataset>,
    /// `provost serve` on SQLite.
    pub serve: Running,
    /// `provost core` on SQLite.
    pub core: Running,
    /// `provost gateway` in front of it.
    pub gateway: Running,
    /// `provost serve` on PostgreSQL.
    pub serve_postgres: Running,
}

impl House {
    /// Opens the users and starts everything.
    pub fn furnish(
        folder: &Path,
        launcher: &Launcher,
        cluster: Rc<Cluster>,
        users: &[usize],
    ) -> Outcome<Self> {
        let origin = Origin::own(folder)?;
        let mut sizes = Vec::new();
        for users in users {
            let open = |engine| Dataset::open(&origin, &cluster, engine, *users).map(Rc::new);
            let (sqlite, postgres) = (open(Engine::Sqlite)?, open(Engine::Postgres)?);
            let serve = launcher.serve_with_console(&format!("serve-{users}"), &sqlite)?;
            let core = launcher.core(&format!("core-{users}"), &sqlite)?;
            let gateway = launcher.gateway(&format!("gateway-{users}"), &core)?;
            let serve_postgres = launcher.serve(&format!("serve-postgres-{users}"), &postgres)?;
            sizes.push(Size { sqlite, postgres, serve, core, gateway, serve_postgres });
        }
        let (echo, fixed_core) = (launcher.echo()?, launcher.fixed_core()?);
        let fixed_gateway = launcher.gateway("fixed-gateway", &fixed_core)?;
        let fixed_serve = launcher.fixed_serve()?;
        Ok(Self { cluster, fixed_serve, echo, fixed_core, fixed_gateway, sizes })
    }
}
