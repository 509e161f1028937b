//! The figures of `docs/operations.md`, which are those of `benches/results.md`, rounded.
//!
//! `INSTA_UPDATE=always scripts/test sizing` writes them anew. Must never know what is enough.

use std::fs;

use super::rules::house;

/// Where the figures begin on the page, and what stands behind them.
const BEGIN: &str = "| Shape, 1,000,000 users";
const END: &str = "\n\n- **One small machine";

/// The cells of a line of the results behind its name, each without its range.
fn line(results: &str, name: &str) -> Vec<String> {
    let begin = format!("| {name} | ");
    let found = results.lines().find_map(|line| line.strip_prefix(&*begin));
    let found = found.unwrap_or_else(|| panic!("benches/results.md has no line {name:?}"));
    let cells = found.split('|').map(|cell| cell.split(" [").next().unwrap().trim().to_owned());
    cells.collect()
}

/// A figure, where `k` stands for thousands.
fn figure(cell: &str) -> f64 {
    let (number, times) = cell.strip_suffix('k').map_or((cell, 1.0), |number| (number, 1_000.0));
    let number: f64 = number.parse().unwrap_or_else(|error| panic!("{cell:?}: {error}"));
    number * times
}

/// To the nearest of these steps, with commas between thousands.
fn rounded(figure: f64, step: u32) -> String {
    let step = f64::from(step);
    let whole = format!("{:.0}", (figure / step).round() * step);
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The part of the page.
fn written(results: &str) -> String {
    let rate = |name: &str| rounded(figure(&line(results, name)[0]), 100);
    let memory = |name: &str| rounded(figure(&line(results, name)[4]), 10);
    let [get, split, get_postgres, patch, patch_postgres] = [
        "GET by id, SQLite, 1,000,000 users",
        "GET by id, two processes, SQLite, 1,000,000 users",
        "GET by id, PostgreSQL, 1,000,000 users",
        "PATCH active, SQLite, 1,000,000 users",
        "PATCH active, PostgreSQL, 1,000,000 users",
    ];
    let page = line(results, "Page of 100 at 1, 1,000,000 users");
    let (pages, page_takes) = (rounded(figure(&page[0]), 100), rounded(figure(&page[1]), 10));
    let growth = line(results, "Growth of its own memory, second half over first, MiB");
    let growth = rounded(figure(&growth[0]), 1);
    let start = line(results, "Start of `serve` until the first answer, 1,000,000 users, s");
    let start = rounded(figure(&start[0]) * 1_000.0, 1);
    format!(
        "{BEGIN} | Reads by id | Changes of status | Memory |\n\
         |---|---|---|---|\n\
         | `provost serve` on SQLite | {} a second | {} a second, each durable | {} MiB |\n\
         | `provost core` and `provost gateway` on SQLite | {} a second | | {} MiB, both |\n\
         | `provost serve` on PostgreSQL | {} a second | {} a second | {} MiB, and the server's |\n\
         \n\
         A page of 100 users with their groups takes {page_takes} ms under that load, {pages} of them a second. From the first to the second\n\
         half of ten minutes of mixed load the process's own memory grew by {growth} MiB. A start with 1,000,000 users takes {start} ms.",
        rate(get),
        rate(patch),
        memory(get),
        rate(split),
        memory(split),
        rate(get_postgres),
        rate(patch_postgres),
        memory(get_postgres),
    )
}

#[test]
fn sizing_says_what_was_measured() {
    let results = fs::read_to_string(house().join("benches/results.md")).unwrap();
    let path = house().join("docs/operations.md");
    let page = fs::read_to_string(&path).unwrap();
    let begin = page.find(BEGIN).unwrap();
    let end = page[begin..].find(END).map(|length| begin + length).unwrap();
    let written = written(&results);
    if page[begin..end] == written {
        return;
    }
    let renews = std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always");
    assert!(renews, "docs/operations.md is old: INSTA_UPDATE=always scripts/test sizing");
    fs::write(path, [&page[..begin], &*written, &page[end..]].concat()).unwrap();
}

#[test]
fn figures_are_rounded() {
    for (cell, step, text) in
        [("27.9k", 100, "27,900"), ("9085", 100, "9,100"), ("81", 10, "80"), ("1304", 100, "1,300")]
    {
        assert_eq!(rounded(figure(cell), step), text);
    }
    let line = line("| A line | 9085 [8376..10.3k] | 5.46 [4.67..5.97] | |", "A line");
    assert_eq!(line[..2], ["9085", "5.46"]);
}
