//! Other SCIM servers with the same users, as far as each can hold them, asked the same.

use crate::children::bound;
use crate::dataset::Dataset;
use crate::house::House;
use crate::lines::{Line, Work};
use crate::outcome::Outcome;
use crate::person::Person;
use crate::ratios::Ratio;
use crate::requests::Scim;
use crate::servers::{Launcher, Running};
use crate::statistics::thousands;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

/// A peer, and how many users it can hold.
struct Kind {
    name: &'static str,
    base: &'static str,
    users: usize,
    command: fn(&Path) -> Command,
}

/// Both keep users in memory; scimmy-routers leaves that, and filters, to its host: `server.mjs`.
const KINDS: [Kind; 2] = [
    Kind {
        name: "scimmy-routers",
        base: "/peer/scim/v2",
        users: 100_000,
        command: |folder| {
            let mut command = bound("TERM", "node");
            command.arg("--max-old-space-size=8192").arg(folder.join("scimmy/server.mjs"));
            command
        },
    },
    Kind {
        name: "scim2-server",
        base: "/v2",
        users: 100_000,
        command: |folder| {
            let mut command = bound("TERM", folder.join("scim2/venv/bin/python"));
            command.arg(folder.join("scim2/server.py"));
            command
        },
    },
];

/// The peers at work.
pub struct Peers(Vec<(&'static Kind, usize, Running)>);

impl Peers {
    /// Starts them, each with the first users of the smallest size.
    pub fn start(folder: &Path, launcher: &Launcher, house: &House) -> Outcome<Self> {
        let dataset = &house.sizes[0].sqlite;
        let mut peers = Vec::new();
        for kind in &KINDS {
            let users = kind.users.min(dataset.users);
            let file = folder.join(format!("{}.jsonl", kind.name));
            write(&file, dataset, users)?;
            let mut command = (kind.command)(&folder.join("peers"));
            command.arg(&file).arg(kind.base);
            eprintln!("starting {} with {users} users", kind.name);
            peers.push((kind, users, launcher.peer(kind.name, command)?));
        }
        Ok(Self(peers))
    }

    /// What they are asked.
    pub fn lines(&self, house: &House) -> Vec<Line> {
        let dataset = &house.sizes[0].sqlite;
        let line = |(kind, users, running): &(&Kind, usize, Running), (what, word, title)| Line {
            key: format!("@{}/{word}", kind.name),
            title: format!("{}: {title}, {} users", kind.name, thousands(*users)),
            work: Work::Scim {
                scheme: "http",
                host: running.http.clone(),
                base: kind.base,
                what,
                users: *users,
                dataset: Rc::clone(dataset),
            },
            processes: vec![running.id],
        };
        self.0.iter().flat_map(|peer| QUESTIONS.map(|question| line(peer, question))).collect()
    }

    /// Provost against each.
    pub fn ratios(&self, house: &House) -> Vec<Ratio> {
        let users = house.sizes[0].sqlite.users;
        let ratio = |kind: &Kind, (_, word, title): (Scim, &str, &str)| Ratio {
            title: format!("{title}, Provost on SQLite : {}", kind.name),
            line: format!("{users}/sqlite/{word}"),
            yardstick: format!("@{}/{word}", kind.name),
            at_least: None,
        };
        let peers = self.0.iter();
        peers.flat_map(|(kind, ..)| QUESTIONS.map(|question| ratio(kind, question))).collect()
    }
}

const QUESTIONS: [(Scim, &str, &str); 3] = [
    (Scim::Get, "get", "GET by id"),
    (Scim::Filter, "filter", "GET by userName filter"),
    (Scim::Patch, "patch", "PATCH active"),
];

fn write(file: &Path, dataset: &Dataset, users: usize) -> Outcome {
    let mut file = BufWriter::new(File::create(file)?);
    for number in 0..users {
        writeln!(file, "{}", Person::new(number).resource(&dataset.ids.text(number), true, None))?;
    }
    Ok(file.flush()?)
}
