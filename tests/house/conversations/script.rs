//! The files. Owns where they lie; their format is the doctor's, who plays them too.

use std::fs;
use std::path::Path;

use provost::doctor::conversation::{Step, read};

/// A file: its path below the folder that was read, without the ending, and its steps or the
/// sentence that says why it can't be read.
pub struct Conversation {
    pub name: String,
    pub steps: Result<Vec<Step>, String>,
}

/// The conversations of a folder and of the folders in it, in the order of their names.
pub fn read_folder(folder: &Path) -> Vec<Conversation> {
    let mut conversations = Vec::new();
    collect(folder, "", &mut conversations);
    assert!(!conversations.is_empty(), "no conversation in {}", folder.display());
    conversations.sort_by(|one, other| one.name.cmp(&other.name));
    conversations
}

fn collect(folder: &Path, prefix: &str, conversations: &mut Vec<Conversation>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = format!("{prefix}{}", path.file_stem().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), conversations);
        } else if path.extension().is_some_and(|kind| kind == "json") {
            let steps = read(&fs::read_to_string(&path).unwrap());
            conversations.push(Conversation { name, steps });
        }
    }
}
