//! The end of what a person reads at a start: the first token with lines to paste, or how to make a
//! new one.
//!
//! Fits, with all that stands above it, a screen of 80 columns and 24 lines.

use std::fmt;
use std::path::Path;

use super::SCIM_PATH;
use crate::config::Config;

/// What can be tried from here.
pub struct Trial {
    pub(super) program: String,
    pub(super) reach: String,
    pub(super) local_url: Option<String>,
    pub(super) token: Option<String>,
}

impl Trial {
    /// Of this program, with SCIM served there, and with a token that may be shown.
    pub fn new(config: &Config, local_url: Option<String>, token: Option<&str>) -> Self {
        Self {
            program: program(),
            reach: reach(config),
            local_url,
            token: token.map(str::to_owned),
        }
    }

    /// Lines to paste into a shell, which takes them as they are.
    fn write_lines(&self, f: &mut fmt::Formatter<'_>, url: &str, token: &str) -> fmt::Result {
        let Self { program, reach, .. } = self;
        writeln!(f, "SCIM token      shown this once, as t; its name is first")?;
        writeln!(f, "\nTo try it, paste this into another terminal, in the same folder:")?;
        writeln!(f, "t={token}\nu={url}{SCIM_PATH}/Users")?;
        writeln!(f, "{program} user register-sign-in ada@example.com \\")?;
        let data = if reach.is_empty() { String::new() } else { format!(" \\\n {reach}") };
        writeln!(f, "  --given-name Ada --family-name Lovelace --email ada@example.com{data}")?;
        // With only the id asked for, it is the one thing in the answer that looks like a UUID.
        writeln!(
            f,
            r#"curl -sG $u -H "Authorization: Bearer $t" \
  --data-urlencode 'filter=userName eq "ada@example.com"'
id=$(curl -s "$u?attributes=id" -H "Authorization: Bearer $t" |
  grep -oE '[0-9a-f-]{{36}}')
curl -s -X PATCH $u/$id -H "Authorization: Bearer $t" \
  -H 'Content-Type: application/scim+json' -d '{{"schemas":
  ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":
  [{{"op":"replace","path":"active","value":false}}]}}'"#
        )
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, reach, local_url, token } = self;
        match (token, local_url) {
            (Some(token), Some(url)) => self.write_lines(f, url, token),
            (Some(token), None) => {
                writeln!(f, "SCIM token      shown this once; its name is first:\n{token}")
            }
            (None, _) => {
                writeln!(f, "\nA new SCIM token:\n{program} token create --name NAME{reach}")
            }
        }
    }
}

/// How the program is started from here: `provost` where the shell finds it by its name, else for
/// example `./target/release/provost`.
fn program() -> String {
    let typed = std::env::args().next().unwrap_or_default();
    if !typed.is_empty() && !typed.contains('/') {
        return quoted(&typed);
    }
    let Ok(program) = std::env::current_exe() else {
        return "provost".to_owned();
    };
    let here = std::env::current_dir().ok();
    let beside = here.and_then(|here| Some(Path::new(".").join(program.strip_prefix(here).ok()?)));
    quoted(&beside.unwrap_or(program).display().to_string())
}

/// The flag without which a command pasted here would miss this core and its token.
fn reach(config: &Config) -> String {
    let moved = Config::embedded().is_ok_and(|default| config.data_dir != default.data_dir);
    let folder = || format!(" --data-dir {}", quoted(&config.data_dir.display().to_string()));
    if moved { folder() } else { String::new() }
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{Config, quoted, reach};

    #[test]
    fn a_pasted_command_finds_this_core() {
        let mut config = Config::embedded().unwrap();
        assert_eq!(reach(&config), "");
        config.data_dir = "some where".into();
        assert_eq!(reach(&config), " --data-dir 'some where'");
    }

    #[test]
    fn shells_take_quoted_words_as_they_are() {
        assert_eq!(quoted("./target/debug/provost"), "./target/debug/provost");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
