//! Two cores beside one another on one PostgreSQL: the same law, one ledger.

use futures::future::join_all;
use provost_proto::v1::{
    Change, ChangeUserRequest, ListTokensRequest, RegisterSignInRequest, RevokeTokenRequest, Role,
    SetAttribute, SetUserRoleRequest, Value, change, value,
};
use sea_orm::FromQueryResult;

use crate::support::child::Fixture;
use crate::support::wire::{self, Request};
use crate::support::{Callers, Engine, until};

#[tokio::test]
async fn one_of_two_admins_stays_whichever_core_is_asked() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let (served, core) = (fixture.serve().await, fixture.launch("core", &[]).await);
    let callers = [fixture.operator(&served), fixture.operator(&core)];
    let admins = [sign_in(&callers[0], "ada").await, sign_in(&callers[1], "grace").await];
    for round in 0..8 {
        for id in &admins {
            set_role(&callers[round % 2], id, Role::Admin).await.unwrap();
        }
        let steps = callers.iter().zip(&admins);
        let outcomes = join_all(steps.map(|(at, id)| set_role(at, id, Role::Registered))).await;
        let stepped_down = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(stepped_down, 1, "round {round}: {outcomes:?}");
    }
}

#[derive(FromQueryResult)]
struct Revision {
    revision: i64,
}

#[tokio::test]
async fn writers_at_two_cores_share_one_ledger_without_a_gap() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let (served, core) = (fixture.serve().await, fixture.launch("core", &[]).await);
    let callers = [fixture.operator(&served), fixture.operator(&core)];
    let id = sign_in(&callers[0], "ada").await;
    let titles = (0..32).map(|number| set_title(&callers[number % 2], &id, number.to_string()));
    let mut versions = join_all(titles).await;
    versions.sort_unstable();
    let first = versions[0];
    assert_eq!(versions, (first..).take(32).collect::<Vec<i64>>(), "nothing is lost");
    let of_site = "SELECT e.revision FROM events e JOIN sites s ON s.id = e.site_id AND s.name = 'default' \
                   ORDER BY e.revision";
    let ledger: Vec<Revision> = fixture.database.query(of_site).await;
    let revisions: Vec<i64> = ledger.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, (1..).take(revisions.len()).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_token_that_one_core_revokes_closes_at_the_other() {
    let Some(fixture) = Fixture::fresh(Engine::Postgres) else { return };
    let (served, core) = (fixture.serve().await, fixture.launch("core", &[]).await);
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {}", served.scim_token()))],
        body: None,
    };
    wire::send(served.http, &request).await.unwrap().expect(200);
    let mut sites = fixture.operator(&core).sites();
    let tokens = sites.list_tokens(ListTokensRequest::default()).await.unwrap().into_inner();
    let token_id = tokens.tokens[0].id.clone();
    sites
        .revoke_token(RevokeTokenRequest { site: String::new(), token_id, options: None })
        .await
        .unwrap();
    until("the other core notices", async || {
        (wire::send(served.http, &request).await.unwrap().status == 401).then_some(())
    })
    .await;
}

async fn sign_in(at: &Callers, name: &str) -> String {
    let request = RegisterSignInRequest {
        user_name: format!("{name}@example.com"),
        ..RegisterSignInRequest::default()
    };
    let answer = at.users().register_sign_in(request).await.unwrap().into_inner();
    answer.decision.unwrap().user.unwrap().id
}

async fn set_role(at: &Callers, id: &str, role: Role) -> Result<(), tonic::Status> {
    let request = SetUserRoleRequest {
        user_id: id.to_owned(),
        role: role.into(),
        ..SetUserRoleRequest::default()
    };
    at.users().set_user_role(request).await.map(drop)
}

async fn set_title(at: &Callers, id: &str, title: String) -> i64 {
    let value = Some(Value { kind: Some(value::Kind::Text(title)) });
    let set = SetAttribute { attribute: "title".to_owned(), value };
    let request = ChangeUserRequest {
        user_id: id.to_owned(),
        changes: vec![Change { change: Some(change::Change::SetAttribute(set)) }],
        ..ChangeUserRequest::default()
    };
    let answer = at.users().change_user(request).await.unwrap().into_inner();
    answer.decision.unwrap().user.unwrap().version
}
