//! The lines about whoever follows the ledger.

use crate::forms::BASE;
use crate::house::{House, Size};
use crate::lines::{Line, Work};
use crate::outcome::Outcome;
use crate::requests::Scim;
use crate::statistics::thousands;
use crate::watches::{LIVE, Watchers};
use std::rc::Rc;

/// How many follow.
const DELIVERED_TO: [usize; 3] = [1, 10, 100];

/// What is told to 1, 10 and 100, and PATCH while ten follow.
pub fn lines(house: &House) -> Outcome<Vec<Line>> {
    let Size { sqlite, postgres, serve, serve_postgres, .. } = &house.sizes[0];
    let users = thousands(sqlite.users);
    let mut lines = Vec::new();
    for number in DELIVERED_TO {
        lines.push(Line {
            key: format!("{}/watch/{number}", sqlite.users),
            title: format!("Events told to {number} who follow, SQLite, {users} users"),
            work: Work::Watch {
                watchers: Watchers::of(serve, number)?,
                dataset: Rc::clone(sqlite),
            },
            processes: vec![serve.id],
        });
    }
    for (engine, dataset, serve, processes) in [
        ("sqlite", sqlite, serve, vec![serve.id]),
        ("postgres", postgres, serve_postgres, vec![serve_postgres.id, house.cluster.id()]),
    ] {
        let alone = Work::Scim {
            scheme: "http",
            host: serve.http.clone(),
            base: BASE,
            what: Scim::Patch,
            users: dataset.users,
            dataset: Rc::clone(dataset),
        };
        lines.push(Line {
            key: format!("{}/{engine}/patch-watched", dataset.users),
            title: format!("PATCH active while {LIVE} follow, {}, {users} users", dataset.engine),
            work: Work::Watched { watchers: Watchers::of(serve, LIVE)?, work: Box::new(alone) },
            processes,
        });
    }
    Ok(lines)
}
