//! `provost group`, as operators use it.

use std::process::Output;

use futures::future::join_all;
use provost_proto::v1::{CreateGroupRequest, RegisterSignInRequest};
use serde_json::Value;

use crate::support::child::{Fixture, Served};
use crate::support::{Engine, until};

/// Somebody at a command line.
struct Operator {
    fixture: Fixture,
    served: Served,
}

impl Operator {
    async fn sit_down() -> Self {
        let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
        let served = fixture.serve().await;
        Self { fixture, served }
    }

    async fn type_line(&self, line: &str) -> Output {
        let arguments: Vec<&str> = line.split(' ').collect();
        self.fixture.operate(&self.served, &arguments).await
    }

    async fn run(&self, line: &str) -> String {
        let output = self.type_line(line).await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{line} --output json")).await).unwrap()
    }

    async fn refused(&self, line: &str) -> String {
        let output = self.type_line(line).await;
        assert!(!output.status.success(), "{line}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[tokio::test]
async fn a_group_is_made_edited_and_deleted() {
    let operator = Operator::sit_down().await;
    let run = async |line: &str| operator.run(line).await;
    let json = async |line: &str| operator.json(line).await;
    let refused = async |line: &str| operator.refused(line).await;
    assert_eq!(run("group list").await, "No group yet.\n");
    for name in ["ada", "bob"] {
        run(&format!("user create {name}")).await;
    }
    let made = json("group create Guides --external-id 7 --member ada").await;
    let id = made["group"]["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["changed"], &made["group"]["external_id"]), (&true.into(), &"7".into()));
    assert!(refused("group create guides").await.contains("[GROUP_NAME_TAKEN]"));
    let said = run("group edit GUIDES --name Pilots --external-id=").await;
    assert_eq!(said, format!("Pilots ({id}) is changed.\n"));
    let shown = json("group show pilots").await;
    assert_eq!((&shown["external_id"], &shown["version"]), (&Value::Null, &2.into()));
    assert!(run("group show pilots").await.contains("display_name"));

    run("group members add Pilots ada bob").await;
    let said = run(&format!("group members add {id} ada")).await;
    assert!(said.ends_with("Nothing had to change.\n"), "{said}");
    let members = json("group members list pilots").await;
    let names: Vec<&str> =
        members.as_array().unwrap().iter().map(|it| it["display"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "bob"]);
    run("group members remove pilots ada").await;
    assert!(run("group members list pilots").await.contains("bob"));
    assert!(refused("group members add pilots eve").await.contains("[USER_NOT_FOUND]"));

    run("group create Empty").await;
    assert_eq!(json("group list --name-starts-with p").await[0]["display_name"], "Pilots");
    assert_eq!(run("group list --member ada").await, "No such group.\n");
    assert_eq!(json("group list --member bob").await[0]["id"], *id);
    assert_eq!(run("group members list empty").await, "Nobody is in this group.\n");
    let table = run("group list").await;
    assert!(!table.contains(&*id) && run("group list --wide").await.contains(&*id), "{table}");
    let said = run("group delete pilots").await;
    assert!(said.starts_with(&format!("Pilots ({id}) is deleted.")), "{said}");
    let said = refused("group show pilots").await;
    assert!(said.contains("There is no group with the name \"pilots\" in site default"), "{said}");
    assert!(refused(&format!("group show {id}")).await.contains("[GROUP_NOT_FOUND]"));
}

#[tokio::test]
async fn a_rule_is_tried_set_listed_and_deleted() {
    let operator = Operator::sit_down().await;
    let run = async |line: &str| operator.run(line).await;
    let json = async |line: &str| operator.json(line).await;
    let role = async |who: &str| operator.json(&format!("user show {who}")).await["role"].clone();
    let followed = async || {
        until("all roles have followed", async || {
            let listed = operator.json("group rule list").await;
            listed["runs"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
    };
    assert_eq!(run("group rule list").await, "No rule yet: provost group rule set GROUP ROLE\n");
    for name in ["ada", "bob"] {
        run(&format!("user create {name}")).await;
    }
    let made = json("group create Guides --member ada --member bob").await;
    let id = made["group"]["id"].as_str().unwrap().to_owned();
    let tried = run("group rule set guides Moderator --dry-run").await;
    let told = "Nothing was changed. Of 2 members 0 would be moved, and 2 refused a step.\n";
    assert!(tried.starts_with(told), "{tried}");
    assert!(tried.contains("MODERATOR_PROMOTION_CLOSED") && tried.contains("ada"), "{tried}");
    run("site settings set --manage-user-roles yes").await;
    let tried = json("group rule set guides Moderator --dry-run").await;
    let preview = &tried["preview"];
    assert_eq!((&tried["changed"], &tried["role"]), (&true.into(), &"Moderator".into()));
    assert_eq!((&preview["members"], &preview["moved"]), (&2.into(), &2.into()));
    let count =
        serde_json::json!({"from": "Registered", "to": "Moderator", "reason": null, "users": 2});
    assert_eq!(preview["counts"], serde_json::json!([count]));
    assert_eq!(
        (&preview["moves"][0]["user_name"], &preview["refused"]),
        (&"ada".into(), &0.into())
    );
    assert_eq!(json("group rule list").await["rules"], serde_json::json!([]));
    assert_eq!(role("ada").await, "Registered");

    let said = run("group rule set guides Moderator --reason x").await;
    let follow = "Roles follow in the background: provost group rule list\n";
    assert_eq!(said, format!("guides gives Moderator. {follow}"));
    followed().await;
    assert_eq!(role("ada").await, "Moderator");
    let said = run("group rule set GUIDES Moderator").await;
    assert_eq!(
        said,
        format!("GUIDES gives Moderator already, which is applied once more. {follow}")
    );
    let by_id = json(&format!("group rule set {id} Admin")).await;
    assert_eq!((&by_id["changed"], &by_id["preview"]), (&true.into(), &Value::Null));
    followed().await;
    assert_eq!(role("bob").await, "Admin");
    let early = operator.type_line("group rule set Pilots Admin").await;
    let notice = String::from_utf8(early.stderr).unwrap();
    assert!(
        early.status.success() && notice.contains("no group is called \"Pilots\" yet"),
        "{notice}"
    );
    let table = run("group rule list --wide").await;
    for word in ["Guides", "told by", "no group yet", "Moderator", &id] {
        assert!(table.to_lowercase().contains(&word.to_lowercase()), "{word}: {table}");
    }
    let rules = json("group rule list").await["rules"].clone();
    let about = [0, 1, 2].map(|rule| rules[rule]["current_display_name"].clone());
    assert_eq!(about, ["Guides".into(), "Guides".into(), Value::Null]);
    assert_eq!(
        (&rules[0]["display_name"], &rules[1]["group_id"]),
        (&"guides".into(), &id.as_str().into())
    );

    run("user create root").await;
    run("user set-role root Admin").await;
    let tried = run(&format!("group rule delete {id} --dry-run")).await;
    assert!(tried.contains("Of 2 members 2 would be moved, and 0 refused"), "{tried}");
    assert_eq!(json("group rule list").await["rules"].as_array().unwrap().len(), 3);
    let said = run(&format!("group rule delete {id}")).await;
    assert_eq!(said, format!("{id} gives no role any more. {follow}"));
    followed().await;
    assert_eq!(role("bob").await, "Moderator");
    let gone = operator.refused(&format!("group rule delete {id}")).await;
    assert!(gone.contains("[GROUP_NOT_FOUND]"), "{gone}");
    let nothing = operator.refused("group rule set guides Registered").await;
    assert!(nothing.contains("[VALUE_INVALID]"), "{nothing}");
}

#[tokio::test]
async fn what_is_tried_is_counted_beyond_those_who_are_named() {
    let operator = Operator::sit_down().await;
    let callers = operator.fixture.operator(&operator.served);
    let names: Vec<_> = (0..130).map(|number| format!("user-{number:03}")).collect();
    let made = names.iter().map(async |name| {
        let user_name = name.clone();
        let request = RegisterSignInRequest { user_name, ..RegisterSignInRequest::default() };
        let answer = callers.users().register_sign_in(request).await.unwrap().into_inner();
        answer.decision.unwrap().user.unwrap().id
    });
    let user_ids = join_all(made).await;
    let display_name = "Everybody".to_owned();
    let request = CreateGroupRequest { display_name, user_ids, ..CreateGroupRequest::default() };
    callers.groups().create_group(request).await.unwrap();
    let tried = operator.run("group rule set everybody Admin --dry-run").await;
    assert!(tried.contains("Of 130 members 0 would be moved, and 130 refused a step."), "{tried}");
    assert_eq!(tried.matches("user-").count(), 100, "{tried}");
    assert!(tried.ends_with("These are the first 100 of 130.\n"), "{tried}");
}
