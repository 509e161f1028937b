//! The lines about groups, and what they are compared with.

use crate::groups::{AboutGroups, Groups, MOVED, PAGE};
use crate::house::House;
use crate::lines::{Line, Work};
use crate::outcome::Outcome;
use crate::ratios::Ratio;
use crate::statistics::thousands;
use std::rc::Rc;

/// What is measured where there are the most users.
pub fn lines(house: &House) -> Outcome<Vec<Line>> {
    let Some(size) = house.sizes.last() else { return Ok(Vec::new()) };
    let (users, groups) = (size.sqlite.users, Rc::new(Groups::make(size)?));
    let line = |key: &str, words: String, what| Line {
        key: format!("{users}/groups/{key}"),
        title: format!("{words}, SQLite, {} users", thousands(users)),
        work: Work::Groups {
            host: size.serve.http.clone(),
            what,
            groups: Rc::clone(&groups),
            dataset: Rc::clone(&size.sqlite),
        },
        processes: vec![size.serve.id],
    };
    let members = thousands(Groups::joined(&size.sqlite).len());
    let moved = thousands(MOVED);
    Ok(vec![
        line(
            "join",
            format!("PATCH by which one joins or leaves a group of {members}"),
            AboutGroups::Join,
        ),
        line(
            "move",
            format!("PATCH that moves {moved} by a rule, one caller, users"),
            AboutGroups::Move,
        ),
        line("list", format!("Page of {PAGE} groups without members"), AboutGroups::List),
    ])
}

/// What the lines are compared with.
pub fn ratios(house: &House) -> Vec<Ratio> {
    let Some(size) = house.sizes.last() else { return Vec::new() };
    let users = size.sqlite.users;
    [
        ("One who joins a large group : PATCH active", "groups/join", "sqlite/patch", 0.5),
        (
            "PATCH that moves 1,000 by a rule, users : BatchChangeUsers, one caller each",
            "groups/move",
            "grpc/batch-alone",
            0.8,
        ),
    ]
    .map(|(title, line, yardstick, at_least)| Ratio {
        title: title.to_owned(),
        line: format!("{users}/{line}"),
        yardstick: format!("{users}/{yardstick}"),
        at_least: Some(at_least),
    })
    .into()
}
