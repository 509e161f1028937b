//! SCIM over TLS beside SCIM in clear: what the cryptography costs on connections that are kept.

use crate::forms::BASE;
use crate::house::House;
use crate::lines::{Line, Work};
use crate::outcome::Outcome;
use crate::ratios::Ratio;
use crate::requests::Scim;
use crate::servers::{Launcher, Running};
use crate::statistics::thousands;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// What is asked, and how near it must come to the same in clear.
const QUESTIONS: [(Scim, &str, &str); 2] =
    [(Scim::Get, "get", "GET by id"), (Scim::Patch, "patch", "PATCH active")];
const AT_LEAST: f64 = 0.8;

/// A `provost serve` whose SCIM is behind TLS, on the smallest users in SQLite.
pub struct OverTls(Running);

impl OverTls {
    /// Starts it, with a certificate of its own.
    pub fn start(folder: &Path, launcher: &Launcher, house: &House) -> Outcome<Self> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()])?;
        let (certificate, key) = (folder.join("tls.pem"), folder.join("tls.key"));
        fs::write(&certificate, cert.pem())?;
        fs::write(&key, signing_key.serialize_pem())?;
        let dataset = &house.sizes[0].sqlite;
        launcher.serve_over_tls("serve-tls", dataset, (&certificate, &key)).map(Self)
    }

    /// What it is asked.
    pub fn lines(&self, house: &House) -> Vec<Line> {
        let dataset = &house.sizes[0].sqlite;
        let line = |(what, word, title)| Line {
            key: format!("{}/tls/{word}", dataset.users),
            title: format!("{title} over TLS, SQLite, {} users", thousands(dataset.users)),
            work: Work::Scim {
                scheme: "https",
                host: self.0.http.clone(),
                base: BASE,
                what,
                users: dataset.users,
                dataset: Rc::clone(dataset),
            },
            processes: vec![self.0.id],
        };
        QUESTIONS.map(line).into()
    }

    /// Each against the same in clear.
    pub fn ratios(house: &House) -> impl Iterator<Item = Ratio> {
        let users = house.sizes[0].sqlite.users;
        QUESTIONS.into_iter().map(move |(_, word, title)| Ratio {
            title: format!("{title} over TLS : in clear, SQLite"),
            line: format!("{users}/tls/{word}"),
            yardstick: format!("{users}/sqlite/{word}"),
            at_least: Some(AT_LEAST),
        })
    }
}
