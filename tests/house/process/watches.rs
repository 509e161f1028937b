//! Watches of a real process: its end, an old backup under them, and what one costs that is not read.

use std::fs;
use std::net::SocketAddr;

use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::value::Kind;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{
    Complex, Profile, RegisterSignInRequest, Value, WatchEventsRequest, WatchEventsResponse,
    WatchStart,
};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};

use crate::support::child::Fixture;
use crate::support::{Callers, Database, Engine, reason};

/// Of the default site and of all.
fn requests() -> [WatchEventsRequest; 2] {
    [false, true].map(|all_sites| WatchEventsRequest { all_sites, ..Default::default() })
}

fn from(request: &WatchEventsRequest, start: Start) -> WatchEventsRequest {
    WatchEventsRequest { start: Some(start), ..request.clone() }
}

/// A watch and the cursor that its consumer has kept.
struct Consumer {
    request: WatchEventsRequest,
    stream: Streaming<WatchEventsResponse>,
    cursor: String,
    /// How many users it was told to be created.
    created: usize,
}

impl Consumer {
    async fn begin(operator: &Callers, request: WatchEventsRequest) -> Result<Self, Status> {
        let stream = operator.ledgers().watch_events(request.clone()).await?.into_inner();
        Ok(Self { request, stream, cursor: String::new(), created: 0 })
    }

    /// The same behind its cursor.
    async fn again(&self, operator: &Callers) -> Result<Self, Status> {
        let behind = from(&self.request, Start::Cursor(self.cursor.clone()));
        Ok(Self { created: self.created, ..Self::begin(operator, behind).await? })
    }

    async fn response(&mut self) -> Result<Option<Content>, Status> {
        let response = self.stream.message().await?.expect("a watch ends with a status");
        self.cursor = response.cursor;
        if let Some(Content::Events(batch)) = &response.content {
            let created = batch.events.iter().filter(|event| event.kind == "user_created");
            self.created += created.count();
        }
        Ok(response.content)
    }

    /// Until it was told of so many, and no more.
    async fn sees_created(&mut self, users: usize) {
        while self.created < users {
            self.response().await.unwrap();
        }
        assert_eq!(self.created, users);
    }

    async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.response().await {
                return status;
            }
        }
    }
}

async fn sign_in(operator: &Callers, user_names: &[&str]) {
    for user_name in user_names {
        let user_name = (*user_name).to_owned();
        let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
        operator.users().register_sign_in(request).await.unwrap();
    }
}

async fn consumers(operator: &Callers) -> Vec<Consumer> {
    let mut consumers = Vec::new();
    for request in requests() {
        let now = from(&request, Start::StartAt(WatchStart::Now.into()));
        let mut consumer = Consumer::begin(operator, now).await.unwrap();
        assert!(matches!(consumer.response().await, Ok(Some(Content::Progress(_)))));
        consumers.push(consumer);
    }
    consumers
}

#[tokio::test]
async fn a_core_that_is_told_to_end_gives_each_its_cursor() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut served = fixture.serve().await;
    let operator = fixture.operator(&served);
    let mut consumers = consumers(&operator).await;
    sign_in(&operator, &["ada"]).await;
    served.terminate();
    for consumer in &mut consumers {
        let end = consumer.end().await;
        assert_eq!(reason(&end), (Code::Unavailable, "CORE_STOPPING".to_owned()), "{end}");
    }
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.stderr());
    let served = fixture.serve().await;
    let operator = fixture.operator(&served);
    sign_in(&operator, &["bob"]).await;
    for consumer in consumers {
        let mut again = consumer.again(&operator).await.unwrap();
        again.sees_created(2).await;
    }
}

