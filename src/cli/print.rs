//! How answers look: tables for people, JSON for scripts, notices beside them.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use provost_proto::v1::Notice;
use serde::Serialize;

use super::core::Form;
use crate::harmless;
use crate::run_error::RunError;

/// The columns of a terminal that nobody has widened. The padding behind the last column is not seen.
const WIDTH: u16 = 82;

/// Writes lines to standard output, harmless to a terminal. A reader that left (`| head`) is no
/// failure.
pub fn say(text: &str) -> Result<(), RunError> {
    write(&harmless::in_lines(text)).map(drop)
}

/// Writes lines that are harmless already, for a command that goes on: answers whether anybody still reads.
pub fn say_live(lines: &[String]) -> Result<bool, RunError> {
    write(&lines.join("\n"))
}

/// Answers whether anybody reads.
fn write(text: &str) -> Result<bool, RunError> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{text}{end}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

/// Writes a value as JSON.
pub fn say_json(value: &impl Serialize) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    write(&harmless::in_json(&text)).map(drop)
}

/// A value as JSON in one line.
pub fn json_line(value: &impl Serialize) -> Result<String, RunError> {
    let text = serde_json::to_string(value).map_err(io::Error::other)?;
    Ok(harmless::in_json(&text).into_owned())
}

/// The names of columns.
pub struct Head<'h> {
    /// Of those that are always shown, narrow enough for a terminal.
    pub always: &'h [&'h str],
    /// Of those behind them, which are shown in a wide table only.
    pub wide: &'h [&'h str],
}

/// Writes rows under a head; without rows, the sentence that says so.
pub fn say_table(
    form: Form,
    head: &Head<'_>,
    rows: Vec<Vec<String>>,
    nothing: &str,
) -> Result<(), RunError> {
    if rows.is_empty() {
        return say(nothing);
    }
    let shown = if form.wide { usize::MAX } else { head.always.len() };
    let names = head.always.iter().chain(head.wide).take(shown).map(|word| word.to_uppercase());
    let mut table = table(in_lines(form));
    table.set_header(names);
    let cells = |row: Vec<String>| -> Vec<String> {
        row.into_iter().take(shown).map(|cell| harmless::in_line(&cell).into_owned()).collect()
    };
    table.add_rows(rows.into_iter().map(cells));
    say(&lines(&mut table))
}

/// Writes names and values below one another.
pub fn say_pairs(form: Form, pairs: &[(&str, String)]) -> Result<(), RunError> {
    let mut table = table(in_lines(form));
    table.add_rows(pairs.iter().map(|(name, value)| [(*name).into(), harmless::in_line(value)]));
    say(&lines(&mut table))
}

/// Whether each row has a line to itself: where it is asked for, and where no person reads but a file
/// or another program.
fn in_lines(form: Form) -> bool {
    form.wide || !io::stdout().is_terminal()
}

/// Columns beside one another; what is too long for a terminal goes on below, unless each row has a
/// line to itself.
fn table(in_lines: bool) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if in_lines {
        table.set_content_arrangement(ContentArrangement::Disabled);
    } else {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    }
    table
}

fn lines(table: &mut Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A notice as JSON has it.
#[derive(Serialize)]
pub struct NoticeView {
    reason: &'static str,
    attribute: String,
    message: String,
}

impl NoticeView {
    /// From the contract's notice.
    pub fn new(notice: Notice) -> Self {
        let reason = reason(&notice);
        Self { reason, attribute: notice.attribute, message: notice.message }
    }
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

/// For how many days something is kept.
pub fn days(days: i32) -> String {
    if days == 0 { "for ever".to_owned() } else { days.to_string() }
}

/// `yes` or `no`.
pub fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{lines, table};

    #[test]
    fn tables_fit_a_terminal_unless_each_row_has_a_line() {
        let long = "long.name.of.a.person.at.a.company@mail.of.the.company.example.com";
        let row = [long, "yes", "Moderator", "2030-01-31T12:00:00Z"];
        for in_lines in [false, true] {
            let mut table = table(in_lines);
            table.add_row(row);
            let lines = lines(&mut table);
            assert_eq!(lines.lines().all(|line| line.len() <= 80), !in_lines, "{lines}");
            assert_eq!(lines.contains(long), in_lines, "{lines}");
            let letters = |text: &str| text.replace(char::is_whitespace, "").len();
            assert_eq!(letters(&lines), letters(&row.concat()), "nothing is cut off: {lines}");
        }
    }
}
