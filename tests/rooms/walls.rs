//! Holding a file against its room. Owns the comparison; must never know the plan.

use std::collections::BTreeSet;

use crate::plan::Room;
use crate::source::Source;

/// Names by which code may call a crate: the dependencies and members of the workspace.
pub fn known_crates(manifest: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut known = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line.trim();
        } else if section == "[workspace.dependencies]"
            && let Some((name, _)) = line.split_once(" = ")
        {
            known.insert(name.replace('-', "_"));
        }
    }
    known
}

/// The room whose path is the longest that the file lies in, with its place in the plan.
pub fn room_of<'plan>(path: &str, plan: &'plan [Room]) -> Option<(usize, &'plan Room)> {
    plan.iter()
        .enumerate()
        .filter(|(_, room)| lies_in(path, room.path))
        .max_by_key(|(_, room)| room.path.len())
}

/// Whether a file lies in a room. A module is the file that declares it and the folder of the same
/// name.
pub fn lies_in(path: &str, room: &str) -> bool {
    path.strip_prefix(room)
        .is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

/// The types that a file declares, each with its line.
pub fn types(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    source.words.windows(2).filter_map(|words| match words {
        [(_, kind), (line, name)] if ["struct", "enum", "trait"].contains(&kind.as_str()) => {
            Some((*line, name.as_str()))
        }
        _ => None,
    })
}

/// The crates that a file calls.
pub fn called<'source>(
    source: &'source Source,
    crates: &BTreeSet<String>,
) -> BTreeSet<&'source str> {
    let words = source.words.iter().enumerate();
    words
        .filter(|(at, (_, word))| crates.contains(word) && opens_a_path(source, *at))
        .map(|(_, (_, word))| word.as_str())
        .collect()
}

/// One sentence for each word that does not belong here.
pub fn breaches(
    path: &str,
    source: &Source,
    room: &Room,
    crates: &BTreeSet<String>,
) -> Vec<String> {
    let words = &source.words;
    let mut found = BTreeSet::new();
    for (at, (line, word)) in words.iter().enumerate() {
        let is_admitted = room.may.is_none_or(|may| may.contains(&word.as_str()));
        if !is_admitted && crates.contains(word) && opens_a_path(source, at) {
            found.insert((*line, word.clone(), "may not use the crate"));
        }
        for never in room.never.iter().copied().flatten() {
            if matches_at(source, at, never) {
                found.insert((*line, (*never).to_owned(), "must never name"));
            }
        }
    }
    found
        .into_iter()
        .map(|(line, word, verb)| format!("{path}:{line}: the room {} {verb} `{word}`", room.path))
        .collect()
}

/// Whether the word begins a path: `word::…` or `use word`, not `other::word`.
fn opens_a_path(source: &Source, at: usize) -> bool {
    let word = |index: usize| source.words.get(index).map(|(_, word)| word.as_str());
    let before = at.checked_sub(1).and_then(word);
    before != Some("::") && (word(at + 1) == Some("::") || before == Some("use"))
}

/// Whether the words `a::b` stand at this place.
fn matches_at(source: &Source, at: usize, pattern: &str) -> bool {
    let wanted = pattern.split("::").flat_map(|word| ["::", word]).skip(1).enumerate();
    wanted
        .into_iter()
        .all(|(step, word)| source.words.get(at + step).is_some_and(|(_, own)| own == word))
}

/// Whether a line of code shows a value by `Debug`: in a text, or as a field of `tracing`.
pub fn shows_debug(line: &str) -> bool {
    let in_text = [":?}", ":#?}"].iter().any(|form| line.contains(form));
    let before = |at: usize| line[..at].trim_end().chars().next_back();
    let after = |at: usize| line[at + 1..].chars().next();
    let is_sigil = |at: usize| {
        let opens = before(at).is_none_or(|before| matches!(before, '(' | ',' | '=' | '{'));
        opens && after(at).is_some_and(|after| after.is_ascii_lowercase() || after == '_')
    };
    in_text || line.match_indices('?').any(|(at, _)| is_sigil(at))
}

#[cfg(test)]
mod tests {
    use super::{breaches, known_crates, room_of, shows_debug};
    use crate::plan::Room;
    use crate::source::Source;

    const ATTIC: Room =
        Room { path: "house/attic", may: Some(&["serde"]), never: &[&["async"], &["Clock::now"]] };
    const CHEST: Room = Room { path: "house/attic/chest.rs", may: Some(&[]), never: &[] };

    fn found(text: &str) -> Vec<String> {
        let crates = known_crates("[workspace.dependencies]\nserde = 1\nsea-orm = { a = 1 }\n");
        breaches("house/attic/a.rs", &Source::read(text), &ATTIC, &crates)
    }

    #[test]
    fn a_stranger_is_named_with_file_line_room_and_word() {
        assert_eq!(
            found("//! sea_orm\nuse serde::Serialize;\nuse sea_orm::Value;"),
            ["house/attic/a.rs:3: the room house/attic may not use the crate `sea_orm`"]
        );
        assert_eq!(found("let a = sea_orm::Value::new();").len(), 1);
        assert_eq!(found("use sea_orm as database;").len(), 1);
    }

    #[test]
    fn a_forbidden_word_is_named() {
        assert_eq!(
            found("async fn a() {\n    Clock::now()\n}"),
            [
                "house/attic/a.rs:1: the room house/attic must never name `async`",
                "house/attic/a.rs:2: the room house/attic must never name `Clock::now`"
            ]
        );
    }

    #[test]
    fn what_only_looks_alike_passes() {
        let text = "use crate::sea_orm::Value; fn asynchronous() { Clock::later(); other::now() }";
        assert_eq!(found(text), Vec::<String>::new());
    }

    #[test]
    fn types_are_found_whoever_may_see_them() {
        let source = Source::read("pub struct A { a: B }\n\nenum C {}\nimpl trait_of::D for A {}");
        assert_eq!(super::types(&source).collect::<Vec<_>>(), [(1, "A"), (3, "C")]);
    }

    #[test]
    fn the_innermost_room_counts() {
        let plan = [ATTIC, CHEST];
        let path = |path| room_of(path, &plan).map(|(_, room)| room.path);
        assert_eq!(path("house/attic/chest.rs"), Some("house/attic/chest.rs"));
        assert_eq!(path("house/attic/deep/a.rs"), Some("house/attic"));
        assert_eq!(path("house/attic.rs"), Some("house/attic"));
        assert_eq!(path("house/attics/a.rs"), None);
    }

    #[test]
    fn what_is_shown_by_debug_is_found() {
        for line in [
            "format!(\"{value:?}\")",
            "panic!(\"{:#?}\", value)",
            "tracing::info!(?mode, \"started\");",
            "tracing::info!(mode, http = ?running.http, \"started\");",
            "    ?request,",
        ] {
            assert!(shows_debug(line), "{line}");
        }
        for line in [
            "let found = look()?;",
            "self.either([\"substr(?, 1, ?) = ?\", \"x\"])",
            "call(one()?, other()?)",
            "T: ?Sized,",
        ] {
            assert!(!shows_debug(line), "{line}");
        }
    }
}
