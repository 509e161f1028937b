//! A rolling restart: two gateways, each with a core, on one PostgreSQL. One process after the other ends and
//! comes back, while whoever asks goes where `/readyz` says that work is taken. No request fails.
//!
//! Nothing here depends on how long anything takes: a process pauses until everybody goes elsewhere, and is then
//! told that it need not pause any longer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use provost_proto::v1::{LookupUserRequest, RegisterSignInRequest, lookup_user_request};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Callers, Engine, until};

/// How many times each process is restarted; this many without the variable.
const ROUNDS: (&str, usize) = ("PROVOST_TEST_ROLLING_ROUNDS", 2);
/// How many ask at once, over each of both ways.
const CALLERS: usize = 4;
/// Longer than anything here lasts.
const PAUSE: &str = "3600";
const USER: &str = "ada@example.com";

/// A gateway or a core as a balancer knows it.
#[derive(Clone)]
struct Backend {
    admin: SocketAddr,
    served: SocketAddr,
    is_ready: Arc<AtomicBool>,
}

/// Both halves twice, and where the callers may go.
struct Installation {
    fixture: Fixture,
    cores: [Served; 2],
    gateways: [Served; 2],
    end: CancellationToken,
    /// How often each caller was answered.
    answered: Arc<[AtomicUsize; 2 * CALLERS]>,
}

#[tokio::test]
async fn a_rolling_restart_fails_no_request() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let rounds = std::env::var(ROUNDS.0).ok().and_then(|rounds| rounds.parse().ok());
    let mut installation = Installation::start(fixture).await;
    let token = installation.cores[0].scim_token();
    let operator = installation.fixture.operator(&installation.cores[0]);
    let request =
        RegisterSignInRequest { user_name: USER.to_owned(), ..RegisterSignInRequest::default() };
    let signed_in = operator.users().register_sign_in(request).await.unwrap().into_inner();
    let id = signed_in.decision.unwrap().user.unwrap().id;
    let [gateways, cores] = installation.backends();
    let callers: Vec<_> = (0..CALLERS)
        .flat_map(|caller| {
            let scim = installation.ask_scim(caller, &gateways, &token, &id);
            let grpc = installation.ask_grpc(caller, &cores, &operator);
            [scim, grpc]
        })
        .collect();
    for _ in 0..rounds.unwrap_or(ROUNDS.1) {
        for place in 0..2 {
            installation.restart_core(place, &cores[place], &gateways[place]).await;
            installation.restart_gateway(place, &gateways[place]).await;
        }
    }
    installation.end.cancel();
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(installation.answers().iter().sum::<usize>() > 100);
}

impl Backend {
    /// Known from now on, until `end`.
    fn watched(admin: SocketAddr, served: SocketAddr, end: &CancellationToken) -> Self {
        let backend = Self { admin, served, is_ready: Arc::new(AtomicBool::new(true)) };
        let (looked_at, end) = (backend.clone(), end.clone());
        tokio::spawn(async move {
            let mut pulse = tokio::time::interval(Duration::from_millis(50));
            while end.run_until_cancelled(pulse.tick()).await.is_some() {
                looked_at.is_ready.store(looked_at.takes_work().await, Ordering::Relaxed);
            }
        });
        backend
    }

    async fn takes_work(&self) -> bool {
        let request = Request {
            method: "GET".to_owned(),
            target: "/readyz".to_owned(),
            headers: Vec::new(),
            body: None,
        };
        wire::send(self.admin, &request).await.is_ok_and(|answer| answer.status == 200)
    }

    async fn is(&self, ready: bool) {
        until("a process takes work, or says that it takes none", async || {
            (self.is_ready.load(Ordering::Relaxed) == ready).then_some(())
        })
        .await;
    }
}

/// One that takes work, as a balancer chooses. There always is one.
fn ready(backends: &[Backend; 2], turn: usize) -> &Backend {
    let order = [&backends[turn % 2], &backends[(turn + 1) % 2]];
    let chosen = order.into_iter().find(|backend| backend.is_ready.load(Ordering::Relaxed));
    chosen.expect("one of both takes work")
}

impl Installation {
    async fn start(fixture: Fixture) -> Self {
        let cores = [core(&fixture, None).await, core(&fixture, None).await];
        let gateways =
            [gateway(&fixture, &cores[0], None).await, gateway(&fixture, &cores[1], None).await];
        let (end, answered) =
            (CancellationToken::new(), Arc::<[AtomicUsize; 2 * CALLERS]>::default());
        Self { fixture, cores, gateways, end, answered }
    }

    fn backends(&self) -> [[Backend; 2]; 2] {
        let watched = |process: &Served, served| Backend::watched(process.admin, served, &self.end);
        [
            self.gateways.each_ref().map(|gateway| watched(gateway, gateway.http)),
            self.cores.each_ref().map(|core| watched(core, core.grpc)),
        ]
    }

