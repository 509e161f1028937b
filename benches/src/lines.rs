//! What is measured: lines, each a kind of work against a process.

use crate::dataset::Dataset;
use crate::forms::{BASE, framed};
use crate::groups::{AboutGroups, Groups};
use crate::grpc_load::Callers;
use crate::history;
use crate::house::{House, Size};
use crate::load::CONNECTIONS;
use crate::neighbour::Neighbour;
use crate::operator;
use crate::outcome::{Outcome, Problem};
use crate::requests::{BATCH, Scim};
use crate::servers::Running;
use crate::service;
use crate::statistics::thousands;
use crate::watches::Watchers;
use provost_proto::v1;
use std::path::PathBuf;
use std::rc::Rc;

/// Work that a process is given.
pub enum Work {
    /// SCIM through wrk.
    Scim {
        scheme: &'static str,
        host: String,
        base: &'static str,
        what: Scim,
        users: usize,
        dataset: Rc<Dataset>,
    },
    /// gRPC with a different body for each call.
    Grpc { host: String, token: String, what: Grpc, callers: Callers, dataset: Rc<Dataset> },
    /// gRPC with one body, through h2load.
    H2load { host: String, token: String, what: Grpc, body: Vec<u8>, dataset: Rc<Dataset> },
    /// pgbench, on tables of its own.
    Pgbench { database: String, users: usize },
    /// A bare writer, on a file of its own.
    BareWriter { file: PathBuf },
    /// SCIM about groups, through wrk.
    Groups { host: String, what: AboutGroups, groups: Rc<Groups>, dataset: Rc<Dataset> },
    /// Other work, beside a neighbour who asks for as much as can be asked.
    Beside { neighbour: Neighbour, work: Box<Self> },
    /// The ledger, told over and over.
    Watch { watchers: Watchers, dataset: Rc<Dataset> },
    /// Other work, while some follow it.
    Watched { watchers: Watchers, work: Box<Self> },
}

/// What is called through gRPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grpc {
    /// `GetUser`
    Get,
    /// `ChangeUser` with a new status.
    Change,
    /// The same, each with an id of its own by which it would be known again.
    ChangeOnce,
    /// `BatchChangeUsers` with new statuses, all or nothing.
    Batch,
    /// `ListUsers`, a page of 100 behind a token.
    List { page_token: String },
    /// `ListEvents`, a page of 100 about one user.
    Events,
    /// `ListRoleHolders`, the Admins.
    Holders,
}

impl Grpc {
    /// Where it is called.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Get => "/provost.identity.v1.UserService/GetUser",
            Self::Change | Self::ChangeOnce => "/provost.identity.v1.UserService/ChangeUser",
            Self::Batch => "/provost.identity.v1.UserService/BatchChangeUsers",
            Self::List { .. } => "/provost.identity.v1.UserService/ListUsers",
            Self::Events => "/provost.identity.v1.LedgerService/ListEvents",
            Self::Holders => "/provost.identity.v1.LedgerService/ListRoleHolders",
        }
    }

    /// How many users one call changes.
    fn users(&self) -> usize {
        match self {
            Self::Batch => BATCH,
            Self::Get
            | Self::Change
            | Self::ChangeOnce
            | Self::List { .. }
            | Self::Events
            | Self::Holders => 1,
        }
    }

    /// Whether each user it is about stands for a line of the ledger.
    fn writes(&self) -> bool {
        match self {
            Self::Change | Self::ChangeOnce | Self::Batch => true,
            Self::Get | Self::List { .. } | Self::Events | Self::Holders => false,
        }
    }
}

/// A line of the results.
pub struct Line {
    /// How it is found: `100000/sqlite/get`.
    pub key: String,
    /// What it says to people.
    pub title: String,
    /// What is done.
    pub work: Work,
    /// The processes that do it.
    pub processes: Vec<u32>,
}

/// All lines of a house.
pub fn lines(house: &House) -> Outcome<Vec<Line>> {
    let small = &house.sizes[0];
    let mut lines = yardsticks(house, small)?;
    for size in &house.sizes {
        lines.extend(of_size(house, size)?);
    }
    lines.extend(beside_a_neighbour(house, small)?);
    for size in &house.sizes[1..] {
        lines.push(writer(format!("writer/{}", size.sqlite.users), &size.sqlite)?);
    }
    let large = house.sizes.last().unwrap_or(small);
    lines.extend(lists(large)?);
    Ok(lines)
}

