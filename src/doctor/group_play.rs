//! The play of group pushes, one after the other, each about a group that is gone afterwards.
//!
//! Must never know what an answer means, but for the one that there are no groups.

use serde_json::Value;

use super::check::Check;
use super::conversation::Step;
use super::diagnosis::{Diagnosis, of_step};
use super::exchange::{Placeholders, capture, outgoing, unmet};
use super::group_pushes::{GroupPush, chosen};
use super::play::{Programme, asked};
use super::reply::Reply;
use super::test_group::TestGroup;
use super::test_user::TestUser;
use super::visit::Visit;

/// Plays all of them; answers whether every group is gone. Where the service has no groups, that is found and
/// nothing more is played.
pub async fn play_groups(
    visit: &mut Visit,
    programme: &Programme<'_>,
    user: &TestUser,
) -> Result<bool, String> {
    let mut is_gone = true;
    for push in chosen(programme.providers) {
        if programme.stop.is_cancelled() {
            break;
        }
        visit.report.begin(push.title());
        let steps = push.steps(programme.group_name, programme.user_name)?;
        let group = converse(visit, programme, push, &steps, user).await;
        if matches!(group, TestGroup::Unserved) {
            break;
        }
        is_gone &= group.leave(visit, programme.group_name).await;
    }
    Ok(is_gone)
}

/// Answers what is known of the group then.
async fn converse(
    visit: &mut Visit,
    programme: &Programme<'_>,
    push: &GroupPush,
    steps: &[Step],
    user: &TestUser,
) -> TestGroup {
    let mut placeholders = Placeholders::new();
    placeholders.insert("token".to_owned(), visit.token().into());
    placeholders.insert("id".to_owned(), Value::from(user.id.as_str()));
    let mut group = TestGroup::Absent;
    if push.is_there {
        group = TestGroup::create(visit, programme.group_name, &user.id).await;
        match &group {
            TestGroup::Present(id) => {
                placeholders.insert("groupId".to_owned(), Value::from(id.as_str()));
            }
            TestGroup::Unserved => {
                visit.report.found(Check::GroupsUnsupported, unserved());
                return group;
            }
            TestGroup::Absent | TestGroup::Unknown => return group,
        }
    }
    for step in steps {
        if programme.stop.is_cancelled() {
            break;
        }
        let request = outgoing(step, &visit.base, &placeholders);
        let creates = step.method == "POST";
        let judge = |reply: &Reply| {
            let made = TestGroup::after_creation(reply.status, &Value::Null);
            if creates && matches!(made, TestGroup::Unserved) {
                return vec![Diagnosis::new(Check::GroupsUnsupported, unserved())];
            }
            of_step(step, reply, &unmet(step, reply, &placeholders))
        };
        let reply = asked(visit, programme.stop, step, &request, judge).await;
        if creates {
            let answer = reply.as_ref().map(|reply| (reply.status, reply.json()));
            let (status, answer) = answer.unwrap_or_default();
            group = TestGroup::after_creation(status, &answer);
        }
        let Some(reply) = reply else { break };
        if step.method == "DELETE" && matches!(reply.status, 200 | 204) {
            group = TestGroup::Absent;
        }
        if creates && !matches!(group, TestGroup::Present(_)) {
            break;
        }
        capture(step, &reply, &mut placeholders);
    }
    group
}

fn unserved() -> &'static str {
    "The service has no groups, so none can be pushed; users are provisioned all the same."
}
