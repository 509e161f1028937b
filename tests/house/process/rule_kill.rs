//! Roles that follow from a rule when the service dies in the middle of it: after `kill -9` and another start
//! everybody is moved, and nobody twice.

use futures::future::join_all;
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    CreateGroupRequest, GroupRuleRun, ListGroupRulesRequest, RegisterSignInRequest, Role,
    RuledGroup, SetGroupRuleRequest, UpdateScimSettingsRequest,
};

use crate::support::child::Fixture;
use crate::support::{Callers, Engine, until};

/// So many that nobody misses the middle: each step is about a hundred.
const MEMBERS: usize = 4000;
/// As many as are asked for at once.
const AT_ONCE: usize = 200;

#[tokio::test]
async fn everybody_is_moved_once_by_a_service_on_sqlite() {
    survive(Engine::Sqlite, "serve").await;
}

#[tokio::test]
async fn everybody_is_moved_once_by_a_core_on_postgres() {
    survive(Engine::Postgres, "core").await;
}

async fn survive(engine: Engine, role: &str) {
    let Some(fixture) = Fixture::fresh(engine) else { return };
    let mut served = fixture.launch(role, &[]).await;
    let operator = fixture.operator(&served);
    let switches = UpdateScimSettingsRequest {
        allow_moderator_promotion: Some(true),
        ..UpdateScimSettingsRequest::default()
    };
    operator.sites().update_scim_settings(switches).await.unwrap();
    let group_id = group(&operator).await;
    let request = SetGroupRuleRequest {
        group: Some(RuledGroup { by: Some(By::GroupId(group_id.clone())) }),
        role: Role::Moderator.into(),
        ..SetGroupRuleRequest::default()
    };
    operator.groups().set_group_rule(request).await.unwrap();
    let seen = loop {
        let run = run(&operator).await.expect("it was over before anybody looked");
        if run.done > 0 {
            break run;
        }
    };
    assert_eq!(seen.group_id, group_id);
    assert!(seen.left > 0, "{seen:?}");
    served.kill().await;

    // It died in the middle: some were moved, each with a line, and the others were not.
    let done = number(&fixture, "SELECT cast(done AS text) FROM rule_runs").await;
    assert!((1..MEMBERS).contains(&done), "{done}");
    assert_eq!(moderators(&fixture).await, done);
    assert_eq!(lines(&fixture).await, [done, done]);

    let served = fixture.launch(role, &[]).await;
    let operator = fixture.operator(&served);
    until("all roles have followed", async || run(&operator).await.is_none().then_some(())).await;
    assert_eq!(number(&fixture, "SELECT cast(count(*) AS text) FROM rule_runs").await, 0);
    assert_eq!(moderators(&fixture).await, MEMBERS);
    assert_eq!(lines(&fixture).await, [MEMBERS, MEMBERS]);
    let revisions = "SELECT cast(max(e.revision) - count(*) AS text) FROM events e \
                     JOIN sites s ON s.id = e.site_id AND s.name = 'default'";
    assert_eq!(number(&fixture, revisions).await, 0, "no gap, no double");
}

/// A group of many, by its id.
async fn group(operator: &Callers) -> String {
    let names: Vec<_> = (0..MEMBERS).map(|number| format!("user-{number}@example.com")).collect();
    let mut user_ids = Vec::new();
    for names in names.chunks(AT_ONCE) {
        let made = names.iter().map(async |name| {
            let user_name = name.clone();
            let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
            let answer = operator.users().register_sign_in(request).await.unwrap().into_inner();
            answer.decision.unwrap().user.unwrap().id
        });
        user_ids.extend(join_all(made).await);
    }
    let display_name = "Site Moderators".to_owned();
    let request = CreateGroupRequest { display_name, user_ids, ..CreateGroupRequest::default() };
    let made = operator.groups().create_group(request).await.unwrap().into_inner();
    made.decision.unwrap().group.unwrap().id
}

/// The one that is under way.
async fn run(operator: &Callers) -> Option<GroupRuleRun> {
    let request = ListGroupRulesRequest::default();
    let listed = operator.groups().list_group_rules(request).await.unwrap().into_inner();
    listed.runs.into_iter().next()
}

async fn number(fixture: &Fixture, sql: &str) -> usize {
    fixture.database.rows(sql).await[0][0].parse().unwrap()
}

/// How many have the role that follows, and had another one besides.
async fn moderators(fixture: &Fixture) -> usize {
    let sql = "SELECT cast(count(*) AS text) FROM users WHERE role = 2 AND base_role = 1";
    number(fixture, sql).await
}

/// How many lines of the ledger tell of a user who was changed, and of how many users.
async fn lines(fixture: &Fixture) -> [usize; 2] {
    let sql = "SELECT cast(count(*) AS text), cast(count(DISTINCT user_id) AS text) FROM events \
               WHERE kind = 'user_changed'";
    let rows = fixture.database.rows(sql).await;
    [0, 1].map(|column| rows[0][column].parse().unwrap())
}
