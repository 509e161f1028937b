//! What a start says about itself: addresses, and at the first start the token, once.
//!
//! Must never write the token anywhere but to standard output.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::config::{Config, reachable};
use crate::mode::Mode;
use crate::serve::Running;

/// The path at which SCIM is served for the site of an installation that has only one.
const SCIM_PATH: &str = "/api/scim/v2";

/// The text that a start prints about itself.
pub struct Announcement {
    mode: Mode,
    public_url: String,
    local_url: String,
    core: String,
    token_file: PathBuf,
    scim_token: Option<String>,
    program: String,
    reach: String,
}

impl Announcement {
    /// Puts together what the started service can be told about.
    pub fn new(mode: Mode, config: &Config, running: &Running) -> Self {
        let http = reachable(running.http_addr.unwrap_or(config.http.listen));
        Self {
            mode,
            public_url: running.public_url(config),
            local_url: format!("http://{http}"),
            core: match running.grpc_addr {
                Some(address) => reachable(address).to_string(),
                None => config.core_address().to_string().trim_end_matches('/').to_owned(),
            },
            token_file: config.operator_token_file(),
            scim_token: running.first_scim_token.clone(),
            program: program(),
            reach: reach(config),
        }
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, reach) = (&self.program, &self.reach);
        writeln!(f, "Provost {} is running.\n", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "SCIM base URL   {}{SCIM_PATH}", self.public_url)?;
        if let Some(token) = &self.scim_token {
            writeln!(f, "SCIM token      {token}   (shown this once)")?;
        }
        writeln!(f, "gRPC address    {}", self.core)?;
        if self.mode == Mode::Gateway {
            return Ok(());
        }
        writeln!(f, "Operator token  in {}", self.token_file.display())?;
        match &self.scim_token {
            Some(token) => self.write_session(f, token),
            None => writeln!(f, "\nA new SCIM token:\n{program} token create --name NAME{reach}"),
        }
    }
}

impl Announcement {
    /// Three lines to paste, each complete in itself.
    fn write_session(&self, f: &mut fmt::Formatter<'_>, token: &str) -> fmt::Result {
        let Self { program, reach, .. } = self;
        let users = format!("{}{SCIM_PATH}/Users", self.local_url);
        let bearer = format!("-H 'Authorization: Bearer {token}'");
        let look_up = format!(
            "curl -sG {bearer} {users} --data-urlencode 'filter=userName eq \"ada@example.com\"'"
        );
        let body = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#;
        writeln!(f, "\nRegister a sign-in, as your single sign-on service would:")?;
        writeln!(
            f,
            "{program} user register-sign-in ada@example.com --given-name Ada --family-name Lovelace --email ada@example.com{reach}"
        )?;
        writeln!(f, "\nLook the user up, as an identity provider would:")?;
        writeln!(f, "{look_up}")?;
        writeln!(f, "\nDeactivate the user:")?;
        // With only the id asked for, it is the one thing in the answer that looks like a UUID.
        writeln!(
            f,
            "curl -s -X PATCH {bearer} -H 'Content-Type: application/scim+json' -d '{body}' {users}/$({look_up} -d attributes=id | grep -oE '[0-9a-f-]{{36}}')"
        )
    }
}

/// How the program is started from here: `./target/release/provost`.
fn program() -> String {
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
    use super::{Announcement, Config, Mode, quoted, reach};

    fn announcement(scim_token: Option<&str>) -> String {
        let announcement = Announcement {
            mode: Mode::AllInOne,
            public_url: "https://id.example.com".to_owned(),
            local_url: "http://127.0.0.1:8080".to_owned(),
            core: "127.0.0.1:50051".to_owned(),
            token_file: "provost-data/operator.token".into(),
            scim_token: scim_token.map(str::to_owned),
            program: "./target/release/provost".to_owned(),
            reach: String::new(),
        };
        announcement.to_string()
    }

    #[test]
    fn the_first_start_prints_the_token_and_three_lines() {
        let text = announcement(Some("provost_x"));
        assert!(text.contains("https://id.example.com/api/scim/v2\n"));
        let pasteable =
            text.lines().filter(|line| line.starts_with("./target") || line.starts_with("curl "));
        assert_eq!(pasteable.count(), 3);
        assert!(text.contains("Bearer provost_x"));
    }

    #[test]
    fn a_later_start_says_how_to_make_a_token() {
        let text = announcement(None);
        assert!(!text.contains("Bearer"));
        assert!(text.ends_with("./target/release/provost token create --name NAME\n"));
    }

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
