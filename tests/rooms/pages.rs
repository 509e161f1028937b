//! What the pages name in backticks exists: files, folders, tests, commands with their flags, and
//! the conversations in brackets. Must never know what a page says about them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Pages, and folders of pages.
const PAGES: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs",
    "docs/clients",
    "docs/runbooks",
    "deploy",
];
/// Paths that CONTRIBUTING.md and ARCHITECTURE.md write shorter than a part of them.
const SHORTER: [(&str, &str); 2] =
    [("domain/", "core-service/domain/src/"), ("scim/", "gateway/scim/src/")];
/// Endings of files that are named without their folder.
const ENDINGS: [&str; 6] = [".rs", ".md", ".proto", ".toml", ".py", ".json"];
/// What has a slash, and is neither a file of ours nor below one of its folders.
const NO_FILES: [&str; 6] =
    ["application/", "http/protobuf", "provost-data/", "https:", "provost.toml", "UserService/"];

#[test]
fn files_and_tests_that_pages_name_exist() {
    let files = Files::of(super::house());
    let mut missing = Vec::new();
    for (page, text) in pages() {
        for named in quoted(&text) {
            let (path, test) = match named.split_once(".rs::") {
                Some((path, test)) => (format!("{path}.rs"), Some(test)),
                None => (named.split(' ').next().unwrap().trim_end_matches('…').to_owned(), None),
            };
            if !is_path(&path) {
                continue;
            }
            let found = files.named(&path);
            let is_there = match test {
                Some(test) => found.iter().any(|path| has_test(path, test)),
                None => !found.is_empty(),
            };
            if !is_there {
                missing.push(format!("{page}: `{named}`"));
            }
        }
    }
    assert!(missing.is_empty(), "these don't exist:\n{}", missing.join("\n"));
}

#[test]
fn conversations_that_the_requirements_name_exist() {
    conversations_exist("docs/requirements.md", &[""]);
}

/// Each row of what is normalised names one.
#[test]
fn conversations_that_the_dialects_name_exist() {
    conversations_exist("docs/dialects.md", &["", "reports/"]);
    let text = super::read(&super::house().join("docs/dialects.md"));
    let normalised = text.split("## `strict`").next().unwrap();
    let rows = normalised.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut count = 0;
    for row in rows {
        assert!(row.trim_end().ends_with("] |"), "no conversation shows this row: {row}");
        count += 1;
    }
    assert!(count > 20, "{count} rows");
}

fn conversations_exist(page: &str, folders: &[&str]) {
    let text = super::read(&super::house().join(page));
    let names = text.split('[').skip(1).filter_map(|rest| {
        let (name, behind) = rest.split_once(']')?;
        let is_name =
            name.contains('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        (is_name && !behind.starts_with('(')).then_some(name)
    });
    let conversations = super::house().join("tests/conversations");
    let names: BTreeSet<&str> = names.collect();
    assert!(!names.is_empty(), "{page} names no conversation");
    for name in names {
        let is_there = |folder: &&str| conversations.join(format!("{folder}{name}.json")).exists();
        assert!(folders.iter().any(is_there), "{page}: there is no {name}.json");
    }
}

/// Asked for help, the program reads all words of a command and does nothing.
#[test]
fn commands_that_pages_name_exist() {
    let pages = pages();
    let commands: BTreeSet<&str> = pages
        .iter()
        .flat_map(|(_, text)| quoted(text).into_iter().chain(text.lines()))
        .filter_map(|line| line.strip_prefix('$').unwrap_or(line).strip_prefix("provost "))
        .filter(|words| words.starts_with(|c: char| c.is_ascii_lowercase() || c == '-'))
        .map(|words| words.split(['<', '>', '|', '#', ';', '`']).next().unwrap())
        .collect();
    assert!(!commands.is_empty(), "the pages name no command");
    let mut wrong = Vec::new();
    for command in commands {
        let mut provost = Command::new(env!("CARGO_BIN_EXE_provost"));
        let output = provost.args(words(command)).arg("--help").env_clear().output().unwrap();
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            wrong.push(format!("provost {command}: {complaint}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The words of a command as a shell takes them apart.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

/// Each page by its path.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for named in PAGES {
        let path = super::house().join(named);
        if path.is_dir() {
            for entry in fs::read_dir(&path).unwrap().map(Result::unwrap) {
                let name = entry.file_name().into_string().unwrap();
                if entry.path().extension().is_some_and(|ending| ending == "md") {
                    pages.push((format!("{named}/{name}"), super::read(&entry.path())));
                }
            }
        } else {
            pages.push((named.to_owned(), super::read(&path)));
        }
    }
    pages
}

/// What stands between single backticks, outside of blocks.
fn quoted(page: &str) -> Vec<&str> {
    page.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(plain)
        && (text.contains('/') || ENDINGS.iter().any(|ending| text.ends_with(ending)))
        && !NO_FILES.iter().any(|other| text.starts_with(other))
}

fn has_test(path: &str, test: &str) -> bool {
    super::read(&super::house().join(path)).contains(&format!("fn {test}("))
}

/// Every file and folder of the house, by path.
struct Files(Vec<String>);

impl Files {
    fn of(root: &Path) -> Self {
        let mut paths = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(root.join(&folder)).unwrap().map(Result::unwrap) {
                let name = entry.file_name().into_string().unwrap();
                if name == "target" || name == ".git" {
                    continue;
                }
                let path = format!("{folder}{name}");
                if entry.path().is_dir() {
                    folders.push(format!("{path}/"));
                }
                paths.push(path);
            }
        }
        Self(paths)
    }

    /// Those whose path is this, or ends with it.
    fn named(&self, path: &str) -> Vec<&str> {
        let shorter = SHORTER
            .iter()
            .find_map(|(short, long)| path.strip_prefix(short).map(|rest| format!("{long}{rest}")));
        let is_it = |own: &str, path: &str| {
            let before = own.strip_suffix(path.trim_end_matches('/'));
            before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
        };
        let named = |own: &&String| {
            is_it(own, path) || shorter.as_ref().is_some_and(|long| is_it(own, long))
        };
        self.0.iter().filter(named).map(String::as_str).collect()
    }
}
