//! The walls of the house: which room may name what, and how large a file may grow.
//!
//! What a package may name is its dependency list. `PLAN` holds what those can't say: a room is a
//! folder or a file; the longest entry that a file lies in is its room. Within a package, a room may
//! name the crates that its entry lists and no others; none may name the words that its entry forbids.
//! Comments, text literals and inline tests are not looked at.
//! Must never know how a room does its work.

#![expect(clippy::unwrap_used, reason = "a test that can't go on stops where it stands")]

#[path = "rooms/circles.rs"]
mod circles;
#[path = "rooms/pages.rs"]
mod pages;
#[path = "rooms/plan.rs"]
mod plan;
#[path = "rooms/source.rs"]
mod source;
#[path = "rooms/walls.rs"]
mod walls;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use plan::{PLAN, SHARED_NAMES};
use source::Source;

/// Lines of a file, inline tests not counted.
const MEDIAN: usize = 120;
const NINTH_DECILE: usize = 250;
const LONGEST: usize = 400;

#[test]
fn every_room_names_only_what_it_may() {
    let crates = walls::known_crates(&read(&house().join("Cargo.toml")));
    let mut breaches = Vec::new();
    let sources = sources();
    let mut called = vec![BTreeSet::new(); PLAN.len()];
    let mut looked_into = vec![0; PLAN.len()];
    for (path, source) in &sources {
        let Some((index, room)) = walls::room_of(path, PLAN) else { continue };
        looked_into[index] += 1;
        called[index].extend(walls::called(source, &crates));
        breaches.extend(walls::breaches(path, source, room, &crates));
    }
    for ((room, files), called) in PLAN.iter().zip(looked_into).zip(called) {
        if files == 0 {
            breaches.push(format!("{}: the plan has a room without a file", room.path));
        }
        let idle = room.may.into_iter().flatten().filter(|name| !called.contains(**name));
        breaches.extend(idle.map(|name| {
            format!("{}: the plan admits `{name}`, which nothing there uses", room.path)
        }));
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// What people read, in logs, traces and errors, is in their words. And a message of the contract or of
/// the law that is shown with all that is in it shows a person.
#[test]
fn nothing_is_shown_as_rust_writes_it() {
    let mut shown = Vec::new();
    for (path, source) in sources() {
        let lines = source.product.lines().enumerate();
        let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code.filter(|(_, line)| walls::shows_debug(line)) {
            shown.push(format!("{path}:{}: {}", number + 1, line.trim()));
        }
    }
    // Where `tracing` hands over what is to be displayed, it does it by this name; the other is for
    // tests.
    let may = ["src/telemetry/json.rs", "gateway/scim/src/edit.rs"];
    shown.retain(|shown| !may.iter().any(|path| shown.starts_with(path)));
    assert!(shown.is_empty(), "\n{}\n", shown.join("\n"));
}

#[test]
fn every_module_says_what_it_owns() {
    let silent: Vec<String> = all_files()
        .into_iter()
        .filter(|path| !read(&house().join(path)).starts_with("//!"))
        .collect();
    assert!(
        silent.is_empty(),
        "these files don't start with `//!`: what they own and what they must never know\n{}",
        silent.join("\n")
    );
}

#[test]
fn files_stay_small() {
    let mut lengths: Vec<(usize, String)> =
        sources().into_iter().map(|(path, source)| (source.lines, path)).collect();
    lengths.sort();
    let over: Vec<String> = lengths
        .iter()
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{path}: {lines} lines, {LONGEST} are allowed"))
        .collect();
    assert!(over.is_empty(), "\n{}\n", over.join("\n"));
    let (ninth, path) = &lengths[lengths.len() * 9 / 10];
    assert!(
        *ninth <= NINTH_DECILE,
        "more than a tenth of the files has over {NINTH_DECILE} lines, for example {path}: {ninth}"
    );
    let (median, path) = &lengths[lengths.len() / 2];
    assert!(
        *median <= MEDIAN,
        "half of the files have over {MEDIAN} lines, for example {path}: {median}"
    );
}

#[test]
fn a_type_has_its_name_to_itself() {
    let sources = sources();
    let mut declared: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, source) in &sources {
        for (line, name) in walls::types(source) {
            declared.entry(name).or_default().push(format!("{path}:{line}"));
        }
    }
    let shared: Vec<String> = declared
        .iter()
        .filter(|(name, places)| places.len() > 1 && !SHARED_NAMES.contains(*name))
        .map(|(name, places)| format!("{name} is the name of: {}", places.join(", ")))
        .collect();
    assert!(shared.is_empty(), "\n{}\n", shared.join("\n"));
}

#[test]
fn modules_name_one_another_in_one_direction() {
    let mut sources = sources();
    let mut others = Vec::new();
    for folder in plan::OTHER_PACKAGES {
        collect(&house().join(folder), &mut others);
    }
    sources.extend(others.iter().map(|path| {
        let name = path.strip_prefix(house()).unwrap().display().to_string();
        (name, Source::read(&read(path)))
    }));
    let circles = circles::circles(&sources);
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n"));
}

#[test]
fn gateway_and_core_depend_on_each_other_nowhere() {
    for (manifest, other) in
        [("gateway/Cargo.toml", "provost-core"), ("core-service/Cargo.toml", "provost-gateway")]
    {
        let text = read(&house().join(manifest));
        assert!(!text.contains(other), "{manifest} names {other}");
    }
}

fn house() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Product code by its path in the house; modules that are declared as tests are left out.
fn sources() -> Vec<(String, Source)> {
    let all: Vec<(String, Source)> = all_files()
        .into_iter()
        .map(|path| {
            let source = Source::read(&read(&house().join(&path)));
            (path, source)
        })
        .collect();
    let tests: Vec<String> = all
        .iter()
        .flat_map(|(path, source)| source.test_modules.iter().map(|name| below(path, name)))
        .collect();
    let is_test = |path: &str| {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let is_in = |rest: &str| rest.is_empty() || rest.starts_with('/');
        tests.iter().any(|test| module.strip_prefix(test.as_str()).is_some_and(is_in))
    };
    all.into_iter().filter(|(path, _)| !is_test(path)).collect()
}

/// Where the module `name` lies that the file declares, without its ending.
fn below(path: &str, name: &str) -> String {
    let module = path.trim_end_matches(".rs");
    let folder = match module.rsplit_once('/') {
        Some((folder, "mod" | "lib" | "main")) => folder,
        _ => module,
    };
    format!("{folder}/{name}")
}

#[test]
fn a_module_lies_below_the_one_that_declares_it() {
    assert_eq!(below("a/src/lib.rs", "tests"), "a/src/tests");
    assert_eq!(below("a/src/b/mod.rs", "tests"), "a/src/b/tests");
    assert_eq!(below("a/src/b.rs", "tests"), "a/src/b/tests");
}

fn all_files() -> Vec<String> {
    let mut found = Vec::new();
    for folder in plan::FOLDERS {
        collect(&house().join(folder), &mut found);
    }
    let mut paths: Vec<String> = found
        .iter()
        .filter_map(|path| Some(path.strip_prefix(house()).ok()?.display().to_string()))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no source found below {}", house().display());
    paths
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
