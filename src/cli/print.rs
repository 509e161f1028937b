//! How answers look: tables for people, JSON for scripts, notices beside them.

use std::io::{self, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use provost_proto::v1::Notice;
use serde::Serialize;

use super::harmless;
use crate::failure::Failure;

/// Writes lines to standard output, harmless to a terminal. A reader that left (`| head`) is no failure.
pub fn say(text: &str) -> Result<(), Failure> {
    write(&harmless::in_lines(text))
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a value as JSON.
pub fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    write(&harmless::in_json(&text))
}

/// Writes rows under a head; without rows, the sentence that says so.
pub fn say_table(head: &[&str], rows: Vec<Vec<String>>, nothing: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        return say(nothing);
    }
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(head.iter().map(|word| word.to_uppercase()));
    let cells =
        |row: Vec<String>| row.into_iter().map(|cell| harmless::in_line(&cell).into_owned());
    table.add_rows(rows.into_iter().map(cells));
    // Without borders the outer padding is only noise.
    let lines: Vec<String> = table.lines().map(|line| line.trim().to_owned()).collect();
    say(&lines.join("\n"))
}

/// Writes names and values below one another.
pub fn say_pairs(pairs: &[(&str, String)]) -> Result<(), Failure> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name:width$}  {}", harmless::in_line(value)))
        .collect();
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    say(&trimmed.join("\n"))
}

/// Writes what was asked and is not in force, as sentences beside the answer.
pub fn warn_of(notices: &[Notice]) {
    for notice in notices {
        eprintln!("notice: {} [{}]", harmless::in_line(&notice.message), reason(notice));
    }
}

/// The published name of a notice's reason, as errors carry it.
pub fn reason(notice: &Notice) -> &'static str {
    notice.reason().name()
}

/// `yes` or `no`.
pub fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
