//! The page itself: each limit that it names is on a list, and all lists are about what is there.

use std::fs;
use std::path::Path;

use super::{NO_LIMITS, SHOWN_ELSEWHERE, SHOWN_HERE};

/// The columns in which tables of the page speak; the others hold codes and keywords.
const SPOKEN: [&str; 3] = ["Example sentence", "Sentence begins with", "What to do"];

#[test]
fn each_limit_of_the_page_is_shown_or_said_to_be_shown_elsewhere() {
    let mut page = spoken(include_str!("../../../../docs/errors.md"));
    let elsewhere = SHOWN_ELSEWHERE.map(|(says, _)| says);
    for says in NO_LIMITS.iter().chain(&SHOWN_HERE).chain(&elsewhere) {
        // An example may contain what is said elsewhere as well.
        assert!(
            page.contains(says) || NO_LIMITS.iter().any(|other| other.contains(says)),
            "{says}"
        );
        page = page.replace(says, "");
    }
    let untold: Vec<&str> = page
        .lines()
        .flat_map(|line| line.split(['.', '·', ';']))
        .filter(|part| numbers(part).any(|number| number.len() > 1 && !is_status(number)))
        .collect();
    assert!(untold.is_empty(), "is this a limit? what shows it?\n{}", untold.join("\n"));
}

#[test]
fn what_is_shown_elsewhere_is_there() {
    for (says, shown) in SHOWN_ELSEWHERE {
        let (file, test) = shown.split_once("::").unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(source.contains(&format!("fn {test}(")), "{says}: {file} has no {test}");
    }
}

/// Paragraphs, and of tables the cells that are sentences; a paragraph in one line.
fn spoken(page: &str) -> String {
    let mut text = String::new();
    let mut columns: Vec<bool> = Vec::new();
    for line in page.lines() {
        let Some(row) = line.strip_prefix('|') else {
            columns.clear();
            text.push_str(if line.is_empty() { "\n" } else { " " });
            text.push_str(line);
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if columns.is_empty() {
            columns = cells.iter().map(|cell| SPOKEN.contains(cell)).collect();
        } else {
            for (cell, _) in cells.iter().zip(&columns).filter(|(_, is_spoken)| **is_spoken) {
                text.push('\n');
                text.push_str(cell);
            }
        }
    }
    text
}

/// The numbers of a text, names of RFCs aside.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    text.split_whitespace().filter_map(move |word| {
        let is_name = before == "RFC" || before == "(RFC";
        before = word;
        let number = word.trim_matches(|c: char| !c.is_ascii_digit());
        (!is_name && !number.is_empty()).then_some(number)
    })
}

/// Whether it may be a status of HTTP.
fn is_status(number: &str) -> bool {
    number.len() == 3 && (number.starts_with('4') || number.starts_with('5'))
}
