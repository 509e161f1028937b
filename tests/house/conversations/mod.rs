//! What real identity providers send, replayed: `tests/conversations` (its README explains the
//! files) and, when `PROVOST_CONVERSATIONS` names a folder, the conversations there as well.
//!
//! Owns reading, replaying and judging them. Must never know how an answer came about.

mod assertion;
mod fixture;
mod replay;
mod script;

use std::path::{Path, PathBuf};

use crate::support::{House, in_every_house};
use script::Conversation;

in_every_house!(conversations_hold);

/// Conversations about what is not served yet. Each must fail: when one starts to pass, groups
/// are served, and its line goes away.
const NOT_YET_SERVED: [&str; 2] = ["entra-group-lifecycle", "okta-group-push-oin"];

async fn conversations_hold(house: &House) {
    let mut problems = Vec::new();
    for (index, conversation) in all().iter().enumerate() {
        let found = replay::replay(house, index, conversation).await;
        let awaited = NOT_YET_SERVED.contains(&conversation.name.as_str());
        match (awaited, found.is_empty()) {
            (false, _) => problems.extend(found),
            (true, false) => {}
            (true, true) => problems.push(format!(
                "{}: passes, so it is served now; take it off NOT_YET_SERVED",
                conversation.name
            )),
        }
    }
    assert!(problems.is_empty(), "{} broken:\n{}\n", problems.len(), problems.join("\n"));
}

fn all() -> Vec<Conversation> {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    let mut conversations = script::read_folder(&bundled);
    if let Some(folder) = std::env::var_os("PROVOST_CONVERSATIONS") {
        conversations.extend(script::read_folder(&PathBuf::from(folder)));
    }
    conversations
}

#[test]
fn the_bundled_conversations_are_all_here() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conversations");
    let conversations = script::read_folder(&bundled);
    assert_eq!(conversations.len(), 22);
    for name in NOT_YET_SERVED {
        assert!(conversations.iter().any(|one| one.name == name), "{name} is listed but not there");
    }
}
