//! A visit to one service: what is asked over its connection stands in the report with what it says
//! about the answer.
//!
//! Must never know why something is asked.

use serde_json::Value;

use super::diagnosis::{Diagnosis, of_silence};
use super::exchange::Outgoing;
use super::reply::Reply;
use super::report::{PlayedStep, Report};
use super::wire::{Timed, Wire};

/// A visit, while it lasts.
pub struct Visit {
    /// The connection.
    pub wire: Wire,
    /// What was asked and found.
    pub report: Report,
    /// The path of the base URL.
    pub base: String,
    token: String,
}

impl Visit {
    /// Nothing was asked yet.
    pub fn new(wire: Wire, report: Report, base: String, token: String) -> Self {
        Self { wire, report, base, token }
    }

    /// The token that providers show.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What an answer said, fit for a sentence.
    pub fn said(&self, reply: &Reply) -> String {
        reply.masked(&self.token).said()
    }

    /// Asks, and has the answer judged; nothing where there is none, which is a finding by itself.
    pub async fn ask(
        &mut self,
        name: &str,
        outgoing: &Outgoing,
        judge: impl FnOnce(&Timed) -> Vec<Diagnosis>,
    ) -> Option<Reply> {
        let answered = self.wire.send(outgoing).await;
        let found = match &answered {
            Ok(Timed { reply, took, version }) => {
                let reply = reply.masked(&self.token);
                judge(&Timed { reply, took: *took, version: *version })
            }
            Err(error) => vec![of_silence(error)],
        };
        let timed = answered.ok();
        let part = self.report.part().to_owned();
        self.report.played(PlayedStep {
            part,
            name: name.to_owned(),
            method: outgoing.method.clone(),
            target: outgoing.target.clone(),
            status: timed.as_ref().map(|timed| timed.reply.status),
            milliseconds: timed
                .as_ref()
                .map_or(0, |timed| u64::try_from(timed.took.as_millis()).unwrap_or(u64::MAX)),
            notices: timed.as_ref().map(|timed| timed.reply.notices()).unwrap_or_default(),
            worst: found.iter().map(|found| found.check.severity()).max(),
        });
        for Diagnosis { check, sentence, page } in found {
            let page = page.unwrap_or_else(|| check.reference().to_owned());
            self.report.found_by(check, sentence, &page);
        }
        Some(timed?.reply)
    }

    /// Asks for what no provider asks for, to see to a user; nothing where no answer came. All that it is
    /// used for may be done twice, so a connection that breaks is no reason to give up.
    pub async fn see_to(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<Reply> {
        let mut headers = vec![
            ("authorization".to_owned(), format!("Bearer {}", self.token)),
            ("accept".to_owned(), "application/scim+json".to_owned()),
            ("user-agent".to_owned(), USER_AGENT.to_owned()),
        ];
        if body.is_some() {
            headers.push(("content-type".to_owned(), "application/scim+json".to_owned()));
        }
        let body = body.map(|body| body.to_string().into_bytes());
        let target = format!("{}{path}", self.base);
        let outgoing = Outgoing { method: method.to_owned(), target, headers, body };
        if let Ok(timed) = self.wire.send(&outgoing).await {
            return Some(timed.reply);
        }
        Some(self.wire.send(&outgoing).await.ok()?.reply)
    }
}

/// How the doctor calls itself where no provider does it otherwise.
pub const USER_AGENT: &str = concat!("provost-doctor/", env!("CARGO_PKG_VERSION"));