#[tokio::test]
async fn an_old_backup_is_told_to_each_on_sqlite() {
    restore(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_old_backup_is_told_to_each_on_postgres() {
    restore(Engine::Postgres).await;
}

/// As `docs/backup.md` says.
async fn restore(engine: Engine) {
    let Some(old) = Fixture::fresh(engine) else { return };
    let mut served = old.serve().await;
    let operator = old.operator(&served);
    let mut consumers = consumers(&operator).await;
    sign_in(&operator, &["ada"]).await;
    let backup = old.path().join("backup");
    old.database.copied_to(&backup).await;
    sign_in(&operator, &["bob", "cyd"]).await;
    for consumer in &mut consumers {
        consumer.sees_created(3).await;
    }
    served.terminate();
    for consumer in &mut consumers {
        assert_eq!(reason(&consumer.end().await).1, "CORE_STOPPING");
    }
    served.ended().await;

    let new =
        Fixture { database: Database::restored_at(engine, "data/provost.db", &backup).unwrap() };
    fs::create_dir_all(new.path().join("data")).unwrap();
    let kept = "data/operator.token";
    fs::copy(old.path().join(kept), new.path().join(kept)).unwrap();
    let served = new.serve().await;
    let operator = new.operator(&served);
    tell_all(&operator, &consumers, "CURSOR_AHEAD").await;
    // As far as before, by other decisions, and then further.
    sign_in(&operator, &["dan", "eve"]).await;
    tell_all(&operator, &consumers, "CURSOR_DIVERGED").await;
    sign_in(&operator, &["fay"]).await;
    tell_all(&operator, &consumers, "CURSOR_DIVERGED").await;
}

async fn tell_all(operator: &Callers, consumers: &[Consumer], expected: &str) {
    for consumer in consumers {
        // It is told before anything else.
        let refusal = match consumer.again(operator).await {
            Err(status) => status,
            Ok(mut again) => again.end().await,
        };
        let expected = (Code::FailedPrecondition, expected.to_owned());
        assert_eq!(reason(&refusal), expected, "{refusal}");
    }
}

/// As many as of one caller.
const STALLED: usize = 120;
/// What one may cost, in bytes.
const COST: usize = 1 << 20;
/// As small as HTTP/2 has them at first.
const WINDOW: u32 = 65_535;
const USERS: usize = 30;

/// The events of thirty users of some fifty kilobytes each are more than a megabyte; nobody keeps them for
/// one who does not read.
#[tokio::test]
async fn a_watch_that_is_not_read_costs_little() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let operator = fixture.operator(&served);
    for number in 0..USERS {
        let request = RegisterSignInRequest {
            user_name: format!("user-{number}"),
            profile: Some(large(number)),
            ..RegisterSignInRequest::default()
        };
        operator.users().register_sign_in(request).await.unwrap();
    }
    let earliest = from(&requests()[0], Start::StartAt(WatchStart::Earliest.into()));
    let reader = |operator: Callers| {
        let earliest = earliest.clone();
        async move { Consumer::begin(&operator, earliest).await.unwrap().sees_created(USERS).await }
    };
    reader(operator.clone()).await;
    let before = served.memory();
    let token = fs::read_to_string(fixture.path().join("data/operator.token")).unwrap();
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        stalled.push(stall(served.grpc, token.trim(), earliest.clone()).await);
    }
    // Others are told all meanwhile.
    for _ in 0..3 {
        reader(operator.clone()).await;
    }
    let each = served.memory().saturating_sub(before) / STALLED;
    assert!(each < COST, "{each} bytes for each watch");
    drop(stalled);
    drop(served);
}

/// A watch on a connection of its own with a small window, of which the first response is read and nothing
/// more.
pub async fn stall(
    core: SocketAddr,
    token: &str,
    request: WatchEventsRequest,
) -> (LedgerServiceClient<Channel>, Streaming<WatchEventsResponse>) {
    let endpoint = Endpoint::from_shared(format!("http://{core}")).unwrap();
    let endpoint =
        endpoint.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let mut ledgers = LedgerServiceClient::new(endpoint.connect_lazy());
    let mut request = Request::new(request);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    let mut stream = ledgers.watch_events(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    (ledgers, stream)
}

/// Some fifty kilobytes.
pub fn large(number: usize) -> Profile {
    let text = |text: String| Value { kind: Some(Kind::Text(text)) };
    let address = |part: usize| {
        let parts = [
            ("value".to_owned(), text(format!("{number}-{part}@example.com"))),
            ("display".to_owned(), text("x".repeat(4_000))),
        ];
        Value { kind: Some(Kind::Complex(Complex { attributes: parts.into() })) }
    };
    let elements = (0..12).map(address).collect();
    let emails = Value { kind: Some(Kind::List(provost_proto::v1::List { elements })) };
    Profile { attributes: [("emails".to_owned(), emails)].into() }
}
