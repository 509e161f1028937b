//! What the pages of alerts say, as it is typed. Must never know what is wrong.

use std::fs;
use std::path::{Path, PathBuf};

/// How commands begin.
pub const PROVOST: &str = "provost ";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks")
}

/// The alerts that have pages, in order.
pub fn alerts() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    let mut alerts: Vec<_> = names
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    alerts.sort();
    alerts
}

/// All that stands in backticks in a part of an alert's page, which begins with its title, in order; on the whole
/// page where no title is given.
pub fn quoted(alert: &str, part: &str) -> Vec<String> {
    let page = fs::read_to_string(folder().join(format!("{alert}.md"))).unwrap();
    assert!(!page.contains("```"), "{alert}: commands stand within lines, where they are found");
    let parts = page.split("\n## ").filter(|text| text.starts_with(part));
    // Lines are wrapped where they are full.
    let parts: String = parts.map(|text| text.replace("\n  ", " ")).collect();
    parts.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What a part of a page says that begins like this.
pub fn typed(alert: &str, part: &str, begin: &str) -> String {
    let quoted = quoted(alert, part);
    let found = quoted.iter().find(|words| words.starts_with(begin));
    found.unwrap_or_else(|| panic!("{alert} does not say {begin}: {quoted:?}")).clone()
}

/// The command of the part "How to mend it" of an alert's page that begins like this, without the program.
pub fn mending(alert: &str, begin: &str) -> String {
    let command = typed(alert, "How to mend it", &format!("{PROVOST}{begin}"));
    command[PROVOST.len()..].to_owned()
}
