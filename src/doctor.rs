//! The doctor: plays identity providers against a SCIM base URL, and finds what they would trip over.
//!
//! A client of SCIM over the network, as they are; whose service it is makes no difference. What is
//! played are the conversations that the tests replay. Owns what is asked, in which order, and what is
//! said about the answers. Must never know the contract, nor how a service comes to its answers.

mod address;
mod assertion;
pub mod check;
pub mod conversation;
mod diagnosis;
pub mod exchange;
mod first_look;
mod group_play;
mod group_pushes;
mod play;
pub mod providers;
pub mod reply;
pub mod report;
mod test_group;
mod test_user;
mod visit;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use http::HeaderValue;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use self::address::BaseUrl;
use self::exchange::{Placeholders, outgoing};
use self::group_play::play_groups;
use self::play::{Programme, chosen, play};
use self::providers::{Provider, creation};
use self::report::{Report, ReportReader};
use self::test_user::TestUser;
use self::visit::Visit;
use self::wire::Wire;
use crate::tls::{ClientTls, TlsError, TlsFile, Trust};

/// What stands for the name of the test user where nobody is asked.
const SOMEBODY: &str = "USER-NAME";
/// What stands for the name of the test group there.
const SOME_GROUP: &str = "GROUP-NAME";
/// What stands for the token there.
const TOKEN: &str = "TOKEN";

/// What is to be examined, and how.
pub struct Examination {
    base: BaseUrl,
    tls: Option<ClientTls>,
    /// Who is played.
    pub providers: Vec<Provider>,
    /// The user to play with; where there is none, one is created.
    pub user_name: Option<String>,
    /// How long an answer may take.
    pub time_limit: Duration,
    /// A word that nobody else has.
    pub nonce: String,
    /// When it is.
    pub now: OffsetDateTime,
    /// Cancelled by whoever has seen enough; what was changed is put back all the same.
    pub stop: CancellationToken,
}

/// A request that would be sent.
#[derive(Debug, serde::Serialize)]
pub struct PlannedRequest {
    /// What would be played.
    pub part: String,
    /// What it stands for.
    pub name: String,
    /// The method of HTTP.
    pub method: String,
    /// The path and query.
    pub target: String,
    /// The body.
    pub body: Option<String>,
}

/// How an examination ended.
pub struct Examined {
    /// What was played and found.
    pub report: Report,
    /// Whether the test user is as before; none where nobody was changed.
    pub is_put_back: Option<bool>,
}

/// The reason why nothing is examined.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The base URL can't be used.
    #[error("{0}")]
    Address(String),
    /// The token can't be sent.
    #[error("The token has characters that no header can have: copy it once more.")]
    Token,
    /// The file of the authority can't be used.
    #[error("{0}.")]
    Authority(#[from] TlsError),
    /// Somebody stopped it.
    #[error("The doctor was stopped before the end{}.", if *.is_put_back { ", and has put everything back" } else { "" })]
    Stopped {
        /// Whether whatever was changed is as before.
        is_put_back: bool,
    },
    /// A conversation in the binary can't be read.
    #[error("A conversation {0}: report it to whoever makes Provost.")]
    Conversation(String),
}

impl Examination {
    /// Of the service at this base URL, which everybody trusts or an authority of this file.
    pub fn new(
        url: &str,
        authority: Option<PathBuf>,
        nonce: String,
        now: OffsetDateTime,
    ) -> Result<Self, DoctorError> {
        let base = BaseUrl::parse(url).map_err(DoctorError::Address)?;
        let trust = match authority {
            None => Trust::EveryAuthority,
            Some(path) => Trust::Authority(TlsFile { setting: "--ca", path }),
        };
        let tls = ClientTls { trust, identity: None, protocol: "http/1.1" };
        tls.check()?;
        let tls = base.is_https().then_some(tls);
        Ok(Self {
            base,
            tls,
            providers: Vec::new(),
            user_name: None,
            time_limit: Duration::from_mins(1),
            nonce,
            now,
            stop: CancellationToken::new(),
        })
    }