fn scim(key: String, title: &str, host: &str, what: Scim, dataset: &Rc<Dataset>) -> Line {
    let work = Work::Scim {
        scheme: "http",
        host: host.to_owned(),
        base: BASE,
        what,
        users: dataset.users,
        dataset: Rc::clone(dataset),
    };
    Line { key, title: title.to_owned(), work, processes: Vec::new() }
}

impl Line {
    fn of(mut self, processes: &[u32]) -> Self {
        self.processes = processes.to_vec();
        self
    }
}

fn yardsticks(house: &House, small: &Size) -> Outcome<Vec<Line>> {
    let data = &small.sqlite;
    let call = |what| Work::Grpc {
        host: house.echo.grpc.clone(),
        token: "none".to_owned(),
        what,
        callers: Callers::Many,
        dataset: Rc::clone(data),
    };
    let yardstick = |key: &str, title: &str, work, process: u32| Line {
        key: key.to_owned(),
        title: title.to_owned(),
        work,
        processes: vec![process],
    };
    let echo = house.echo.id;
    let echoed = |what: Grpc| Work::H2load {
        host: house.echo.grpc.clone(),
        token: "none".to_owned(),
        body: one_call(data, &what),
        what,
        dataset: Rc::clone(data),
    };
    let pgbench = Work::Pgbench {
        database: small.postgres.database_for_pgbench()?,
        users: small.postgres.users,
    };
    Ok(vec![
        scim(
            "fixed/serve".into(),
            "Fixed answer, one process",
            &house.fixed_serve.http,
            Scim::Get,
            data,
        )
        .of(&[house.fixed_serve.id]),
        scim(
            "fixed/split".into(),
            "Fixed answer, two processes",
            &house.fixed_gateway.http,
            Scim::Get,
            data,
        )
        .of(&[house.fixed_gateway.id, house.fixed_core.id]),
        yardstick("echo/get", "gRPC echo of a user", call(Grpc::Get), echo),
        yardstick("echo/change", "gRPC echo of a decision", call(Grpc::Change), echo),
        yardstick("echo/h2load", "gRPC echo of a user, h2load", echoed(Grpc::Get), echo),
        yardstick(
            "echo/h2load-change",
            "gRPC echo of a decision, h2load",
            echoed(Grpc::Change),
            echo,
        ),
        yardstick("pgbench", "pgbench BEGIN, UPDATE, INSERT, COMMIT", pgbench, house.cluster.id()),
        writer("writer".into(), data)?,
    ])
}

/// A yardstick that is a process for as long as it runs, on a copy of its own.
fn writer(key: String, data: &Dataset) -> Outcome<Line> {
    Ok(Line {
        key,
        title: format!("Bare SQLite writer, groups, {} users", thousands(data.users)),
        work: Work::BareWriter { file: data.copy_for_writer()? },
        processes: Vec::new(),
    })
}

/// The body that h2load sends for ever. Nobody here is anything but registered, so the change
/// changes nothing.
fn one_call(data: &Dataset, what: &Grpc) -> Vec<u8> {
    let (site, user_id) = (String::new(), data.ids.text(data.users / 2));
    if *what != Grpc::Change {
        return framed(&v1::GetUserRequest {
            on_behalf_of: String::new(),
            site,
            user_id,
            include_groups: false,
        });
    }
    let role = v1::Role::Registered.into();
    let change = v1::change::Change::SetRole(v1::SetRole { role });
    let changes = vec![v1::Change { change: Some(change) }];
    framed(&v1::ChangeUserRequest { site, user_id, changes, options: None, include_groups: false })
}

