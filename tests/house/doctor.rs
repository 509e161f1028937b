//! The doctor at work: nothing is found where nothing is wrong, and what is broken on purpose is named.
//!
//! Owns the expectations; `front` breaks things between the doctor and a real gateway.

mod broken;
mod command;
mod front;
mod healthy;

use std::collections::BTreeSet;
use std::time::Duration;

use provost::doctor::providers::Provider;
use provost::doctor::report::{Finding, ReportLine};
use provost::doctor::{DoctorError, Examination, Examined};
use provost_proto::v1::{
    CreationPolicy, DeletionPolicy, ListUsersRequest, Role, UpdateScimSettingsRequest, User,
};
use provost_test_kit::{Authority, Issued};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::support::{House, Site};
use front::{Fault, Front};

/// The account that is played with.
const TEST_USER: &str = "Test.User+1@example.com";
/// A time within which every answer comes, on any machine.
const PATIENT: Duration = Duration::from_mins(1);

/// A site where providers may do all that they do, with a test user and somebody who stays in charge.
async fn healthy_site<'h>(house: &'h House, name: &str) -> Site<'h> {
    let site = Site::new(house, name).await;
    site.user_as("owner@example.com", Role::Admin).await;
    site.user(TEST_USER).await;
    site.settings(UpdateScimSettingsRequest {
        allow_moderator_promotion: Some(true),
        allow_admin_promotion: Some(true),
        creation: CreationPolicy::Create.into(),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    site
}

/// An examination in the making.
struct Visit<'s> {
    site: &'s Site<'s>,
    authority: Authority,
    issued: Option<Issued>,
    protocol: &'static str,
    fault: Fault,
    path: String,
    token: String,
    user: Option<String>,
    providers: Vec<Provider>,
    time_limit: Duration,
    stop: CancellationToken,
}

impl<'s> Visit<'s> {
    /// With the test user, all providers, a good certificate and nothing broken.
    fn new(site: &'s Site<'s>) -> Self {
        let authority = Authority::new();
        Self {
            site,
            issued: Some(authority.issue(&["localhost"])),
            authority,
            protocol: "http/1.1",
            fault: Fault::default(),
            path: site.base.clone(),
            token: site.token.clone(),
            user: Some(TEST_USER.to_owned()),
            providers: vec![Provider::Okta, Provider::Entra, Provider::OneLogin],
            time_limit: PATIENT,
            stop: CancellationToken::new(),
        }
    }

    async fn examined(self) -> Seen {
        let Examined { report, is_put_back } = self.told(|_| ()).await.unwrap();
        Seen {
            findings: report.findings().cloned().collect(),
            steps: report.steps().count(),
            is_put_back,
        }
    }

    async fn told(self, told: impl FnMut(&ReportLine) + 'static) -> Result<Examined, DoctorError> {
        let (gateway, issued) = (self.site.house.http, self.issued.as_ref());
        let front = Front::speaking(self.protocol, gateway, issued, self.fault).await;
        let scheme = if self.issued.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{}{}", front.address.port(), self.path);
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("ca.pem");
        std::fs::write(&authority, self.authority.pem()).unwrap();
        let nonce = "0d0c70f1".to_owned();
        let mut examination = Examination::new(&url, Some(authority), nonce, now()).unwrap();
        examination.providers = self.providers;
        examination.user_name = self.user;
        examination.time_limit = self.time_limit;
        examination.stop = self.stop;
        examination.run(&self.token, Box::new(told)).await
    }
}

/// All users, without what any write changes.
async fn users(site: &Site<'_>) -> Vec<User> {
    let request = ListUsersRequest { site: site.name.clone(), ..ListUsersRequest::default() };
    let listed = site.house.operator.users().list_users(request).await.unwrap().into_inner();
    let unversioned = |user| User { version: 0, update_time: None, ..user };
    listed.users.into_iter().map(unversioned).collect()
}

/// What an examination came to.
struct Seen {
    findings: Vec<Finding>,
    steps: usize,
    is_put_back: Option<bool>,
}

impl Seen {
    fn checks(&self) -> BTreeSet<&'static str> {
        self.findings.iter().map(|finding| finding.check.name()).collect()
    }

    fn words(&self) -> String {
        let words = self.findings.iter();
        let words =
            words.map(|one| format!("{}: {} [{}]", one.check.name(), one.sentence, one.part));
        words.collect::<Vec<_>>().join("\n")
    }
}

#[expect(clippy::disallowed_methods, reason = "the clock that the service has")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}
