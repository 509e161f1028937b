//! Nobody pays for a neighbour: for each thing that a site, a caller or a request could use up, one
//! bad neighbour at full tilt beside a good one. One file for each such thing. Owns the process, or
//! the two, with both sites and the measure of "answered"; must never know what is used up.

/// Makes tests of each `async fn(Street)` of the calling module: in one process on both databases,
/// and with gateway and core as two, where bytes and waiting lie elsewhere. What the database holds
/// up is the same there, so one of them is enough.
macro_rules! on_every_street {
    ($($story:ident),+ $(,)?) => {
        provost_test_kit::on_both_databases!(crate::neighbours::Street: $($story),+);
        mod split_on_sqlite {
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(crate::neighbours::Street::split_on_sqlite().await).await;
                }
            )+
        }
    };
}

mod batches;
mod bulks;
mod messages;
mod pages;
mod previews;
mod scans;
mod strangers;
mod watches;
mod work;

use std::net::SocketAddr;
use std::time::Duration;

use provost_proto::v1::{CreateSiteRequest, CreateTokenRequest, RegisterSignInRequest};
use provost_test_kit::person;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Answer, Callers, Database, Engine};

/// Within this time the good neighbour is answered. Without its share it waits five times as long.
const ANSWERED: Duration = Duration::from_secs(2);
/// The grace after SIGTERM in these tests.
const GRACE: (&str, &str) = ("PROVOST_SHUTDOWN__GRACE_SECONDS", "5");
/// The time that a process then has to end.
const END: Duration = Duration::from_secs(8);

/// A service with two sites.
pub struct Street {
    /// Stands on its database as long as the service lives.
    fixture: Fixture,
    /// The core.
    core: Served,
    /// Where it is a process of its own.
    gateway: Option<Served>,
}

/// A site with one user, as its identity provider sees it.
#[derive(Clone)]
pub struct Neighbour {
    address: SocketAddr,
    name: &'static str,
    token: String,
    user: String,
}

impl Street {
    /// One process, for `on_both_databases!`.
    pub async fn on(database: Database) -> Self {
        let url = database.url().to_owned();
        let fixture = Fixture { database };
        let core = fixture.serve_with(&[("PROVOST_DATABASE__URL", &url), GRACE]).await;
        Self { fixture, core, gateway: None }
    }

    /// Gateway and core as two processes.
    pub async fn split_on_sqlite() -> Self {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let core = fixture.launch("core", &[GRACE]).await;
        let address = format!("http://{}", core.grpc);
        let gateway = [("PROVOST_CORE__ADDRESS", address.as_str()), GRACE];
        let gateway = Some(fixture.launch("gateway", &gateway).await);
        Self { fixture, core, gateway }
    }

    pub fn operator(&self) -> Callers {
        self.fixture.operator(&self.core)
    }

    /// A fresh site, a token and a user of it.
    pub async fn neighbour(&self, name: &'static str) -> Neighbour {
        let operator = self.operator();
        let mut sites = operator.sites();
        sites
            .create_site(CreateSiteRequest { name: name.to_owned(), options: None })
            .await
            .unwrap();
        let request = CreateTokenRequest {
            site: name.to_owned(),
            name: "neighbour".to_owned(),
            ..CreateTokenRequest::default()
        };
        let token = sites.create_token(request).await.unwrap().into_inner().value;
        let request = RegisterSignInRequest {
            site: name.to_owned(),
            user_name: "ada@example.com".to_owned(),
            profile: Some(person("ada@example.com")),
            ..RegisterSignInRequest::default()
        };
        let answer = operator.users().register_sign_in(request).await.unwrap().into_inner();
        let user = answer.decision.unwrap().user.unwrap().id;
        let address = self.gateway.as_ref().unwrap_or(&self.core).http;
        Neighbour { address, name, token, user }
    }

    /// What the service holds of the machine's memory, in bytes.
    pub fn memory(&self) -> usize {
        self.gateway.iter().chain([&self.core]).map(Served::memory).sum()
    }

    /// SIGTERM: each process ends within the grace, and well; the gateway first.
    pub async fn ends_within_the_grace(self) {
        for mut process in self.gateway.into_iter().chain([self.core]) {
            process.terminate();
            let ended = timeout(END, process.ended()).await;
            let status = ended.expect("the process ends within the grace");
            assert_eq!(status.code(), Some(0), "{}", process.stderr());
        }
    }
}

impl Neighbour {
    /// A question to this neighbour's site.
    pub fn get(&self, path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            target: format!("/c/{}/auth/scim/v2{path}", self.name),
            headers: vec![("Authorization".to_owned(), format!("Bearer {}", self.token))],
            body: None,
        }
    }

    /// A PATCH of this neighbour's user.
    pub fn patch(&self, operations: &Value) -> Request {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        });
        Request {
            method: "PATCH".to_owned(),
            target: format!("/c/{}/auth/scim/v2/Users/{}", self.name, self.user),
            headers: vec![
                ("Authorization".to_owned(), format!("Bearer {}", self.token)),
                ("Content-Type".to_owned(), "application/scim+json".to_owned()),
            ],
            body: Some(body.to_string().into_bytes()),
        }
    }

    /// What this neighbour is answered, however long that takes.
    pub async fn send(&self, request: &Request) -> std::io::Result<Answer> {
        wire::send(self.address, request).await
    }

    /// A small write again and again: each is answered in time.
    pub async fn is_answered_in_time(&self, times: usize) {
        for number in 0..times {
            let title = json!([{"op": "replace", "path": "title", "value": number.to_string()}]);
            let request = self.patch(&title);
            let answer = timeout(ANSWERED, self.send(&request)).await;
            answer.expect("the good neighbour is answered in time").unwrap().expect(200);
        }
    }
}