fn of_size(house: &House, size: &Size) -> Outcome<Vec<Line>> {
    let users = size.sqlite.users;
    let key = |rest: &str| format!("{users}/{rest}");
    let title = |rest: &str| format!("{rest}, {} users", thousands(users));
    let on_sqlite = |rest: &str, words: &str, what| {
        scim(key(&format!("sqlite/{rest}")), &title(words), &size.serve.http, what, &size.sqlite)
            .of(&[size.serve.id])
    };
    let on_postgres = |rest: &str, words: &str, what| {
        let key = key(&format!("postgres/{rest}"));
        scim(key, &title(words), &size.serve_postgres.http, what, &size.postgres)
            .of(&[size.serve_postgres.id, house.cluster.id()])
    };
    let grpc = |rest: &str, words: &str, work| Line {
        key: key(&format!("grpc/{rest}")),
        title: title(words),
        work,
        processes: vec![size.serve.id],
    };
    let (host, token) = (size.serve.grpc.clone(), size.serve.operator_token()?);
    let by = |callers, what| Work::Grpc {
        host: host.clone(),
        token: token.clone(),
        what,
        callers,
        dataset: Rc::clone(&size.sqlite),
    };
    let call = |what| by(Callers::Many, what);
    let by_service = Work::Grpc {
        host: host.clone(),
        token: service::token(&size.serve)?,
        what: Grpc::Get,
        callers: Callers::Many,
        dataset: Rc::clone(&size.sqlite),
    };
    let one = |what: Grpc| Work::H2load {
        host: host.clone(),
        token: token.clone(),
        body: one_call(&size.sqlite, &what),
        what,
        dataset: Rc::clone(&size.sqlite),
    };
    Ok(vec![
        on_sqlite("get", "GET by id, SQLite", Scim::Get),
        on_sqlite("filter", "GET by userName filter, SQLite", Scim::Filter),
        scim(
            key("split/get"),
            &title("GET by id, two processes, SQLite"),
            &size.gateway.http,
            Scim::Get,
            &size.sqlite,
        )
        .of(&[size.gateway.id, size.core.id]),
        on_postgres("get", "GET by id, PostgreSQL", Scim::Get),
        on_sqlite("patch", "PATCH active, SQLite", Scim::Patch),
        on_postgres("patch", "PATCH active, PostgreSQL", Scim::Patch),
        on_sqlite("patch-alone", "PATCH active, one caller, SQLite", Scim::PatchAlone),
        on_sqlite(
            "bulk-alone",
            "Bulk of 1,000 PATCHes, one caller, operations, SQLite",
            Scim::Bulk,
        ),
        on_postgres("patch-alone", "PATCH active, one caller, PostgreSQL", Scim::PatchAlone),
        on_postgres(
            "bulk-alone",
            "Bulk of 1,000 PATCHes, one caller, operations, PostgreSQL",
            Scim::Bulk,
        ),
        on_sqlite("put", "PUT that changes a title, SQLite", Scim::PutChange),
        on_sqlite("put-same", "PUT that changes nothing, SQLite", Scim::PutSame),
        grpc("change", "gRPC ChangeUser, SQLite", call(Grpc::Change)),
        grpc("change-once", "gRPC ChangeUser with a request id, SQLite", call(Grpc::ChangeOnce)),
        grpc("change-alone", "gRPC ChangeUser, one caller, SQLite", by(Callers::One, Grpc::Change)),
        grpc(
            "batch-alone",
            "gRPC BatchChangeUsers of 100, one caller, users, SQLite",
            by(Callers::One, Grpc::Batch),
        ),
        grpc("get", "gRPC GetUser, SQLite", call(Grpc::Get)),
        grpc("get-service", "gRPC GetUser by a service, SQLite", by_service),
        grpc("h2load", "gRPC GetUser of one user, SQLite, h2load", one(Grpc::Get)),
        grpc(
            "h2load-change",
            "gRPC ChangeUser that changes nothing, SQLite, h2load",
            one(Grpc::Change),
        ),
    ])
}

/// What a neighbour's requests leave of writing.
fn beside_a_neighbour(house: &House, size: &Size) -> Outcome<[Line; 2]> {
    let users = size.sqlite.users;
    let line = |rest: &str, serve: &Running, dataset: &Rc<Dataset>, processes: &[u32]| {
        let (engine, neighbour) = (dataset.engine, Neighbour::settle(serve)?);
        let key = format!("{users}/{rest}/patch-beside");
        let title = "PATCH active beside a bad neighbour";
        let title = format!("{title}, {engine}, {} users", thousands(users));
        let alone = scim(key, &title, &serve.http, Scim::Patch, dataset).of(processes);
        let work = Work::Beside { neighbour, work: Box::new(alone.work) };
        Ok::<_, Problem>(Line { work, ..alone })
    };
    let on_postgres = [size.serve_postgres.id, house.cluster.id()];
    Ok([
        line("sqlite", &size.serve, &size.sqlite, &[size.serve.id])?,
        line("postgres", &size.serve_postgres, &size.postgres, &on_postgres)?,
    ])
}