    /// All that would be sent to play these providers, and nothing of what sees to the test user.
    pub fn plan(&self) -> Result<Vec<PlannedRequest>, DoctorError> {
        let user_name = self.user_name.as_deref();
        let base = &self.base.path;
        let mut planned = Vec::new();
        let mut add = |part: &str, name: &str, request: exchange::Outgoing| {
            let exchange::Outgoing { method, target, headers: _, body } = request;
            let body = body.map(|body| String::from_utf8_lossy(&body).into_owned());
            let (part, name) = (part.to_owned(), name.to_owned());
            planned.push(PlannedRequest { part, name, method, target, body });
        };
        for (name, request) in first_look::probes(base, TOKEN, &self.nonce) {
            add("A first look", name, request);
        }
        let placeholders = Placeholders::from([("token".to_owned(), TOKEN.into())]);
        if user_name.is_none() {
            for step in creation(SOMEBODY).map_err(DoctorError::Conversation)? {
                let request = outgoing(&step, base, &placeholders);
                add("The test user, created as by Okta", &step.name, request);
            }
        }
        for (way, conversation) in chosen(&self.providers) {
            let steps = conversation.steps(user_name.unwrap_or(SOMEBODY));
            for step in steps.map_err(DoctorError::Conversation)? {
                let request = outgoing(&step, base, &placeholders);
                add(&format!("{}: {}", way.name, conversation.name), &step.name, request);
            }
        }
        for push in group_pushes::chosen(&self.providers) {
            let steps = push.steps(SOME_GROUP, user_name.unwrap_or(SOMEBODY));
            for step in steps.map_err(DoctorError::Conversation)? {
                add(&push.title(), &step.name, outgoing(&step, base, &placeholders));
            }
        }
        Ok(planned)
    }

    /// Examines with this token, and tells each line to the reader.
    pub async fn run(self, token: &str, told: ReportReader) -> Result<Examined, DoctorError> {
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| DoctorError::Token)?;
        let Self { base, tls, providers, user_name, time_limit, nonce, now, stop } = self;
        let wire = Wire::new(base.clone(), tls, time_limit);
        let report = Report::new(token.to_owned(), told);
        let mut visit = Visit::new(wire, report, base.path.clone(), token.to_owned());
        let looked = tokio::select! {
            looked = first_look::look(&mut visit, &base, &nonce, now) => Some(looked),
            () = stop.cancelled() => None,
        };
        let Some(goes_on) = looked else {
            return Err(DoctorError::Stopped { is_put_back: true });
        };
        if !goes_on {
            return Ok(Examined { report: visit.report, is_put_back: None });
        }
        let new_name = format!("provost-doctor-{nonce}@example.com");
        let user = if let Some(name) = &user_name {
            TestUser::find(&mut visit, name).await.ok_or(None)
        } else {
            let steps = creation(&new_name).map_err(DoctorError::Conversation)?;
            TestUser::create(&mut visit, &new_name, &steps).await
        };
        let user_name = user_name.unwrap_or(new_name);
        let programme = Programme {
            providers: &providers,
            user_name: &user_name,
            group_name: &format!("provost-doctor-{nonce}"),
            stop: &stop,
        };
        let mut played = play(&mut visit, &programme, user.as_ref().ok()).await.map(|()| true);
        if let (Ok(_), Ok(user)) = (&played, &user) {
            played = play_groups(&mut visit, &programme, user).await;
        }
        let is_put_back = match user {
            Err(is_undone) => is_undone,
            Ok(user) => Some(user.leave(&mut visit).await),
        };
        let is_gone = played.map_err(DoctorError::Conversation)?;
        let is_put_back = is_put_back.map(|is_put_back| is_put_back && is_gone);
        if stop.is_cancelled() {
            return Err(DoctorError::Stopped { is_put_back: is_put_back.unwrap_or(true) });
        }
        Ok(Examined { report: visit.report, is_put_back })
    }
}
