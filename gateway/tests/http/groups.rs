//! `/Groups`: one RPC for each write, and what it asks; reads of members by the page.

use crate::exchange::{House, ask, settings};
use provost_gateway::GatewaySettings;
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::group_change::Change;
use provost_test_kit::fake_core::{Asked, Reply, group, group_decided, group_page};
use serde_json::json;
use tonic::Code;

/// Below `/api/scim/v2`.
const ONE: &str = "/Groups/0198b3a0-0000-7000-8000-00000000000a";
const JO: &str = "0198b3a0-0000-7000-8000-000000000001";
const KIM: &str = "0198b3a0-0000-7000-8000-000000000002";

fn member(user_id: &str, display: &str) -> v1::GroupMember {
    v1::GroupMember { user_id: user_id.to_owned(), display: display.to_owned() }
}

fn with_members(members: Vec<v1::GroupMember>, token: &str) -> v1::Group {
    v1::Group { members, next_member_page_token: token.to_owned(), ..group() }
}

/// What the changes of a write are.
fn changes(asked: Asked) -> Vec<Change> {
    let Asked::ChangeGroup(asked) = asked else { panic!("{asked:?}") };
    assert_eq!((asked.site.as_str(), asked.group_id), ("default", group().id));
    asked.changes.into_iter().map(|change| change.change.unwrap()).collect()
}

#[tokio::test]
async fn a_get_is_one_get_group_with_its_members() {
    let house = House::answering([Reply::Group(with_members(vec![member(JO, "Jo Day")], ""))]);
    let answer = house.send(ask("GET", ONE)).await.expect(200);
    let Asked::GetGroup(asked) = house.asked() else { panic!("no get") };
    assert_eq!((asked.site.as_str(), asked.member_limit), ("default", 10_000));
    let base = "https://id.example.com/api/scim/v2";
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:Group"]));
    assert_eq!(body["displayName"], "Tour Guides");
    assert_eq!(
        body["members"],
        json!([{"value": JO, "$ref": format!("{base}/Users/{JO}"), "display": "Jo Day", "type": "User"}])
    );
    assert_eq!(body["meta"]["resourceType"], "Group");
    let url = format!("{base}{ONE}");
    assert_eq!((answer.header("Location"), answer.header("ETag")), (Some(&*url), Some("W/\"2\"")));
}

/// Entra ID reads no group otherwise.
#[tokio::test]
async fn members_that_are_not_told_are_not_read() {
    for query in ["?excludedAttributes=members", "?attributes=displayName"] {
        let house = House::answering([Reply::Group(group()), group_page(vec![group()], 1)]);
        house.send(ask("GET", &format!("{ONE}{query}"))).await.expect(200);
        let Asked::GetGroup(asked) = house.asked() else { panic!("no get") };
        assert_eq!(asked.member_limit, 0, "{query}");
        house.send(ask("GET", &format!("/Groups{query}"))).await.expect(200);
        let Asked::ListGroups(asked) = house.asked() else { panic!("no list") };
        assert_eq!(asked.member_limit, 0, "{query}");
    }
}

#[tokio::test]
async fn members_that_do_not_fit_one_answer_of_the_core_are_read_by_the_page() {
    let page = |members, next_page_token: &str| {
        let next_page_token = next_page_token.to_owned();
        Reply::MemberPage(v1::ListGroupMembersResponse { members, next_page_token })
    };
    let first = with_members(vec![member(JO, "Jo")], "more");
    let rest = [page(vec![member(KIM, "Kim")], "again"), page(vec![member(KIM, "Lee")], "")];
    let house = House::answering([group_page(vec![first, group()], 2)].into_iter().chain(rest));
    let body = house.send(ask("GET", "/Groups")).await.expect(200).json();
    let names = body["Resources"][0]["members"].as_array().unwrap().iter();
    assert_eq!(names.map(|member| &member["display"]).collect::<Vec<_>>(), ["Jo", "Kim", "Lee"]);
    assert_eq!(body["Resources"][1].get("members"), None);
    let tokens = house.calls().into_iter().filter_map(|call| match call.asked {
        Asked::ListMembers(asked) => Some((asked.group_id, asked.page_size, asked.page_token)),
        _ => None,
    });
    let asked = |token: &str| (group().id, 10_000, token.to_owned());
    assert_eq!(tokens.collect::<Vec<_>>(), [asked("more"), asked("again")]);
}