    fn answers(&self) -> [usize; 2 * CALLERS] {
        self.answered.each_ref().map(|answered| answered.load(Ordering::Relaxed))
    }

    /// Until each caller was answered once more, wherever it had gone before.
    async fn everybody_has_chosen_anew(&self) {
        let before = self.answers();
        until("each caller is answered once more", async || {
            let mut both = self.answers().into_iter().zip(before);
            both.all(|(now, before)| now > before).then_some(())
        })
        .await;
    }

    /// The core alone. Its gateway hears of it, and so does whoever asks that one.
    async fn restart_core(&mut self, place: usize, own: &Backend, gateway: &Backend) {
        self.cores[place].terminate();
        own.is(false).await;
        gateway.is(false).await;
        self.everybody_has_chosen_anew().await;
        let core = &mut self.cores[place];
        core.terminate();
        assert_eq!(core.ended().await.code(), Some(0), "{}", core.stderr());
        self.cores[place] = self::core(&self.fixture, Some(own)).await;
        own.is(true).await;
        gateway.is(true).await;
    }

    async fn restart_gateway(&mut self, place: usize, own: &Backend) {
        self.gateways[place].terminate();
        own.is(false).await;
        self.everybody_has_chosen_anew().await;
        let gateway = &mut self.gateways[place];
        gateway.terminate();
        assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.stderr());
        self.gateways[place] = self::gateway(&self.fixture, &self.cores[place], Some(own)).await;
        own.is(true).await;
    }

    /// Reads and changes over SCIM, until the end.
    fn ask_scim(
        &self,
        caller: usize,
        gateways: &[Backend; 2],
        token: &str,
        id: &str,
    ) -> JoinHandle<()> {
        let (end, answered, gateways) =
            (self.end.clone(), Arc::clone(&self.answered), gateways.clone());
        let (token, target) = (token.to_owned(), format!("/api/scim/v2/Users/{id}"));
        tokio::spawn(async move {
            for turn in caller.. {
                if end.is_cancelled() {
                    return;
                }
                let change = json!({"Operations": [
                    {"op": "replace", "path": "title", "value": format!("{caller} {turn}")},
                ]});
                let writes = turn % 2 == 0;
                let request = Request {
                    method: if writes { "PATCH" } else { "GET" }.to_owned(),
                    target: target.clone(),
                    headers: vec![
                        ("Authorization".to_owned(), format!("Bearer {token}")),
                        ("Content-Type".to_owned(), "application/scim+json".to_owned()),
                    ],
                    body: writes.then(|| change.to_string().into_bytes()),
                };
                let gateway = ready(&gateways, turn / 2);
                wire::send(gateway.served, &request).await.unwrap().expect(200);
                answered[caller].fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    /// Looks up over gRPC, until the end.
    fn ask_grpc(&self, caller: usize, cores: &[Backend; 2], operator: &Callers) -> JoinHandle<()> {
        let (end, answered, cores) = (self.end.clone(), Arc::clone(&self.answered), cores.clone());
        let mut channels = cores.each_ref().map(|core| operator.at(core.served).users());
        tokio::spawn(async move {
            for turn in caller.. {
                if end.is_cancelled() {
                    return;
                }
                let chosen = ready(&cores, turn).served;
                let channel = usize::from(chosen == cores[1].served);
                let request = LookupUserRequest {
                    key: Some(lookup_user_request::Key::UserName(USER.to_owned())),
                    ..LookupUserRequest::default()
                };
                channels[channel].lookup_user(request).await.unwrap();
                answered[CALLERS + caller].fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}

async fn core(fixture: &Fixture, place: Option<&Backend>) -> Served {
    launch(fixture, "core", "PROVOST_GRPC__LISTEN", place, &[]).await
}

async fn gateway(fixture: &Fixture, core: &Served, place: Option<&Backend>) -> Served {
    let core = format!("http://{}", core.grpc);
    let address = ("PROVOST_CORE__ADDRESS", core.as_str());
    launch(fixture, "gateway", "PROVOST_HTTP__LISTEN", place, &[address]).await
}

/// Where it was before, if it was.
async fn launch(
    fixture: &Fixture,
    role: &str,
    listen: &str,
    place: Option<&Backend>,
    more: &[(&str, &str)],
) -> Served {
    let addresses = place.map(|place| (place.served.to_string(), place.admin.to_string()));
    let mut variables = vec![("PROVOST_SHUTDOWN__PAUSE_SECONDS", PAUSE)];
    variables.extend(more);
    if let Some((served, admin)) = &addresses {
        variables.extend([(listen, served.as_str()), ("PROVOST_ADMIN__LISTEN", admin.as_str())]);
    }
    fixture.launch(role, &variables).await
}
