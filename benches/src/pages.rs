//! Pages of the console as people open them, now and then: how long does one take?

use crate::account::Account;
use crate::house::House;
use crate::operator;
use crate::outcome::Outcome;
use crate::paced;
use crate::person::Person;
use crate::report::Figure;
use crate::servers::Running;
use crate::statistics::thousands;
use crate::web::ask_once;
use provost::channel::Clients;
use provost_proto::v1::CreateSessionRequest;

/// How many pages are opened in a second: as a few hundred people do who read what they open.
const RATE: f64 = 20.0;
/// How long a page may take, in milliseconds.
const AT_MOST: f64 = 50.0;
/// How many people are opened in turn.
const PEOPLE: usize = 200;

/// What is opened.
struct Opened {
    title: &'static str,
    /// Its addresses, in turn.
    paths: Vec<String>,
    /// What stands on the first of them.
    shows: String,
}

/// How the figures are chosen, as lines are.
pub fn key(house: &House) -> String {
    format!("{}/console", house.sizes[0].sqlite.users)
}

/// Of the smallest users in SQLite, as the operator sees them.
pub fn figures(house: &House, account: &mut Account, seconds: u32) -> Outcome<Vec<Figure>> {
    let small = &house.sizes[0];
    let (dataset, serve) = (&small.sqlite, &small.serve);
    let cookie = signed_in(serve)?;
    let numbers = (0..PEOPLE).map(|place| place * (dataset.users / PEOPLE));
    let found = |number| format!("/sites/default/people?q={}", escaped(number));
    let opened = [
        Opened {
            title: "the list of people",
            paths: vec!["/sites/default/people".to_owned()],
            shows: "<th scope=\"row\">".to_owned(),
        },
        Opened {
            title: "somebody found by user name",
            paths: numbers.clone().map(found).collect(),
            shows: dataset.ids.text(0),
        },
        Opened {
            title: "somebody",
            paths: numbers
                .map(|number| format!("/sites/default/people/{}", dataset.ids.text(number)))
                .collect(),
            shows: Person::new(0).user_name(),
        },
        Opened {
            title: "the provisioning log",
            paths: vec!["/sites/default/log".to_owned()],
            shows: "Provisioning log".to_owned(),
        },
    ];
    let mut figures = Vec::new();
    for Opened { title, paths, shows } in opened {
        let requests: Vec<_> = paths.iter().map(|path| get(serve, path, &cookie)).collect();
        let answer = ask_once(&serve.console, &requests[0])?;
        if answer.status != 200 || !String::from_utf8(answer.body)?.contains(&shows) {
            return Err(format!("the console does not show {title}: {}", answer.head).into());
        }
        let load = paced::run(&serve.console, &requests, RATE, seconds)?;
        if load.failed > 0 {
            account.complain("console", &format!("{} pages of {title} failed", load.failed));
        }
        account.traced += load.answered;
        let users = thousands(dataset.users);
        figures.push(Figure {
            title: format!("p99 of pages of the console, {title}, {RATE:.0}/s, {users} users, ms"),
            shown: format!("{:.2} (p50 {:.2})", load.p99, load.p50),
            value: load.p99,
            at_most: Some(AT_MOST),
        });
    }
    Ok(figures)
}

/// The cookie of a session of the operator.
fn signed_in(serve: &Running) -> Outcome<String> {
    operator::ask(serve, async |clients| {
        let Clients { mut sessions, .. } = clients;
        let made = sessions.create_session(CreateSessionRequest { options: None }).await?;
        Ok(format!("__Host-provost-session={}", made.into_inner().token))
    })
}

fn escaped(number: usize) -> String {
    Person::new(number).user_name().replace('@', "%40")
}

fn get(serve: &Running, path: &str, cookie: &str) -> String {
    let host = &serve.console;
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n")
}
