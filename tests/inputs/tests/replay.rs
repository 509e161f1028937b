//! The corpus of `fuzz/`, replayed as it is and with pieces cut out, doubled, changed and mixed.
//!
//! `PROPTEST_CASES` says how often; without it there are a few thousand inputs for each reader.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use proptest::prelude::*;
use proptest::sample::{Index, select};
use provost_test_inputs::{bulk, cursor, filter, patch, path};
use std::fs;
use std::path::Path;

/// What readers look for, and what they trip over.
const WORDS: [&str; 32] = [
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "\\",
    ".",
    ",",
    ":",
    " ",
    "'",
    "%22",
    "\0",
    "é",
    "\u{1F600}",
    " eq ",
    " pr",
    " and ",
    " or ",
    "not (",
    "null",
    "true",
    "1e999",
    "\\ud800",
    "value",
    "type",
    "urn:ietf:params:scim:schemas:core:2.0:User:",
    "\"value\": ",
    "[[[[[[[[",
    "((((((((",
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let inputs: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(inputs.len() > 5, "{target}: {}", inputs.len());
    inputs
}

/// What becomes of an input.
#[derive(Debug, Clone)]
enum Mutation {
    Cut(Index, usize),
    Double(Index, usize),
    Change(Index, u8),
    Insert(Index, &'static str),
    /// Goes on as another one.
    Mix(Index, Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..16_usize).prop_map(|(at, length)| Mutation::Cut(at, length)),
        (at(), 1..64_usize).prop_map(|(at, length)| Mutation::Double(at, length)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Change(at, byte)),
        (at(), select(&WORDS[..])).prop_map(|(at, word)| Mutation::Insert(at, word)),
        (at(), at(), at()).prop_map(|(at, other, from)| Mutation::Mix(at, other, from)),
    ]
}

impl Mutation {
    fn apply(&self, corpus: &[Vec<u8>], mut input: Vec<u8>) -> Vec<u8> {
        let place = |at: &Index, input: &[u8]| at.index(input.len() + 1);
        match self {
            Self::Cut(at, length) => {
                let from = place(at, &input);
                let to = (from + length).min(input.len());
                drop(input.drain(from..to));
            }
            Self::Double(at, length) => {
                let from = place(at, &input);
                let to = (from + length).min(input.len());
                let piece = input[from..to].to_vec();
                input.splice(to..to, piece);
            }
            Self::Change(at, byte) => {
                let place = place(at, &input);
                if let Some(changed) = input.get_mut(place) {
                    *changed = *byte;
                }
            }
            Self::Insert(at, word) => {
                let place = place(at, &input);
                input.splice(place..place, word.bytes());
            }
            Self::Mix(at, other, from) => {
                let other = &corpus[other.index(corpus.len())];
                input.truncate(place(at, &input));
                input.extend(&other[place(from, other)..]);
            }
        }
        input
    }
}

/// A few inputs that come of the corpus.
fn inputs(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = (any::<Index>(), prop::collection::vec(mutation(), 1..6));
    prop::collection::vec(one, 1..16).prop_map(move |drawn| {
        let input = |(begin, mutations): (Index, Vec<Mutation>)| {
            let begin = corpus[begin.index(corpus.len())].clone();
            mutations.iter().fold(begin, |input, mutation| mutation.apply(&corpus, input))
        };
        drawn.into_iter().map(input).collect()
    })
}

macro_rules! targets {
    ($($target:ident),*) => {
        mod as_it_is {
            $(
                #[test]
                fn $target() {
                    for input in super::corpus(stringify!($target)) {
                        super::$target(&input);
                    }
                }
            )*
        }

        mod changed {
            use proptest::prelude::*;

            proptest! {
                $(
                    #[test]
                    fn $target(inputs in super::inputs(super::corpus(stringify!($target)))) {
                        for input in inputs {
                            super::$target(&input);
                        }
                    }
                )*
            }
        }
    };
}

targets!(filter, path, patch, bulk, cursor);