/// A part of the members would be taken for all of them.
#[tokio::test]
async fn more_members_than_an_answer_has_are_refused() {
    let many = vec![member(JO, "Jo"); 50_000];
    let house = House::answering([Reply::Group(with_members(many, "more"))]);
    let answer = house.send(ask("GET", ONE)).await.expect(413);
    assert_eq!(answer.json()["scimType"], "tooMany");
    assert!(answer.detail().contains("excludedAttributes=members"), "{}", answer.detail());
}

/// The next page begins with the group that was left out.
#[tokio::test]
async fn a_page_ends_before_it_has_too_many_members() {
    let first = with_members(vec![member(JO, "Jo"); 30_000], "");
    let second = with_members(vec![member(JO, "Jo"); 20_000], "more");
    let house = House::answering([group_page(vec![first.clone(), second.clone(), group()], 7)]);
    let body = house.send(ask("GET", "/Groups?count=3&startIndex=2")).await.expect(200).json();
    assert_eq!((&body["totalResults"], &body["startIndex"]), (&json!(7), &json!(2)));
    assert_eq!(body["itemsPerPage"], 1);
    let resources = body["Resources"].as_array().unwrap();
    let members: Vec<_> =
        resources.iter().map(|it| it["members"].as_array().unwrap().len()).collect();
    assert_eq!(members, [30_000]);
    // A cursor would go on behind those that are left out.
    let house = House::answering([group_page(vec![first, second, group()], 7)]);
    house.send(ask("GET", "/Groups?count=3&cursor=")).await.expect(413);
    // Nothing would be left of this page.
    let alone = with_members(vec![member(JO, "Jo"); 50_000], "more");
    let house = House::answering([group_page(vec![alone, group()], 7)]);
    house.send(ask("GET", "/Groups")).await.expect(413);
}

/// It is in force, so it is no error that its answer can't tell of all members.
#[tokio::test]
async fn a_write_is_answered_without_members_that_are_too_many() {
    let put = json!({"displayName": "x", "members": [{"value": JO.to_uppercase()}]}).to_string();
    let patch = json!({"Operations": []}).to_string();
    let asked = || {
        [
            ask("PUT", ONE).body(put.clone()),
            ask("PATCH", &format!("{ONE}?attributes=members,displayName")).body(patch.clone()),
        ]
    };
    let too_many = || Reply::Group(with_members(vec![member(JO, "Jo"); 50_000], "more"));
    let unread = || Reply::Refused(Code::Unavailable, ErrorReason::StoreUnavailable, "later");
    for then in [&too_many as &dyn Fn() -> Reply, &unread] {
        for asking in asked() {
            let house = House::answering([group_decided(group(), vec![]), then()]);
            let answer = house.send(asking).await.expect(200);
            let body = answer.json();
            assert_eq!((&body["displayName"], body.get("members")), (&json!("Tour Guides"), None));
            let notice = answer.header("Provost-Notice").unwrap();
            assert!(notice.starts_with("LIMIT_EXCEEDED;attribute=\"members\""), "{notice}");
            assert_eq!(answer.header("ETag"), Some("W/\"2\""));
        }
    }
}

#[tokio::test]
async fn a_list_is_one_list_groups() {
    let house = House::answering([group_page(vec![group()], 205)]);
    let query = "?filter=displayName+eq+%22Tour+Guides%22&startIndex=201&count=5";
    let body = house.send(ask("GET", &format!("/Groups{query}"))).await.expect(200).json();
    let Asked::ListGroups(asked) = house.asked() else { panic!("no list") };
    assert!(asked.filter.is_some());
    assert_eq!((asked.page_size, asked.skip, asked.count_total), (5, 200, true));
    assert_eq!((&body["totalResults"], &body["startIndex"]), (&json!(205), &json!(201)));
    assert_eq!(body["Resources"][0]["displayName"], "Tour Guides");
}

