//! Who may call what: every RPC of the contract, by the operator, a connection, and services with each
//! permission alone, for their own site, another one, and one that there is not.

mod acting;
mod cases;
mod explained;

use super::fixture::*;
use super::signing_in::sign_in;
use acting::admins_are_acted_for_about_their_site_only;
use cases::{About, Case, Connections, NUMBERED, Needs, cases};
use explained::explained;
use http_body_util::Full;
use prost::Message as _;
use prost::bytes::Bytes;
use prost_types::FileDescriptorSet;
use provost_proto::v1::{Permission, Role};
use provost_proto::{DESCRIPTORS, v1};
use std::collections::{BTreeMap, BTreeSet};
use tonic::Status;
use tonic::body::Body;
use tonic_types::StatusExt as _;
use tower::ServiceExt as _;

on_both_databases!(
    every_rpc_is_for_whom_it_is_and_what_is_explained_is_so,
    admins_are_acted_for_about_their_site_only,
);

const OTHER: &str = "globex";
/// As long as the other one, whose length is in the details of a refusal.
const UNKNOWN: &str = "narnia";
/// A service that others ask about.
const PEER: &str = "peer";
const PACKAGE: &str = "provost.identity.v1";

/// Who asks.
struct Asker {
    token: String,
    who: Who,
}

enum Who {
    Operator,
    Connection,
    /// An Admin of [`SITE`] who is signed in.
    Admin,
    /// A service of this name, with this permission for [`SITE`] or for all sites, if with any.
    Service {
        name: String,
        may: Option<(Permission, bool)>,
    },
}

/// What becomes of a call, as far as it is a question of who asks.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    LetIn,
    GrantMissing,
    NotPermitted,
    BadToken,
    NoSuchSite,
    ActorRefused,
}

async fn every_rpc_is_for_whom_it_is_and_what_is_explained_is_so(fixture: Fixture) {
    fixture.site(OTHER).await;
    let numbers = "SELECT name FROM sites WHERE id > 0 ORDER BY id";
    assert_eq!(fixture.rows(numbers).await.concat(), NUMBERED[..2]);
    let ada = fixture.user("ada", Role::Registered).await;
    let peer =
        grant(Some(SITE), &[Permission::ReadUsers, Permission::ManageAccess], Role::Unspecified);
    fixture.service(PEER, vec![peer]).await;
    let token = token_of_peer(&fixture).await;
    let cases = |asker: &Asker, site| {
        cases(&About { site, user_id: &ada.id, own: asker.own(), peer: Some((PEER, &token)) })
    };
    let before = fixture.lines().await;
    let askers = askers(&fixture).await;
    let asked = cases(&askers[0], SITE);
    let asked: BTreeSet<_> = asked.iter().map(|case| case.rpc.to_owned()).collect();
    assert_eq!(asked, rpcs_of_the_contract());
    let made = fixture.lines().await;
    assert!(made > before);
    for asker in &askers {
        let [home, other, unknown] = [SITE, OTHER, UNKNOWN].map(|site| cases(asker, site));
        for (own, (other, unknown)) in home.iter().zip(other.iter().zip(&unknown)) {
            ask(&fixture, asker, own, SITE).await;
            let told_of_other = ask(&fixture, asker, other, OTHER).await;
            let told_of_unknown = ask(&fixture, asker, unknown, UNKNOWN).await;
            // Who may do nothing there is told the same.
            if !asker.reaches(OTHER) {
                assert_eq!(told_of_other, told_of_unknown, "{} {}", asker.name(), own.rpc);
            }
        }
        if let Who::Service { name, .. } = &asker.who {
            for (site, cases) in [(SITE, &home), (OTHER, &other)] {
                explained(&fixture, asker, name, site, cases).await;
            }
        }
    }
    // Nothing of all this was more than a question.
    assert_eq!(fixture.lines().await, made);
}

fn rpcs_of_the_contract() -> BTreeSet<String> {
    let descriptors = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let own = descriptors.file.iter().filter(|file| file.package() == PACKAGE);
    own.flat_map(|file| &file.service)
        .flat_map(|service| {
            service.method.iter().map(|method| format!("{}/{}", service.name(), method.name()))
        })
        .collect()
}

async fn token_of_peer(fixture: &Fixture) -> String {
    let request = v1::ListServiceTokensRequest { service: PEER.to_owned(), ..Default::default() };
    let tokens = fixture.services().list_service_tokens(request).await.unwrap().into_inner().tokens;
    tokens[0].id.clone()
}

async fn askers(fixture: &Fixture) -> Vec<Asker> {
    let mut askers = vec![
        Asker { token: OPERATOR.to_owned(), who: Who::Operator },
        Asker { token: fixture.token(SITE).await, who: Who::Connection },
        Asker { token: admin(fixture).await, who: Who::Admin },
    ];
    let permissions = (1..).map_while(|number| Permission::try_from(number).ok());
    let alone = permissions.flat_map(|one| [Some((one, false)), Some((one, true))]);
    for (number, may) in alone.chain([None]).enumerate() {
        let name = format!("service-{number}");
        let grants = may.map(|(permission, everywhere)| {
            let changes_roles = permission == Permission::ChangeRoles;
            let highest = if changes_roles { Role::Admin } else { Role::Unspecified };
            grant((!everywhere).then_some(SITE), &[permission], highest)
        });
        let token = fixture.service(&name, grants.into_iter().collect()).await;
        askers.push(Asker { token, who: Who::Service { name, may } });
    }
    assert_eq!(askers.len(), 3 + 2 * 15 + 1, "a permission was added: add what needs it");
    askers
}

