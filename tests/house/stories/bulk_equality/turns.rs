//! In which order operations of a bulk request have their turns, found the slow way: again and again the first one
//! that waits for nothing any more. Must never know what becomes of them.

use std::collections::BTreeSet;

use serde_json::Value;

/// The numbers of operations, without those of new resources that refer back to themselves.
pub fn of(operations: &[Value]) -> Vec<usize> {
    let references: Vec<_> = operations.iter().map(|one| references(operations, one)).collect();
    let without_circles = turns(operations.len(), |number| references[number].clone());
    let is_possible =
        |number: usize| operations[number]["method"] != "POST" || without_circles.contains(&number);
    // What is not possible is refused in its turn, and so is what refers to it.
    let turns = turns(operations.len(), |number| {
        let references = references[number].iter().filter(|_| is_possible(number));
        references.copied().chain(before(operations, number)).collect()
    });
    assert_eq!(turns.len(), operations.len(), "something waits for ever");
    turns.into_iter().filter(|number| is_possible(*number)).collect()
}

fn turns(length: usize, waits_for: impl Fn(usize) -> BTreeSet<usize>) -> Vec<usize> {
    let mut turns = Vec::new();
    let is_next = |number: &usize, turns: &Vec<usize>| {
        !turns.contains(number) && waits_for(*number).iter().all(|one| turns.contains(one))
    };
    while let Some(next) = (0..length).find(|number| is_next(number, &turns)) {
        turns.push(next);
    }
    turns
}

/// The operations that make what this one names by its bulk id.
fn references(operations: &[Value], operation: &Value) -> BTreeSet<usize> {
    let text = operation.to_string();
    let names = text.split("bulkId:").skip(1);
    let names = names.map(|rest| rest.split('"').next().unwrap_or_default());
    let maker = |name: &str| operations.iter().position(|one| one["bulkId"] == name);
    names.map(|name| maker(name).unwrap()).collect()
}

/// The one before on the same resource.
fn before(operations: &[Value], number: usize) -> Option<usize> {
    let path = &operations[number]["path"];
    let is_whole = path == "/Users" || path == "/Groups";
    operations[..number].iter().rposition(|one| one["path"] == *path).filter(|_| !is_whole)
}

#[test]
fn each_has_its_turn_right_behind_what_it_waits_for() {
    let make = |bulk_id: &str, data: &str| serde_json::json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data});
    let patch = |path: &str| serde_json::json!({"method": "PATCH", "path": path});
    let all = [patch("/Users/bulkId:b"), patch("/Users/1"), make("a", ""), make("b", "bulkId:a")];
    assert_eq!(of(&all), [1, 2, 3, 0]);
    let circle = [patch("/Users/bulkId:b"), make("a", "bulkId:b"), make("b", "bulkId:a")];
    assert_eq!(of(&circle), [0]);
}
