//! A house: a running Provost in one of its shapes on one of its databases, in this process.
//! Owns its start and its end; must never know what is asked of it.

use std::net::SocketAddr;

use provost::config::Config;
use provost::mode::Mode;
use provost::serve::{self, Running};

use tokio::sync::OnceCell;

use super::ledger::{Event, ledger};
use super::wire::{self, Request};
use super::{Callers, canary};
use super::{Database, Engine};

/// How the processes are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Gateway and core in one process.
    AllInOne,
    /// The gateway dials the core over TCP.
    Split,
}

/// A running Provost with a database of its own.
pub struct House {
    pub http: SocketAddr,
    pub operator: Callers,
    pub operator_token: String,
    /// The SCIM token of the site `default`, as the first start prints it; empty where somebody
    /// lived before.
    pub first_token: String,
    database: Database,
    running: Vec<Running>,
    /// Its settings, and the console that is a process of its own, once somebody asks for it.
    config: Box<Config>,
    console: OnceCell<Box<Running>>,
}

/// Tells a story in a fresh house. Where the engine isn't installed, it is not told.
pub async fn run(shape: Shape, engine: Engine, story: impl AsyncFnOnce(&House)) {
    if let Some(house) = House::start(shape, engine).await {
        story(&house).await;
        house.stop().await;
    }
}

impl House {
    pub async fn start(shape: Shape, engine: Engine) -> Option<Self> {
        Some(Self::open(shape, Database::fresh(engine)?).await)
    }

    /// A house on a database that may have been lived in.
    pub async fn open(shape: Shape, database: Database) -> Self {
        Self::open_with(shape, database, |_| ()).await
    }

    /// The same, with something set besides.
    pub async fn open_with(
        shape: Shape,
        database: Database,
        set: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Box::new(Config::embedded().unwrap());
        canary::sit_in(&mut config.telemetry);
        let anywhere: SocketAddr = ([127, 0, 0, 1], 0).into();
        config.data_dir = database.folder().to_owned();
        config.http.listen = anywhere;
        config.grpc.listen = anywhere;
        config.admin.listen = Some(anywhere);
        config.console.listen = Some(anywhere);
        // A SQLite file lies where the service looks by itself.
        config.database.url = database.server_url().unwrap_or_default().to_owned();
        set(&mut config);
        let running = match shape {
            Shape::AllInOne => vec![serve::start(Mode::AllInOne, &config).await.unwrap()],
            Shape::Split => {
                let core = serve::start(Mode::Core, &config).await.unwrap();
                let address = format!("http://{}", core.grpc_addr.unwrap());
                config.core.address = address.parse().ok();
                let gateway = serve::start(Mode::Gateway, &config).await.unwrap();
                vec![core, gateway]
            }
        };
        let grpc = running[0].grpc_addr.unwrap();
        let operator_token = running[0].operator_token.clone().unwrap();
        Self {
            http: running[running.len() - 1].http_addr.unwrap(),
            operator: Callers::new(grpc, &operator_token),
            operator_token,
            first_token: running[0].first_scim_token.clone().unwrap_or_default(),
            database,
            running,
            config,
            console: OnceCell::new(),
        }
    }

    /// Where its console is.
    pub async fn console(&self) -> SocketAddr {
        if self.shape() == Shape::AllInOne {
            return self.running[0].console_addr.unwrap();
        }
        let start = async || Box::new(serve::start(Mode::Console, &self.config).await.unwrap());
        self.console.get_or_init(start).await.console_addr.unwrap()
    }

    /// A code for the link that its first start shows; empty where that shows none.
    pub async fn sign_in_code(&self) -> String {
        let made = self.running[0].first_sign_in_code(&self.config).await;
        made.unwrap().unwrap_or_default()
    }

    /// How its processes are cut.
    pub fn shape(&self) -> Shape {
        if self.running.len() == 1 { Shape::AllInOne } else { Shape::Split }
    }

    /// Which kind of database it stands on.
    pub fn engine(&self) -> Engine {
        if self.database.server_url().is_some() { Engine::Postgres } else { Engine::Sqlite }
    }

    /// The ledger of a site, read beside the service.
    pub async fn ledger(&self, site: &str) -> Vec<Event> {
        ledger(&self.database, site).await
    }

    /// The database, beside the service.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What whoever runs the house reads of its numbers, process by process.
    pub async fn metrics(&self) -> String {
        let mut text = String::new();
        for running in &self.running {
            let request = Request {
                method: "GET".to_owned(),
                target: "/metrics".to_owned(),
                headers: Vec::new(),
                body: None,
            };
            let answer = wire::send(running.admin_addr, &request).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            text += &answer.text();
        }
        text
    }

    /// Drains and ends; the gateway first.
    pub async fn stop(self) {
        canary::hear(&self.metrics().await);
        let console = self.console.into_inner().map(|running| *running);
        for running in self.running.into_iter().chain(console).rev() {
            running.stop().await.unwrap();
        }
        // What is shown to whoever asks why a sync fails.
        let refused = "SELECT operation, reason, sentence FROM refused_requests";
        for told in self.database.rows(refused).await {
            canary::hear(&told.join(" "));
        }
        canary::lives();
    }
}
