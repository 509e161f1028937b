//! The same on behalf of users: every RPC whose message can name one, by an Admin of the site and by
//! somebody who is none. What is to be added to a message follows from the contract.

use super::cases::{About, Case, Connections, Needs, cases};
use super::{Asker, OTHER, Outcome, PACKAGE, UNKNOWN, Who, askers, call, is_for_admins, judged};
use crate::calls::fixture::*;
use prost::Message as _;
use prost_types::FileDescriptorSet;
use provost_proto::DESCRIPTORS;
use provost_proto::v1::{Permission, Role};

/// Which of them a message names.
const FIELD: &str = "on_behalf_of";

pub async fn admins_are_acted_for_about_their_site_only(fixture: Fixture) {
    fixture.site(OTHER).await;
    let ada = fixture.user("ada", Role::Registered).await.id;
    let root = fixture.user("root", Role::Admin).await.id;
    let askers = askers(&fixture).await;
    let before = fixture.lines().await;
    let mut rpcs = 0;
    for (site, user, is_admin) in
        [(SITE, &root, true), (SITE, &ada, false), (OTHER, &root, false), (UNKNOWN, &root, false)]
    {
        for case in cases(&About { site, user_id: &ada, own: "", peer: None }) {
            // Each of its writes is refused by itself (`batch_writes.rs`).
            if case.rpc == "UserService/BatchWrite" {
                continue;
            }
            let Some(case) = on_behalf_of(case, user) else { continue };
            rpcs += 1;
            for asker in &askers {
                let outcome = judged(call(&fixture, &asker.token, &case).await.as_ref());
                let expected = expected(asker, &case, (site, is_admin));
                assert_eq!(outcome, expected, "{} {} {site} {user}", asker.name(), case.rpc);
            }
        }
    }
    assert!(rpcs > 4 * 25, "{rpcs}");
    assert_eq!(fixture.lines().await, before);
}

/// What Admins manage in their site.
fn is_theirs(rpc: &str) -> bool {
    let others = ["UserService/RegisterSignIn", "SiteService/CreateSite", "SiteService/DeleteSite"];
    let services = ["UserService/", "GroupService/", "SiteService/"];
    services.iter().any(|service| rpc.starts_with(service)) && !others.contains(&rpc)
}

fn expected(asker: &Asker, case: &Case, (site, is_admin): (&str, bool)) -> Outcome {
    let acted = match is_theirs(case.rpc) && is_admin {
        _ if case.names_site && site == UNKNOWN => Outcome::NoSuchSite,
        true => Outcome::LetIn,
        false => Outcome::ActorRefused,
    };
    match &asker.who {
        Who::Operator => acted,
        Who::Admin => match (is_for_admins(case), case.names_site && site != SITE) {
            (false, _) => Outcome::NotPermitted,
            (true, true) => Outcome::NoSuchSite,
            (true, false) => Outcome::ActorRefused,
        },
        Who::Connection if case.connections == Connections::NotCalled => Outcome::NotPermitted,
        Who::Connection if site != SITE => Outcome::BadToken,
        Who::Connection => Outcome::ActorRefused,
        // A call about no site, or about services, is looked at for itself before.
        Who::Service { .. } if case.rpc.starts_with("AccessService/") => {
            match asker.expected(case, site) {
                Outcome::LetIn => acted,
                refused => refused,
            }
        }
        Who::Service { .. } if matches!(case.needs, Needs::Operator) && !case.names_site => {
            Outcome::NotPermitted
        }
        Who::Service { may, .. } => {
            let acts = may.is_some_and(|(permission, _)| permission == Permission::ActForUsers);
            if acts && asker.reaches(site) { acted } else { Outcome::GrantMissing }
        }
    }
}

/// The case with a user in its message; none where the message has no place for one.
fn on_behalf_of(case: Case, user: &str) -> Option<Case> {
    let descriptors = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let own: Vec<_> = descriptors.file.iter().filter(|it| it.package() == PACKAGE).collect();
    let named = |name: &str| {
        let name = name.rsplit('.').next().unwrap().to_owned();
        own.iter().flat_map(|file| &file.message_type).find(move |it| it.name() == name).unwrap()
    };
    let number = |message: &str, field: &str| {
        let message = named(message);
        message
            .field
            .iter()
            .find(|it| it.name() == field)
            .map(prost_types::FieldDescriptorProto::number)
    };
    let (service, method) = case.rpc.split_once('/').unwrap();
    let service =
        own.iter().flat_map(|file| &file.service).find(|it| it.name() == service).unwrap();
    let method = service.method.iter().find(|it| it.name() == method).unwrap();
    let mut message = case.message.clone();
    if let Some(own) = number(method.input_type(), FIELD) {
        message.extend(field(own, user.as_bytes()));
    } else {
        // What is said twice of options is one.
        let options = number(method.input_type(), "options")?;
        let within = field(number("WriteOptions", FIELD).unwrap(), user.as_bytes());
        message.extend(field(options, &within));
    }
    Some(Case { message, ..case })
}

/// A field of a length, as it is encoded. Numbers and lengths here are small.
fn field(number: i32, value: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    prost::encoding::encode_varint(u64::from(number.unsigned_abs()) << 3 | 2, &mut encoded);
    prost::encoding::encode_varint(value.len() as u64, &mut encoded);
    encoded.extend(value);
    encoded
}
