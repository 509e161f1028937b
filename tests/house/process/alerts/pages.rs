//! What the pages of alerts tell to type is done as it stands there, at a service that has what they name. Must
//! never know what is wrong.

use std::net::SocketAddr;

use futures::future::join_all;
use provost_proto::v1::{AcknowledgeEventsRequest, RegisterSignInRequest, WatchEventsRequest};

use super::operate;
use super::runbook::{PROVOST, alerts, quoted};
use crate::support::Engine;
use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};

/// The admin listener, where nobody says anything else.
const ADMIN: &str = "curl -s http://127.0.0.1:9464";
/// What the base URL is tried with, which is another one in each house.
const OUTSIDE: &str = "curl -si";
/// What the pages call a site of somebody's.
const SITE: &str = "acme";

/// What stands in backticks to be read, and what is typed as it is on any machine.
const READ: [&str; 28] = [
    "/livez",
    "[admin] listen",
    "[admin] told_apart",
    "[core] address",
    "_other",
    "connections",
    "console",
    "core: not ok",
    "data_dir",
    "database: not ok",
    "df",
    "disk",
    "drain: not ok",
    "du",
    "duration_ms",
    "groups_are_deleted",
    "grpc",
    "max_connections",
    "migrations: not ok",
    "nightly",
    "ok",
    "provost",
    "provost.toml",
    "scim",
    "surface",
    "trace_id",
    "up",
    "url",
];

/// What is to be done with something in backticks.
#[derive(Debug, PartialEq)]
enum Told<'a> {
    /// The program is started with this.
    Command(&'a str),
    /// The admin listener is asked for this.
    Page(&'a str),
    /// The base URL is asked for, without a token.
    BaseUrl,
    /// A database of this kind is told this.
    Statement(Engine, &'a str),
    /// It is read.
    Nothing,
}

/// Nothing of what is in no list: a command that is new must not be passed over.
fn told(words: &str) -> Option<Told<'_>> {
    let of = |letter: fn(char) -> bool| words.chars().all(|next| next == '_' || letter(next));
    if let Some(command) = words.strip_prefix(PROVOST) {
        Some(Told::Command(command))
    } else if let Some(target) = words.strip_prefix(ADMIN) {
        Some(Told::Page(target))
    } else if words == OUTSIDE {
        Some(Told::BaseUrl)
    } else if words.starts_with("SELECT ") || words.starts_with("DROP TRIGGER ") {
        let is_postgres = ["pg_", " ON "].iter().any(|word| words.contains(word));
        let engine = if is_postgres { Engine::Postgres } else { Engine::Sqlite };
        Some(Told::Statement(engine, words))
    } else {
        let is_metric = words.starts_with("provost_") && of(|letter| letter.is_ascii_lowercase());
        let is_reason = words.contains('_') && of(|letter| letter.is_ascii_uppercase());
        (is_metric || is_reason || READ.contains(&words)).then_some(Told::Nothing)
    }
}

#[test]
fn a_command_that_nobody_knows_is_not_passed_over() {
    for unknown in [
        "systemctl restart provost",
        "reboot",
        "REINDEX",
        "curl -s http://127.0.0.1:9465/readyz",
        "UPDATE users SET active = true",
    ] {
        assert_eq!(told(unknown), None, "{unknown}");
    }
    for known in ["provost_watch_pending", "LAST_ADMIN", "up"] {
        assert_eq!(told(known), Some(Told::Nothing), "{known}");
    }
}

#[tokio::test]
async fn what_a_page_tells_to_type_is_done() {
    let postgres = Fixture::fresh(Engine::Postgres);
    if let Some(fixture) = &postgres {
        drop(fixture.serve().await);
    }
    let (mut done, mut failed) = (0, Vec::new());
    for alert in alerts() {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve().await;
        furnish(&fixture, &served).await;
        for words in quoted(&alert, "") {
            let problem = match told(&words) {
                None => Some("nobody knows what this is: do it here, or read it".to_owned()),
                Some(Told::Nothing) => continue,
                Some(Told::Command(command)) => run(&fixture, &served, command).await,
                Some(Told::Page(target)) => answers(served.admin, target).await,
                Some(Told::BaseUrl) => answers(served.http, "/api/scim/v2").await,
                Some(Told::Statement(engine, sql)) => {
                    let at = match engine {
                        Engine::Sqlite => Some(&fixture),
                        Engine::Postgres => postgres.as_ref(),
                    };
                    let Some(at) = at else { continue };
                    state(at, sql).await;
                    None
                }
            };
            done += 1;
            failed.extend(problem.map(|problem| format!("{alert}: {words}: {problem}")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(done > 40, "pages tell to type {done} things");
}

/// What went wrong with a command.
async fn run(fixture: &Fixture, served: &Served, command: &str) -> Option<String> {
    let arguments: Vec<_> = command.split(' ').collect();
    let output = fixture.operate(served, &arguments).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(said)
}

/// What was answered that is not well.
async fn answers(address: SocketAddr, target: &str) -> Option<String> {
    let request = Request {
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: None,
    };
    let answer = wire::send(address, &request).await.unwrap();
    (answer.status != 200).then(|| answer.text())
}

/// Fails where the database does not take it.
async fn state(fixture: &Fixture, sql: &str) {
    let counted = format!("SELECT CAST(count(*) AS text) FROM ({sql}) AS found");
    let does = match fixture.database.server_url() {
        Some(_) => "FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        None => "BEGIN SELECT 1; END",
    };
    if sql.starts_with("DROP TRIGGER ") {
        let there = format!("CREATE TRIGGER lines_elsewhere BEFORE UPDATE ON events {does}");
        fixture.database.rows(&there).await;
    }
    fixture.database.rows(if sql.starts_with("SELECT ") { &counted } else { sql }).await;
}

/// A site with a connection and people, one of whom was deactivated, and a service that follows its ledger.
async fn furnish(fixture: &Fixture, served: &Served) {
    operate(fixture, served, "site create acme").await;
    operate(fixture, served, "connection create okta --site acme").await;
    operate(fixture, served, "token create --site acme --name okta --connection okta").await;
    let operator = fixture.operator(served);
    let names = (0..12).map(|number| format!("user{number}")).chain(["ada@example.com".to_owned()]);
    let sign_ins = names.map(|user_name| {
        let mut users = operator.users();
        let site = SITE.to_owned();
        let request = RegisterSignInRequest { site, user_name, ..Default::default() };
        async move { users.register_sign_in(request).await.unwrap() }
    });
    join_all(sign_ins).await;
    operate(fixture, served, "user deactivate ada@example.com --site acme").await;
    let token = operator.service_token("billing").await;
    operate(fixture, served, "service token create billing --name production").await;
    let mut ledgers = operator.with_token(&token).ledgers();
    let request = WatchEventsRequest { sites: vec![SITE.to_owned()], ..Default::default() };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    let request = AcknowledgeEventsRequest { consumer: "mail".to_owned(), cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();
}
