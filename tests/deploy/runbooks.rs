//! The pages that alerts lead to: one for each, in the same four parts, with commands that exist.

use std::fs;

use super::rules::{alerts, files};

/// What somebody asks who was called, in this order.
const PARTS: [&str; 4] =
    ["What it means", "How to look", "How to mend it", "How to know that it is over"];

#[test]
fn every_alert_has_a_page_and_every_page_an_alert() {
    let pages: Vec<_> = files("docs/runbooks", ".md")
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(pages, alerts().into_keys().collect::<Vec<_>>());
}

#[test]
fn pages_answer_four_questions() {
    for path in files("docs/runbooks", ".md") {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if name == "README" {
            continue;
        }
        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        let parts: Vec<_> = text.split("\n## ").skip(1).collect();
        let titles: Vec<_> = parts.iter().map(|part| part.lines().next().unwrap()).collect();
        assert_eq!(titles, PARTS, "{name}");
        assert!(parts.iter().all(|part| part.trim().lines().count() > 1), "{name}");
    }
}