#[tokio::test]
async fn a_post_is_one_create_group_and_answers_who_is_in_it() {
    let house = House::answering([group_decided(group(), vec![])]);
    let body = json!({
        "displayName": "Tour Guides",
        "externalId": "0a1b",
        "members": [{"value": KIM, "display": null}, {"value": JO, "type": "User"}, {"value": JO}],
    });
    let answer = house.send(ask("POST", "/Groups").body(body.to_string())).await.expect(201);
    let Asked::CreateGroup(asked) = house.asked() else { panic!("no creation") };
    assert_eq!(asked.display_name, "Tour Guides");
    assert_eq!(asked.external_id.as_deref(), Some("0a1b"));
    assert_eq!((asked.user_ids, asked.ignored), (vec![KIM.into(), JO.into(), JO.into()], vec![]));
    let body = answer.json();
    let members = body["members"].as_array().unwrap().iter().map(|member| &member["value"]);
    assert_eq!(members.collect::<Vec<_>>(), [JO, KIM]);
    assert!(answer.header("Location").unwrap().ends_with(ONE));
}

#[tokio::test]
async fn a_put_is_one_change_group_and_answers_who_is_in_it() {
    let house = House::answering([group_decided(group(), vec![])]);
    let body = json!({"displayName": "Tour Guides", "members": [{"value": JO}]}).to_string();
    let answer = house.send(ask("PUT", ONE).body(body)).await.expect(200);
    assert_eq!(answer.json()["members"][0]["value"], JO);
    let changes = changes(house.asked());
    assert!(
        changes.contains(&Change::ReplaceMembers(v1::ReplaceMembers {
            user_ids: vec![JO.to_owned()]
        }))
    );
    assert!(changes.contains(&Change::SetExternalId(v1::SetExternalId { external_id: None })));
}

/// An id that is spelled in another way is told as it is kept.
#[tokio::test]
async fn members_are_read_after_a_write_that_does_not_tell_how_they_are_kept() {
    let read = || Reply::Group(with_members(vec![member(JO, "Jo")], ""));
    let put = json!({"displayName": "x", "members": [{"value": JO.to_uppercase()}]}).to_string();
    let patch = json!({"Operations": []}).to_string();
    for asking in
        [ask("PUT", ONE).body(put), ask("PATCH", &format!("{ONE}?attributes=members")).body(patch)]
    {
        let house = House::answering([group_decided(group(), vec![]), read()]);
        let answer = house.send(asking).await.expect(200);
        assert_eq!(answer.json()["members"][0]["value"], JO);
        let calls = house.calls();
        assert!(matches!(calls[0].asked, Asked::ChangeGroup(_)), "{calls:?}");
        assert!(matches!(calls[1].asked, Asked::GetGroup(_)), "{calls:?}");
    }
}

/// RFC 7644 section 3.5.2: with a body only for who asks for one.
#[tokio::test]
async fn a_patch_is_one_change_group_that_reads_no_members() {
    let notice = v1::Notice {
        reason: ErrorReason::AttributeNotKept.into(),
        attribute: "x".to_owned(),
        message: "x is not kept".to_owned(),
        ..v1::Notice::default()
    };
    let house = House::answering([group_decided(group(), vec![notice])]);
    let body = json!({"Operations": [{"op": "Add", "path": "members", "value": [{"value": JO}]}]});
    let answer = house.send(ask("PATCH", ONE).body(body.to_string())).await.expect(204);
    let added =
        Change::AddMembers(v1::AddMembers { user_ids: vec![JO.to_owned()], selected: false });
    assert_eq!(changes(house.asked()), [added]);
    assert_eq!((answer.text(), answer.header("ETag")), ("", Some("W/\"2\"")));
    assert!(answer.header("Provost-Notice").unwrap().starts_with("ATTRIBUTE_NOT_KEPT"));

    let house = House::answering([group_decided(group(), vec![])]);
    let path = format!("{ONE}?excludedAttributes=members");
    let answer = house.send(ask("PATCH", &path).body(body.to_string())).await.expect(200);
    assert_eq!(answer.json()["displayName"], "Tour Guides");
    assert_eq!(house.calls().len(), 1);
}

