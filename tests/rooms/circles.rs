//! Circles: modules of a package that name one another, however long the way round. A module is a file
//! beside `lib.rs` with the folder of the same name. Owns finding them; must never know which packages
//! there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Source;

/// Words that end a `use` and begin something else.
const BEGINNINGS: [&str; 16] = [
    "use",
    "pub",
    "mod",
    "fn",
    "struct",
    "enum",
    "impl",
    "const",
    "static",
    "type",
    "trait",
    "async",
    "extern",
    "let",
    "macro_rules",
    "cfg",
];

/// The package of a file, its module, and how many `super` lead out of that.
fn place(path: &str) -> Option<(&str, &str, usize)> {
    let start = path.find("src/")?;
    let (package, inner) = (&path[..start], path[start..].strip_prefix("src/")?);
    let inner = inner.strip_suffix(".rs")?;
    let module = inner.split('/').next()?;
    let is_root = ["lib", "main", "bin"].contains(&module);
    (!is_root).then(|| (package, module, inner.split('/').count()))
}

/// Words by which a file may name modules beside its own, from the root of its package.
fn named(source: &Source, depth: usize) -> BTreeSet<&str> {
    let word = |at: usize| source.words.get(at).map(|(_, word)| word.as_str());
    let mut found = BTreeSet::new();
    for at in 0..source.words.len() {
        let before = at.checked_sub(1).and_then(word);
        if before == Some("::") {
            continue;
        }
        let out = (0..).take_while(|step| {
            word(at + 2 * step) == Some("super") && word(at + 2 * step + 1) == Some("::")
        });
        let behind = match word(at) {
            Some("crate") if word(at + 1) == Some("::") => at + 2,
            Some("super") if out.count() == depth => at + 2 * depth,
            _ => continue,
        };
        found.extend(word(behind));
        if before != Some("use") {
            continue;
        }
        // Of several in braces, each begins a path.
        for next in behind + 1..source.words.len() {
            let Some(own) = word(next).filter(|own| !BEGINNINGS.contains(own)) else { break };
            if own != "::" && word(next - 1) != Some("::") {
                found.insert(own);
            }
        }
    }
    found
}

/// What the modules of each package name, each with a file that does.
type Named<'s> = BTreeMap<(&'s str, &'s str), BTreeMap<&'s str, &'s str>>;

/// What a module names, and what is named by that, and so on.
fn reached<'s>(modules: &Named<'s>, package: &str, from: &str) -> BTreeSet<&'s str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for name in modules[&(package, module)].keys() {
            if found.insert(*name) {
                open.push(name);
            }
        }
    }
    found
}

/// Each circle once, as its modules and the files in which they name one another.
pub fn circles(sources: &[(String, Source)]) -> Vec<String> {
    let mut modules = Named::new();
    for (path, _) in sources {
        if let Some((package, module, _)) = place(path) {
            modules.entry((package, module)).or_default();
        }
    }
    let known: BTreeSet<_> = modules.keys().copied().collect();
    for (path, source) in sources {
        let Some((package, module, depth)) = place(path) else { continue };
        let others = named(source, depth).into_iter();
        let others = others.filter(|name| *name != module && known.contains(&(package, *name)));
        let others: Vec<_> = others.map(|name| (name, path.as_str())).collect();
        modules.entry((package, module)).or_default().extend(others);
    }
    let mut circles = BTreeSet::new();
    for (package, module) in &known {
        let around = reached(&modules, package, module);
        if !around.contains(module) {
            continue;
        }
        let is_in = |name: &&str| reached(&modules, package, name).contains(module);
        let members: Vec<_> = around.iter().copied().filter(is_in).collect();
        let names = members.iter().flat_map(|member| {
            let named = modules[&(*package, *member)].iter();
            let named = named.filter(|(name, _)| members.contains(name));
            named.map(move |(name, path)| format!("{path} names {name}"))
        });
        circles.insert(names.collect::<Vec<_>>().join(", "));
    }
    circles.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::circles;
    use crate::source::Source;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let read = |(path, text): &(&str, &str)| ((*path).to_owned(), Source::read(text));
        circles(&files.iter().map(read).collect::<Vec<_>>())
    }

    #[test]
    fn a_way_round_is_found_however_it_is_written() {
        let (a, b) = (("x/src/a.rs", "use crate::{c::d, b::e};"), "x/src/b/f.rs");
        for text in
            ["use crate::a;", "fn f() { super::super::a::g() }", "use super::super::{c, a};"]
        {
            let told = found(&[a, (b, text), ("x/src/c.rs", "")]);
            assert_eq!(told, ["x/src/a.rs names b, x/src/b/f.rs names a"], "{text}");
        }
        let longer = [("src/a.rs", "use super::b;"), ("src/b.rs", "use super::c::D;")];
        let told = found(&[longer[0], longer[1], ("src/c.rs", "crate::a::b()")]);
        assert_eq!(told, ["src/a.rs names b, src/b.rs names c, src/c.rs names a"]);
    }

    #[test]
    fn what_is_no_way_round_is_left_alone() {
        let none: [&str; 0] = [];
        assert_eq!(found(&[("src/a.rs", "use crate::b;"), ("src/b.rs", "use super::C;")]), none);
        // Within a module, and in another package.
        assert_eq!(found(&[("src/a.rs", "use b::c;"), ("src/a/b.rs", "use super::c;")]), none);
        assert_eq!(found(&[("src/a.rs", "use crate::b;"), ("y/src/b.rs", "use crate::a;")]), none);
        let test = "mod x;\n#[cfg(test)]\nmod tests { use crate::a; }";
        assert_eq!(found(&[("src/a.rs", "use crate::b;"), ("src/b.rs", test)]), none);
    }
}
