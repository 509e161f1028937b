//! A bad neighbour: another site of the same service, whose identity provider asks for as much as a
//! request can say, without a pause.

use crate::forms::authorized;
use crate::outcome::Outcome;
use crate::servers::Running;
use crate::web::{ask, ask_once};
use provost::channel::{AsOperator, Clients, Destination, remote};
use provost_proto::v1::{CreateSiteRequest, CreateTokenRequest, RegisterSignInRequest};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const SITE: &str = "neighbour";
/// It opens nothing but loopback listeners.
const TOKEN: &str = "bench-token-of-a-bad-neighbour";
/// How many requests it has on their way at any time.
const CONNECTIONS: usize = 20;
/// How many addresses its user has, each long.
const ADDRESSES: usize = 100;
/// How often its requests change all of them, and how that is answered: half of the connections
/// ask for more than is done, 56 KB at a time, the others for as much as is.
const REQUESTS: [(usize, u16); 2] = [(1_000, 413), (200, 200)];

/// The neighbour of the users of one service.
pub struct Neighbour {
    host: String,
    requests: [Arc<str>; 2],
    answered: Arc<AtomicU64>,
}

impl Neighbour {
    /// Makes its site and its user.
    pub fn settle(serve: &Running) -> Outcome<Self> {
        let user = Builder::new_current_thread().enable_all().build()?.block_on(user(serve))?;
        let patch = |operations: Value| {
            let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
            let body = json!({"schemas": schemas, "Operations": operations}).to_string();
            let path = format!("/c/{SITE}/auth/scim/v2/Users/{user}");
            authorized(TOKEN, "PATCH", &serve.http, &path, &body)
        };
        let long = "x".repeat(400);
        let address = |n| json!({"value": format!("{n}@example.com"), "display": long});
        let addresses: Vec<Value> = (0..ADDRESSES).map(address).collect();
        let kind = |n| json!({"op": "replace", "path": "emails.type", "value": format!("{n:05}")});
        let times = |(times, _)| patch((0..times).map(kind).collect());
        let made = patch(json!([{"op": "replace", "path": "emails", "value": addresses}]));
        let requests = REQUESTS.map(times);
        let looked_at = requests.iter().zip(REQUESTS.map(|(_, status)| status));
        for (request, status) in std::iter::once((&made, 200)).chain(looked_at) {
            let answer = ask_once(&serve.http, request)?;
            if answer.status != status {
                return Err(format!("the bad neighbour was answered {}", answer.head).into());
            }
        }
        let (host, requests) = (serve.http.clone(), requests.map(Arc::from));
        Ok(Self { host, requests, answered: Arc::default() })
    }

    /// Asks for as long as some work takes.
    pub fn beside<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        for request in self.requests.iter().cycle().take(CONNECTIONS) {
            let (host, request) = (self.host.clone(), Arc::clone(request));
            runtime.spawn(without_pause(host, request, Arc::clone(&self.answered)));
        }
        let done = work();
        runtime.shutdown_background();
        done
    }

    /// How many answers it had since this was asked before.
    pub fn answered(&self) -> u64 {
        self.answered.swap(0, Ordering::Relaxed)
    }
}

/// The id of its user.
async fn user(serve: &Running) -> Outcome<String> {
    let core = Destination { address: format!("http://{}", serve.grpc).parse()?, tls: None };
    let clients = Clients::new(remote(&core), AsOperator::new(&serve.operator_token()?)?);
    let (mut sites, mut users) = (clients.sites, clients.users);
    sites.create_site(CreateSiteRequest { name: SITE.to_owned(), options: None }).await?;
    let token = CreateTokenRequest {
        site: SITE.to_owned(),
        name: "bench".to_owned(),
        value: Some(TOKEN.to_owned()),
        ..CreateTokenRequest::default()
    };
    sites.create_token(token).await?;
    let sign_in = RegisterSignInRequest {
        site: SITE.to_owned(),
        user_name: "neighbour@example.com".to_owned(),
        profile: None,
        ..RegisterSignInRequest::default()
    };
    let decision = users.register_sign_in(sign_in).await?.into_inner().decision;
    let user = decision.and_then(|decision| decision.user);
    Ok(user.ok_or("a sign-in was answered without a user")?.id)
}

/// Connects again where the service ends the connection with its refusal.
async fn without_pause(host: String, request: Arc<str>, answered: Arc<AtomicU64>) {
    while let Ok(mut stream) = TcpStream::connect(&host).await {
        while ask(&mut stream, &request).await.is_ok() {
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}
