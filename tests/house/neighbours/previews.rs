//! Previews of rules over large groups: whoever asks whom one would move waits for it alone.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    CreateGroupRequest, GroupRulePreview, Role, RuledGroup, SetGroupRuleRequest, WriteOptions,
};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Status;

use super::{ANSWERED, Street};
use crate::support::Callers;

on_every_street!(previews_of_rules_of_one_site_hold_up_no_others);

/// The members of the group of a bad neighbour: of one preview, and more than one turn at looking through many.
const MEMBERS: i64 = 20_000;
/// The bad neighbours: as many as take all turns of all sites, of which one alone leaves one to others.
const BAD: [&str; 2] = ["bad", "worse"];
/// Previews of each bad neighbour at once.
const CROWD: usize = 20;
/// What the good neighbour asks of each kind.
const TIMES: usize = 5;

async fn previews_of_rules_of_one_site_hold_up_no_others(street: Street) {
    let good = street.neighbour("good").await;
    let operator = street.operator();
    let small = group(&operator, "good", vec![good.user.clone()]).await;
    let mut crowd = JoinSet::new();
    let mut large = Vec::new();
    for site in BAD {
        let bad = street.neighbour(site).await;
        large.push(group(&operator, site, vec![bad.user]).await);
        crowd_in(&street, site).await;
    }
    for (site, large) in BAD.into_iter().zip(&large) {
        for _ in 0..CROWD {
            let (operator, large) = (operator.clone(), large.clone());
            crowd.spawn(
                async move { while is_answered(&preview(&operator, site, &large).await) {} },
            );
        }
    }
    let list = good.get("/Users?filter=emails.value+co+%22ada%22");
    for _ in 0..TIMES {
        let told = timeout(ANSWERED, preview(&operator, "good", &small)).await;
        let told = told.expect("the good neighbour is told in time").unwrap().unwrap();
        assert_eq!((told.members, told.refused), (1, 1));
        let page = timeout(ANSWERED, good.send(&list)).await;
        let page = page.expect("the good neighbour is answered in time").unwrap().expect(200);
        assert_eq!(page["totalResults"], 1);
    }
    good.is_answered_in_time(TIMES).await;
    assert!(crowd.try_join_next().is_none(), "all bad neighbours still ask");
    // Nor does the bad neighbour wait in vain who asks for one alone.
    crowd.shutdown().await;
    let told = preview(&operator, BAD[0], &large[0]).await.unwrap().unwrap();
    assert_eq!((told.members, told.counts.len()), (MEMBERS + 1, 1));
    street.ends_within_the_grace().await;
}

/// Whether somebody has answered, also that it waits in vain or can't be said now.
fn is_answered(answer: &Result<Option<GroupRulePreview>, Status>) -> bool {
    answer.as_ref().err().is_none_or(|status| status.message().contains("too busy"))
}

/// Whom a rule would move; none where too many ask.
async fn preview(
    operator: &Callers,
    site: &str,
    group: &str,
) -> Result<Option<GroupRulePreview>, Status> {
    let request = SetGroupRuleRequest {
        site: site.to_owned(),
        group: Some(RuledGroup { by: Some(By::GroupId(group.to_owned())) }),
        role: Role::Moderator.into(),
        options: Some(WriteOptions { validate_only: true, ..WriteOptions::default() }),
    };
    let answer = operator.groups().set_group_rule(request).await?;
    Ok(answer.into_inner().preview)
}

/// A group of these, by its id.
async fn group(operator: &Callers, site: &str, user_ids: Vec<String>) -> String {
    let request = CreateGroupRequest {
        site: site.to_owned(),
        display_name: "Moderators".to_owned(),
        user_ids,
        ..CreateGroupRequest::default()
    };
    let made = operator.groups().create_group(request).await.unwrap().into_inner();
    made.decision.unwrap().group.unwrap().id
}

/// Puts many more into the group of a bad neighbour, past the service.
async fn crowd_in(street: &Street, site: &str) {
    let database = &street.fixture.database;
    let id = if database.server_url().is_none() { "randomblob(16)" } else { "gen_random_uuid()" };
    let users = format!(
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {MEMBERS}) \
         INSERT INTO users (site_id, id, user_name, user_name_key, directory_active, active, role, \
         holds, profile, unmet, version, created_at, updated_at) \
         SELECT sites.id, {id}, 'u' || x, 'u' || x, true, true, 1, '[]', '{{}}', '[]', 1, 1, 1 \
         FROM n, sites WHERE sites.name = '{site}'"
    );
    database.rows(&users).await;
    let members = format!(
        "INSERT INTO group_members (site_id, group_id, user_id) \
         SELECT users.site_id, groups.id, users.id FROM users \
         JOIN sites ON sites.id = users.site_id AND sites.name = '{site}' \
         JOIN groups ON groups.site_id = users.site_id WHERE users.user_name LIKE 'u%'"
    );
    database.rows(&members).await;
}