#[tokio::test]
async fn a_delete_is_one_delete_group() {
    let house = House::answering([Reply::Deleted]);
    let answer = house.send(ask("DELETE", ONE)).await.expect(204);
    assert_eq!((answer.text(), answer.header("Content-Type")), ("", None));
    let Asked::DeleteGroup(asked) = house.asked() else { panic!("no deletion") };
    assert_eq!((asked.group_id, asked.options), (group().id, None));
}

#[tokio::test]
async fn versions_are_expected_of_groups_as_of_users() {
    let patch = || ask("PATCH", ONE).body(r#"{"Operations": []}"#);
    let put = || ask("PUT", ONE).body(r#"{"displayName": "x"}"#);
    for asking in [patch(), put(), ask("DELETE", ONE)] {
        let reason = ErrorReason::VersionMismatch;
        let house = House::answering([Reply::Refused(Code::Aborted, reason, "another version")]);
        house.send(asking.header("If-Match", "W/\"3\"")).await.expect(412);
        let options = match house.asked() {
            Asked::ChangeGroup(asked) => asked.options,
            Asked::DeleteGroup(asked) => asked.options,
            asked => panic!("{asked:?}"),
        };
        assert_eq!(options.unwrap().expected_versions, [3]);
    }
    let read = || House::answering([Reply::Group(with_members(vec![member(JO, "Jo")], "more"))]);
    let answer = read().send(ask("GET", ONE).header("If-None-Match", "W/\"2\"")).await.expect(304);
    assert_eq!((answer.text(), answer.header("ETag")), ("", Some("W/\"2\"")));
    read().send(ask("GET", ONE).header("If-Match", "W/\"3\"")).await.expect(412);
}

/// A group may name many members, a user has nothing that large.
#[tokio::test]
async fn bodies_of_groups_have_a_limit_of_their_own() {
    let body = |members: usize| {
        json!({"displayName": "x", "members": vec![json!({"value": JO}); members]}).to_string()
    };
    let room = settings().body_limit * 8;
    let most = (room - body(0).len()) / (body(2).len() - body(1).len());
    let house = House::answering([Reply::Admitted, group_decided(group(), vec![])]);
    house.send(ask("PUT", ONE).body(body(most))).await.expect(200);
    let house = House::admitting();
    let answer = house.send(ask("PUT", ONE).body(body(most + 1))).await.expect(413);
    assert!(answer.detail().contains(&room.to_string()), "{}", answer.detail());
}

#[tokio::test]
async fn more_members_than_one_request_names_are_refused_before_they_are_sent() {
    let settings = GatewaySettings { body_limit: 4 << 20, ..settings() };
    let house = House::with(settings, [Reply::Admitted]);
    let members = vec![json!({"value": JO}); 50_001];
    let body = json!({"displayName": "x", "members": members}).to_string();
    let answer = house.send(ask("POST", "/Groups").body(body)).await.expect(400);
    assert!(answer.detail().contains("at most 50000"), "{}", answer.detail());
    house.asked_for_the_token_only();
}

#[tokio::test]
async fn a_group_without_a_name_is_refused() {
    let house = House::admitting();
    let answer = house.send(ask("POST", "/Groups").body(r#"{"members": []}"#)).await.expect(400);
    assert_eq!(answer.json()["scimType"], "invalidValue");
    assert_eq!(
        answer.detail(),
        "A group needs a displayName. Add displayName to the attribute mapping."
    );
}
