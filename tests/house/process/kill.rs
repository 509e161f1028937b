//! Acknowledged means durable (design: the law, point 7): after `kill -9` during a stream of
//! writes every acknowledged write is there, and the ledger agrees with the users.

use std::collections::BTreeMap;

use provost_proto::v1::RegisterSignInRequest;
use sea_orm::FromQueryResult;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Engine, event_body};

/// As many as a full load has, so that the writes are decided in groups.
const WRITERS: usize = 64;
/// How many writes are acknowledged before each of the deaths.
const DEATHS: [usize; 3] = [150, 275, 400];

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    survive(Engine::Sqlite).await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_on_postgres() {
    survive(Engine::Postgres).await;
}

async fn survive(engine: Engine) {
    let Some(fixture) = Fixture::fresh(engine) else { return };
    let mut served = fixture.serve().await;
    let token = served.scim_token();
    let ids = sign_in(&fixture, &served).await;
    let mut acknowledged = vec![0; WRITERS];
    for deaths in DEATHS {
        let (reports, mut acknowledgements) = mpsc::unbounded_channel();
        let writers: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(writer, id)| {
                let stream = Stream {
                    address: served.http,
                    token: token.clone(),
                    id: id.clone(),
                    writer,
                    next: acknowledged[writer] + 1,
                };
                tokio::spawn(stream.write(reports.clone()))
            })
            .collect();
        drop(reports);
        for _ in 0..deaths {
            let (writer, number) = acknowledgements.recv().await.unwrap();
            acknowledged[writer] = number;
        }
        served.kill().await;
        for writer in writers {
            writer.await.unwrap();
        }
        while let Some((writer, number)) = acknowledgements.recv().await {
            acknowledged[writer] = number;
        }
        served = fixture.serve().await;
        for (id, number) in ids.iter().zip(&mut acknowledged) {
            let stored = stored(&served, &token, id).await;
            assert!(stored >= *number, "{id}: {number} was acknowledged, {stored} is there");
            // The write that was cut off may have happened.
            assert!(stored <= *number + 1, "{id}: {stored} was never asked for");
            *number = stored;
        }
        the_ledger_agrees(&fixture).await;
    }
    assert!(largest_group(&fixture).await > 1, "nobody was decided together");
}

/// One writer: the next number as soon as the one before is acknowledged.
struct Stream {
    address: std::net::SocketAddr,
    token: String,
    id: String,
    writer: usize,
    next: u64,
}

impl Stream {
    async fn write(self, reports: mpsc::UnboundedSender<(usize, u64)>) {
        for number in self.next.. {
            let body = json!({"Operations": [
                {"op": "replace", "path": "title", "value": number.to_string()},
                {"op": "replace", "path": "active", "value": number % 2 == 0},
            ]});
            let mut request = request(&self.token, "PATCH", &self.id);
            request.body = Some(body.to_string().into_bytes());
            match wire::send(self.address, &request).await {
                Ok(answer) if answer.status == 200 => {
                    if reports.send((self.writer, number)).is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }
}

fn request(token: &str, method: &str, id: &str) -> Request {
    Request {
        method: method.to_owned(),
        target: format!("/api/scim/v2/Users/{id}"),
        headers: vec![
            ("Authorization".to_owned(), format!("Bearer {token}")),
            ("Content-Type".to_owned(), "application/scim+json".to_owned()),
        ],
        body: None,
    }
}

async fn sign_in(fixture: &Fixture, served: &Served) -> Vec<String> {
    let mut ids = Vec::new();
    let mut users = fixture.operator(served).users();
    for writer in 0..WRITERS {
        let user_name = format!("writer{writer}@example.com");
        let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
        let answer = users.register_sign_in(request).await.unwrap().into_inner();
        ids.push(answer.decision.unwrap().user.unwrap().id);
    }
    ids
}

async fn stored(served: &Served, token: &str, id: &str) -> u64 {
    let answer = wire::send(served.http, &request(token, "GET", id)).await.unwrap();
    let title = answer.expect(200)["title"].clone();
    title.as_str().map_or(0, |title| title.parse().unwrap())
}

#[derive(FromQueryResult)]
struct Line {
    revision: i64,
    last: i64,
    user_key: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    user_key: String,
    version: i64,
    active: bool,
    profile: String,
}

#[derive(FromQueryResult)]
struct Largest {
    lines: i64,
}

/// How many decisions fell together at most: those of a group have one time.
async fn largest_group(fixture: &Fixture) -> i64 {
    let groups = "SELECT count(*) AS lines FROM events GROUP BY at ORDER BY lines DESC LIMIT 1";
    fixture.database.query::<Largest>(groups).await[0].lines
}

/// What the story changes of a user.
#[derive(Debug, Default, PartialEq)]
struct Standing {
    version: i64,
    active: bool,
    title: Option<String>,
}

impl Standing {
    /// As an event leaves it; its portrait shows what it changed.
    fn follow(&mut self, portrait: &Value) {
        self.version = version(portrait);
        self.active = portrait["active"].as_bool().unwrap_or(self.active);
        self.title = title(portrait).or(self.title.take());
    }
}

/// No revision is missing, each event follows from the one before, and the users are what their
/// events made of them.
async fn the_ledger_agrees(fixture: &Fixture) {
    let key = if fixture.database.url().starts_with("postgres") {
        "CAST(%id AS text)"
    } else {
        "hex(%id)"
    };
    let body = event_body(fixture.database.url());
    let lines: Vec<Line> = fixture
        .database
        .query(&format!(
            "SELECT e.revision, s.revision AS last, {} AS user_key, {body} ->> 'before' AS before, \
             {body} ->> 'after' AS after \
             FROM events e JOIN sites s ON s.id = e.site_id AND s.name = 'default' ORDER BY e.revision",
            key.replace("%id", "e.user_id")
        ))
        .await;
    let revisions: Vec<i64> = lines.iter().map(|line| line.revision).collect();
    let expected: Vec<i64> = (1..).take(lines.len()).collect();
    assert_eq!(revisions, expected, "no gap, no double");
    assert_eq!(lines.last().map(|line| line.last), revisions.last().copied());

    let mut told = BTreeMap::<String, Standing>::new();
    for line in lines {
        let Some(user) = line.user_key.filter(|user| !user.is_empty()) else {
            continue;
        };
        let before = line.before.as_deref().map(|portrait| version(&read(portrait)));
        let known = told.get(&user).map(|standing| standing.version);
        assert_eq!(before, known, "revision {}", line.revision);
        told.entry(user).or_default().follow(&read(line.after.as_deref().unwrap()));
    }
    let users: Vec<Row> = fixture
        .database
        .query(&format!(
            "SELECT {} AS user_key, version, active, profile FROM users",
            key.replace("%id", "id")
        ))
        .await;
    let users: BTreeMap<String, Standing> = users
        .into_iter()
        .map(|Row { user_key, version, active, profile }| {
            (user_key, Standing { version, active, title: title(&read(&profile)) })
        })
        .collect();
    assert_eq!(users, told);
}

fn read(document: &str) -> Value {
    serde_json::from_str(document).unwrap()
}

fn version(portrait: &Value) -> i64 {
    portrait["version"].as_i64().unwrap()
}

fn title(document: &Value) -> Option<String> {
    let known = document.get("attributes").unwrap_or(document);
    known["title"].as_str().map(str::to_owned)
}