async fn admin(fixture: &Fixture) -> String {
    fixture.user("chief", Role::Admin).await;
    sign_in(&fixture.core, SITE, "chief").await.unwrap().token
}

/// Whether it is for Admins who are signed in. What is about the installation is not.
fn is_for_admins(case: &Case) -> bool {
    let (service, method) = case.rpc.split_once('/').unwrap();
    let others: &[&str] = match service {
        "UserService" => &["RegisterSignIn", "CheckToken"],
        "GroupService" => &[],
        "SiteService" => &["CreateSite", "ListSites", "DeleteSite"],
        "LedgerService" => &["WatchEvents", "AcknowledgeEvents", "DeleteConsumer"],
        "SessionService" => return ["GetSession", "DeleteSession"].contains(&method),
        _ => return false,
    };
    !others.contains(&method) && !matches!(case.needs, Needs::Operator)
}

/// Calls, and looks whether the outcome is the one that is to be; what was told of the site is returned.
async fn ask(fixture: &Fixture, asker: &Asker, case: &Case, site: &str) -> Option<String> {
    let status = call(fixture, &asker.token, case).await;
    let outcome = judged(status.as_ref());
    let expected = asker.expected(case, site);
    assert_eq!(outcome, expected, "{} {} {site}: {status:?}", asker.name(), case.rpc);
    let status = status?;
    // Metadata come in no order.
    let metadata = BTreeMap::from_iter(status.get_details_error_info().unwrap().metadata);
    let told = format!("{} {} {metadata:?}", status.code(), status.message());
    Some(format!("{} {}", told.replace(site, "SITE"), status.details().len()))
}

fn judged(status: Option<&Status>) -> Outcome {
    let Some(status) = status else { return Outcome::LetIn };
    match reason(status).1.as_str() {
        "GRANT_MISSING" => Outcome::GrantMissing,
        "CALLER_NOT_PERMITTED" => Outcome::NotPermitted,
        "TOKEN_INVALID" => Outcome::BadToken,
        "SITE_NOT_FOUND" => Outcome::NoSuchSite,
        "ACTOR_NOT_PERMITTED" => Outcome::ActorRefused,
        _ => Outcome::LetIn,
    }
}

impl Asker {
    fn name(&self) -> String {
        match &self.who {
            Who::Operator => "operator".to_owned(),
            Who::Connection => "connection".to_owned(),
            Who::Admin => "admin".to_owned(),
            Who::Service { may, .. } => format!("service {may:?}"),
        }
    }

    /// The name of the service that asks, if one does.
    fn own(&self) -> &str {
        match &self.who {
            Who::Operator | Who::Connection | Who::Admin => "",
            Who::Service { name, .. } => name,
        }
    }

    fn reaches(&self, site: &str) -> bool {
        match self.who {
            Who::Operator => true,
            Who::Connection | Who::Admin => site == SITE,
            Who::Service { may, .. } => {
                may.is_some_and(|(_, everywhere)| everywhere || site == SITE)
            }
        }
    }

    fn expected(&self, case: &Case, site: &str) -> Outcome {
        let no_such_site = case.names_site && site == UNKNOWN;
        let there = if no_such_site { Outcome::NoSuchSite } else { Outcome::LetIn };
        let Who::Service { may, .. } = &self.who else {
            return match (&self.who, case.connections) {
                (Who::Operator, _) => there,
                (Who::Admin, _) if !is_for_admins(case) => Outcome::NotPermitted,
                (Who::Admin, _) if case.names_site && site != SITE => Outcome::NoSuchSite,
                (Who::Admin, _) => Outcome::LetIn,
                (_, Connections::NotCalled) => Outcome::NotPermitted,
                _ if site != SITE => Outcome::BadToken,
                (_, Connections::Refused) => Outcome::NotPermitted,
                (_, Connections::Admitted) => Outcome::LetIn,
            };
        };
        let has = |one: &Permission| may.is_some_and(|(permission, _)| permission == *one);
        let everywhere = may.is_some_and(|(_, everywhere)| everywhere);
        let admitted = match &case.needs {
            Needs::Operator => return Outcome::NotPermitted,
            Needs::Nothing => return Outcome::LetIn,
            Needs::InAllSites(one, _) | Needs::NotEvenInAllSites(one) => everywhere && has(one),
            Needs::Grant(_) => self.reaches(site),
            Needs::First(one, _) => self.reaches(site) && has(one),
        };
        match &case.needs {
            _ if !admitted => Outcome::GrantMissing,
            _ if no_such_site => Outcome::NoSuchSite,
            Needs::NotEvenInAllSites(_) => Outcome::NotPermitted,
            Needs::Grant(more) | Needs::First(_, more) | Needs::InAllSites(_, more)
                if !more.iter().all(has) =>
            {
                Outcome::GrantMissing
            }
            _ => Outcome::LetIn,
        }
    }
}

/// Calls with a message that is in bytes already.
async fn call(fixture: &Fixture, token: &str, case: &Case) -> Option<Status> {
    let mut body = vec![0];
    body.extend(u32::try_from(case.message.len()).unwrap().to_be_bytes());
    body.extend(&case.message);
    let request = http::Request::post(format!("/{PACKAGE}.{}", case.rpc))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::new(Full::new(Bytes::from(body))))
        .unwrap();
    let answer = fixture.core.services().oneshot(request).await.unwrap();
    Status::from_header_map(answer.headers())
}
