//! What the pages of alerts say, as it is typed. Must never know what is wrong.

use std::fs;
use std::path::Path;

/// The command of the part "How to mend it" of an alert's page that begins like this, without the program.
pub fn mending(alert: &str, begin: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/runbooks");
    let page = fs::read_to_string(folder.join(format!("{alert}.md"))).unwrap();
    let part = page.split("\n## ").find(|part| part.starts_with("How to mend it")).unwrap();
    // Lines are wrapped where they are full.
    let part = part.replace("\n  ", " ");
    let mut words = part.split('`').skip(1).step_by(2);
    let command =
        words.find_map(|word| word.strip_prefix("provost ").filter(|it| it.starts_with(begin)));
    command.unwrap_or_else(|| panic!("{alert} does not say {begin}: {part}")).to_owned()
}
