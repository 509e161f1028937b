//! `provost group`, as operators use it.

use serde_json::Value;

use crate::support::Engine;
use crate::support::child::Fixture;

#[tokio::test]
async fn a_group_is_made_edited_and_deleted() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let served = fixture.serve().await;
    let run = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &arguments).await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let json = async |line: &str| -> Value {
        serde_json::from_str(&run(&format!("{line} --output json")).await).unwrap()
    };
    let refused = async |line: &str| {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = fixture.operate(&served, &arguments).await;
        assert!(!output.status.success(), "{line}");
        String::from_utf8(output.stderr).unwrap()
    };
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
