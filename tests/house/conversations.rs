//! What real identity providers send, replayed: `tests/conversations` (its README explains the
//! files) and, when `PROVOST_CONVERSATIONS` names a folder, the conversations there as well.
//!
//! Owns finding and replaying them; how they are read and judged is `provost::doctor`'s, who plays them
//! too. Must never know how an answer came about.

mod fixture;
mod replay;
mod script;

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use futures::FutureExt as _;

use crate::support::{House, in_every_house};
use script::Conversation;

in_every_house!(conversations_hold);

/// Conversations that don't hold yet, and why. Each must fail: one that passes fails the test
/// until its line goes away.
const AWAITED: [(&str, &str); 0] = [];

pub async fn conversations_hold(house: &House) {
    let mut problems = Vec::new();
    for (index, conversation) in all().iter().enumerate() {
        let found = verdict(house, index, conversation).await;
        let awaited = AWAITED.iter().find(|(name, _)| *name == conversation.name);
        match (awaited, found.is_empty()) {
            (None, _) => problems.extend(found),
            (Some(_), false) => {}
            (Some((name, reason)), true) => problems.push(format!(
                "{name} holds, though AWAITED says that {reason}; take its line off"
            )),
        }
    }
    assert!(problems.is_empty(), "{} broken:\n{}\n", problems.len(), problems.join("\n"));
}

/// What is wrong with one conversation. One that can't go on, because its set-up is refused or an
/// assertion makes no sense, stops alone.
async fn verdict(house: &House, index: usize, conversation: &Conversation) -> Vec<String> {
    let replayed = AssertUnwindSafe(replay::replay(house, index, conversation)).catch_unwind();
    replayed.await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("no words");
        vec![format!("{}: stopped: {said}", conversation.name)]
    })
}

fn bundled() -> Vec<Conversation> {
    script::read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations"))
}

fn all() -> Vec<Conversation> {
    let mut conversations = bundled();
    if let Some(folder) = std::env::var_os("PROVOST_CONVERSATIONS") {
        conversations.extend(script::read_folder(&PathBuf::from(folder)));
    }
    conversations
}

#[test]
fn the_bundled_conversations_are_all_here() {
    let conversations = bundled();
    let reports = conversations.iter().filter(|one| one.name.starts_with("reports/")).count();
    assert_eq!((conversations.len() - reports, reports), (27, 64));
    for (name, _) in AWAITED {
        assert!(conversations.iter().any(|one| one.name == name), "{name} is listed but not there");
    }
}