fn lists(size: &Size) -> Outcome<Vec<Line>> {
    let users = size.sqlite.users;
    let behind = users / 10 * 9 + 1;
    let key = |rest: &str| format!("{users}/{rest}");
    let title = |rest: &str| format!("{rest}, {} users", thousands(users));
    let page = |rest: &str, words: &str, what| {
        scim(key(rest), &title(words), &size.serve.http, what, &size.sqlite).of(&[size.serve.id])
    };
    let (host, token) = (&size.serve.grpc, size.serve.operator_token()?);
    let call = |rest: &str, words: &str, what| Line {
        key: key(rest),
        title: title(words),
        work: Work::Grpc {
            host: host.clone(),
            token: token.clone(),
            what,
            callers: Callers::Many,
            dataset: Rc::clone(&size.sqlite),
        },
        processes: vec![size.serve.id],
    };
    history::write(size)?;
    let users_behind = |page_token| Grpc::List { page_token };
    let far = users_behind(token_behind(&size.serve, behind - 1)?);
    Ok(vec![
        page("list/first", "Page of 100 at 1", Scim::List(1)),
        page("list/far", &format!("Page of 100 at {behind}"), Scim::List(behind)),
        page("list/sorted", "Page of 100 by user name, descending", Scim::Sorted),
        page("list/cursor", "Page of 100 with a cursor", Scim::Cursor),
        call("list/token-first", "gRPC page of 100, the first", users_behind(String::new())),
        call("list/token-far", "gRPC page of 100 by token, far", far),
        call("ledger/by-user", "gRPC page of 100 events about one user", Grpc::Events),
        call("ledger/holders", "gRPC 100 Admins as of now", Grpc::Holders),
    ])
}

/// The token of the page behind so many users, as a page of one that skips the others gives it.
fn token_behind(serve: &Running, users: usize) -> Outcome<String> {
    operator::ask(serve, async |mut clients| {
        let skip = i64::try_from(users - 1)?;
        let request = v1::ListUsersRequest { page_size: 1, skip, ..Default::default() };
        Ok(clients.users.list_users(request).await?.into_inner().next_page_token)
    })
}

impl Work {
    /// A real user has more bytes than this, as JSON or as a message.
    pub fn least_answer(&self) -> Option<u64> {
        match self {
            Self::Scim { base: BASE, .. } => Some(800),
            Self::H2load { .. } => Some(500),
            Self::Beside { work, .. } | Self::Watched { work, .. } => work.least_answer(),
            _ => None,
        }
    }

    /// Whether whoever answers it decides for each request whether its trace is sampled.
    pub fn is_traced(&self) -> bool {
        match self {
            Self::Scim { base, .. } => *base == BASE,
            Self::Grpc { token, .. } | Self::H2load { token, .. } => token != "none",
            Self::Groups { .. } => true,
            Self::Beside { work, .. } | Self::Watched { work, .. } => work.is_traced(),
            Self::Pgbench { .. } | Self::BareWriter { .. } | Self::Watch { .. } => false,
        }
    }

    /// How many users an answer is about, of which each counts.
    pub fn users(&self) -> usize {
        match self {
            Self::Grpc { what, .. } => what.users(),
            Self::Scim { what, .. } => what.users(),
            Self::Groups { what, .. } => what.users(),
            _ => 1,
        }
    }

    /// How many lines of the ledger an answer stands for, where it writes.
    pub fn events(&self) -> u64 {
        match self {
            Self::Groups { what, .. } => what.events(),
            _ => self.users() as u64,
        }
    }

    /// How many lines of the ledger are those of the requests that are left behind at the end.
    pub fn left_behind(&self) -> u64 {
        match self {
            Self::Scim { what, .. } => u64::from(what.connections()) * self.events(),
            Self::Groups { what, .. } => u64::from(what.connections()) * self.events(),
            Self::Beside { work, .. } | Self::Watched { work, .. } => work.left_behind(),
            _ => u64::from(CONNECTIONS),
        }
    }

    /// Whose ledger it writes, and whether it must.
    pub fn ledger(&self) -> Option<(&Dataset, bool)> {
        match self {
            Self::Scim { what, dataset, base, .. } if *base == BASE => {
                Some((&**dataset, what.writes()))
            }
            Self::Grpc { what, dataset, token, .. } if token != "none" => {
                Some((dataset, what.writes()))
            }
            Self::H2load { dataset, token, .. } if token != "none" => Some((dataset, false)),
            Self::Groups { what, dataset, .. } => Some((dataset, what.writes())),
            Self::Watch { dataset, .. } => Some((dataset, false)),
            Self::Beside { work, .. } | Self::Watched { work, .. } => work.ledger(),
            _ => None,
        }
    }
}
