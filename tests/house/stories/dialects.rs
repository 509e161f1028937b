//! The dialect of a connection: it is in force with the next request. Who may set it, the matrix of access tells.

use provost_proto::v1::{
    ConnectionDialect, CreationPolicy, DeletionPolicy, ListConnectionsRequest, ListEventsRequest,
    ListRefusedRequestsRequest, Role, UpdateConnectionRequest, UpdateScimSettingsRequest,
    WriteOptions,
};
use serde_json::{Value, json};
use tonic::Code;

use crate::support::{House, Site, in_every_house, reason, until};

in_every_house!(
    a_connection_is_understood_otherwise_from_the_next_request_on,
    strict_refuses_what_is_no_dialect_of_the_protocol,
    strict_deletes_for_good_and_spares_the_last_admin,
    large_groups_are_read_strictly_too,
    a_bad_body_is_refused_and_noted_the_same_however_long_it_is,
    what_selects_no_member_puts_nobody_into_a_group,
    operations_of_a_bulk_request_are_read_strictly_too,
);

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn found(address: &str) -> String {
    format!("/Users?filter=userName%20eq%20%22{address}%22")
}

async fn strictly(site: &Site<'_>) {
    site.understand(ConnectionDialect::Strict).await;
}

async fn a_connection_is_understood_otherwise_from_the_next_request_on(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    let pathless = json!([{"op": "replace", "value": {"title": "Countess"}}]);
    site.patch(&user.id, &pathless).await.expect(200);
    let mut sites = house.operator.sites();
    let request = |version| UpdateConnectionRequest {
        site: site.name.clone(),
        connection: "scim".to_owned(),
        dialect: ConnectionDialect::Strict.into(),
        options: Some(WriteOptions { expected_version: version, ..WriteOptions::default() }),
    };
    let answer = sites.update_connection(request(Some(1))).await.unwrap().into_inner();
    let connection = answer.connection.unwrap();
    assert_eq!(
        (connection.dialect(), connection.version, answer.changed),
        (ConnectionDialect::Strict, 2, true)
    );
    site.patch(&user.id, &pathless).await.refusal(400);

    // What is so already is no event, and another version is refused.
    let again = sites.update_connection(request(None)).await.unwrap().into_inner();
    assert_eq!((again.changed, again.revision), (false, answer.revision));
    let status = sites.update_connection(request(Some(1))).await.unwrap_err();
    assert_eq!(reason(&status), (Code::Aborted, "VERSION_MISMATCH".to_owned()));
    let unknown = UpdateConnectionRequest { connection: "nobody".to_owned(), ..request(None) };
    let status = sites.update_connection(unknown).await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "CONNECTION_NOT_FOUND".to_owned()));
    let listed = ListConnectionsRequest { site: site.name.clone(), ..Default::default() };
    let listed = sites.list_connections(listed).await.unwrap().into_inner().connections;
    assert_eq!(listed, [connection]);
    let events = ListEventsRequest { site: site.name.clone(), ..ListEventsRequest::default() };
    let events = house.operator.ledgers().list_events(events).await.unwrap().into_inner().events;
    let kinds = events.iter().filter(|event| event.kind == "connection_changed").count();
    assert_eq!(kinds, 1, "{events:?}");

    site.understand(ConnectionDialect::Auto).await;
    site.patch(&user.id, &pathless).await.expect(200);
}

async fn strict_refuses_what_is_no_dialect_of_the_protocol(house: &House) {
    let site = Site::new(house, "acme").await;
    site.settings(UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let user = site.user("ada@example.com").await;
    strictly(&site).await;
    let refused = |answer: crate::support::Answer, keyword: &str| {
        let detail = answer.refusal(400);
        assert!(detail.contains("The dialect of this connection is strict."), "{detail}");
        assert_eq!(answer.json()["scimType"], keyword, "{detail}");
    };
    for (operation, keyword) in [
        (json!({"op": "replace", "value": {"active": false}}), "invalidPath"),
        (json!({"op": "replace", "value": "False"}), "invalidPath"),
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "Replace", "path": "active", "value": false}), "invalidSyntax"),
        (json!({"op": "replace", "path": "active", "value": "False"}), "invalidValue"),
        (json!({"op": "add", "path": "shoeSize", "value": "44"}), "invalidPath"),
        (json!({"op": "add", "path": "department", "value": "x"}), "invalidPath"),
        (json!({"op": "remove", "path": "emails", "value": [{"value": "x"}]}), "invalidValue"),
        (json!({"op": "replace", "path": "name", "value": "Ada"}), "invalidValue"),
        (json!({"op": "remove", "path": "title", "note": "x"}), "invalidSyntax"),
        (
            json!({"op": "replace", "path": "emails[type eq work].value", "value": "x"}),
            "invalidFilter",
        ),
    ] {
        refused(site.patch(&user.id, &json!([operation])).await, keyword);
    }
    let one = format!("/Users/{}", user.id);
    let unnamed = json!({"Operations": [{"op": "remove", "path": "title"}]});
    refused(site.push("PATCH", &one).json(&unnamed).send().await, "invalidSyntax");
    let whole = |more: Value| {
        let mut body = json!({"schemas": [USER], "userName": "ada@example.com"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, keyword) in [
        (json!({"shoeSize": "44"}), "invalidSyntax"),
        (json!({"active": "true"}), "invalidValue"),
        (json!({"emails": {"value": "x"}}), "invalidValue"),
        (json!({"schemas": ["urn:scim:schemas:core:1.0"]}), "invalidSyntax"),
        (json!({"userName": ""}), "invalidValue"),
        (json!({"name": "Ada"}), "invalidValue"),
        (json!({"department": "x"}), "invalidSyntax"),
        (json!({ENTERPRISE: {"department": "x"}}), "invalidSyntax"),
    ] {
        refused(site.put(&user.id, &whole(more.clone())).await, keyword);
        refused(site.push("POST", "/Users").json(&whole(more)).send().await, keyword);
    }
    assert_eq!(site.stored(&user.id).await, user, "nothing of it was stored");
    for filter in [
        "externalId%20eq%20ada",
        "externalId%20eq%20'ada'",
        "externalId%20eq%207",
        "active%20eq%20%22True%22",
        "emails[type%20eq%20%22work%22].value%20eq%20%22x%22",
        "department%20eq%20%22x%22",
        "title%20pr%20or%20not%20(department%20pr)",
    ] {
        refused(site.get(&format!("/Users?filter={filter}")).await, "invalidFilter");
        refused(site.get(&format!("/?filter={filter}")).await, "invalidFilter");
    }
    // Nobody is asked for resources that there are none of, but for how the request is read.
    refused(site.get("/?filter=meta.resourceType%20eq%20Device").await, "invalidFilter");
    site.get("/?filter=meta.resourceType%20eq%20%22Device%22").await.expect(200);
    let urn = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    for (search, keyword) in [
        (json!({"schemas": [urn], "filter": "externalId eq 'ada'"}), "invalidFilter"),
        (json!({"filter": "externalId eq \"ada\""}), "invalidSyntax"),
        (json!({"schemas": [urn], "count": "3"}), "invalidValue"),
        (json!({"schemas": [urn], "size": 3}), "invalidSyntax"),
    ] {
        for path in ["/Users/.search", "/Groups/.search", "/.search"] {
            refused(site.push("POST", path).json(&search).send().await, keyword);
        }
    }
    let group = json!({"displayName": "x"});
    refused(site.push("POST", "/Groups").json(&group).send().await, "invalidSyntax");
    let group = json!({"schemas": [GROUP], "members": []});
    refused(site.push("POST", "/Groups").json(&group).send().await, "invalidValue");

    // As published, and with what was read from here.
    let active = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(site.patch(&user.id, &active).await.expect(200)["active"], false);
    let read = site.get(&one).await.expect(200);
    assert_eq!(site.put(&user.id, &read).await.expect(200), read);
    for missed in [
        json!({"op": "remove", "path": "emails[type eq \"home\"]"}),
        json!({"op": "replace", "path": "emails[type eq \"home\"].display", "value": null}),
    ] {
        assert_eq!(site.patch(&user.id, &json!([missed])).await.expect(200), read);
    }
    assert_eq!(site.get(&found("ada@example.com")).await.expect(200)["totalResults"], 1);
    let missed =
        json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x@y"}]);
    let answer = site.patch(&user.id, &missed).await;
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "noTarget");
}

async fn strict_deletes_for_good_and_spares_the_last_admin(house: &House) {
    let site = Site::new(house, "acme").await;
    let admin = site.user_as("grace@example.com", Role::Admin).await;
    for deletion in [DeletionPolicy::Refuse, DeletionPolicy::Deactivate] {
        site.settings(UpdateScimSettingsRequest {
            deletion: deletion.into(),
            creation: CreationPolicy::Create.into(),
            ..UpdateScimSettingsRequest::default()
        })
        .await;
        let user = site.user("ada@example.com").await;
        strictly(&site).await;
        let path = format!("/Users/{}", user.id);
        site.push("DELETE", &path).send().await.expect(204);
        site.get(&path).await.refusal(404);
        site.push("DELETE", &path).send().await.refusal(404);
        // Another one of the same name is somebody else.
        let body = json!({"schemas": [USER], "userName": "ada@example.com"});
        let created = site.push("POST", "/Users").json(&body).send().await.expect(201);
        assert_ne!(created["id"], json!(user.id));
        let path = format!("/Users/{}", created["id"].as_str().unwrap());
        site.push("DELETE", &path).send().await.expect(204);
    }
    let path = format!("/Users/{}", admin.id);
    site.push("DELETE", &path).send().await.refusal(400);
    assert_eq!(site.stored(&admin.id).await.role(), Role::Admin);
}

async fn large_groups_are_read_strictly_too(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    strictly(&site).await;
    let name = "x".repeat(200);
    // Longer than what is read before the token is looked at.
    let members: Vec<_> = (0..300).map(|_| json!({"value": user.id, "display": name})).collect();
    let body = json!({"schemas": [GROUP], "displayName": "Everybody", "members": members});
    let created = site.push("POST", "/Groups").json(&body).send().await.expect(201);
    assert_eq!(created["displayName"], "Everybody");
    let path = format!("/Groups/{}", created["id"].as_str().unwrap());
    assert_eq!(site.push("PUT", &path).json(&body).send().await.expect(200)["id"], created["id"]);
    // With what was read from here.
    let read = site.get(&path).await.expect(200);
    site.push("PUT", &path).json(&read).send().await.expect(200);
    assert_eq!(site.get(&path).await.expect(200), read);
    let members = |verb: &str| json!([{"op": verb, "path": "members", "value": body["members"]}]);
    site.push("PATCH", &path).operations(&members("add")).send().await.expect(204);
    let detail = site.push("PATCH", &path).operations(&members("Add")).send().await.refusal(400);
    assert!(detail.contains("has the op \"Add\""), "{detail}");
    let mut coloured = body.clone();
    coloured["colour"] = json!("red");
    coloured["displayName"] = json!("Others");
    for (method, path) in [("POST", "/Groups"), ("PUT", &path)] {
        let detail = site.push(method, path).json(&coloured).send().await.refusal(400);
        assert!(detail.contains("colour is not in /Schemas"), "{detail}");
    }
}

async fn a_bad_body_is_refused_and_noted_the_same_however_long_it_is(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    strictly(&site).await;
    // Longer than what is read before the token is looked at.
    let filler = json!({"op": "replace", "path": "title", "value": "x".repeat(20_000)});
    for (operation, keyword) in [
        (json!({"op": "remove"}), "noTarget"),
        (json!({"op": "replace", "value": 7}), "invalidPath"),
    ] {
        let mut sentences = Vec::new();
        for operations in [json!([operation]), json!([operation, filler])] {
            let answer = site.patch(&user.id, &operations).await;
            let detail = answer.refusal(400);
            assert_eq!(answer.json()["scimType"], keyword, "{detail}");
            sentences.push(detail);
        }
        assert!(sentences[0].contains("The dialect of this connection is strict."));
        assert_eq!(sentences[0], sentences[1]);
    }
    // Each is noted once, as it was told.
    let request = || ListRefusedRequestsRequest { site: site.name.clone(), ..Default::default() };
    let look_up = async || {
        let found = house.operator.ledgers().list_refused_requests(request()).await.unwrap();
        Some(found.into_inner().requests).filter(|found| found.len() >= 4)
    };
    let found = until("refused requests are noted", look_up).await;
    assert_eq!(found.len(), 4, "{found:?}");
    for refused in found {
        assert!(refused.sentence.contains("strict"), "{refused:?}");
    }
}

async fn what_selects_no_member_puts_nobody_into_a_group(house: &House) {
    let site = Site::new(house, "acme").await;
    let (ada, grace) = (site.user("ada@example.com").await, site.user("grace@example.com").await);
    let body = json!({"schemas": [GROUP], "displayName": "x", "members": [{"value": ada.id}]});
    let created = site.push("POST", "/Groups").json(&body).send().await.expect(201);
    let path = format!("/Groups/{}", created["id"].as_str().unwrap());
    let members = async || {
        let group = site.get(&path).await.expect(200);
        let members = group["members"].as_array().cloned().unwrap_or_default();
        let ids = members.iter().map(|one| one["value"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let selected = |id: &str| format!("members[value eq \"{id}\"]");
    let send = async |operation: Value| {
        site.push("PATCH", &path).operations(&json!([operation])).send().await
    };
    strictly(&site).await;
    for operation in [
        json!({"op": "replace", "path": selected(&grace.id), "value": {"value": grace.id}}),
        json!({"op": "add", "path": selected(&grace.id), "value": {"value": grace.id}}),
        json!({"op": "replace", "path": selected(&grace.id), "value": {"value": ada.id}}),
        // What is no id is nobody's.
        json!({"op": "replace", "path": selected("grace"), "value": {"value": ada.id}}),
        json!({"op": "add", "path": selected("grace"), "value": {"value": "grace"}}),
    ] {
        let answer = send(operation).await;
        let detail = answer.refusal(400);
        assert_eq!(answer.json()["scimType"], "noTarget", "{detail}");
        assert_eq!(members().await, [&*ada.id]);
    }
    for verb in ["add", "replace"] {
        let kept = json!({"op": verb, "path": selected(&ada.id), "value": {"value": ada.id}});
        send(kept).await.expect(204);
    }
    send(json!({"op": "remove", "path": selected(&grace.id)})).await.expect(204);
    assert_eq!(members().await, [&*ada.id]);
    let other = json!({"op": "replace", "path": selected(&ada.id), "value": {"value": grace.id}});
    send(other).await.expect(204);
    assert_eq!(members().await, [&*grace.id]);

    // Others mean by it that the member should be there.
    site.understand(ConnectionDialect::Auto).await;
    let nobody = json!({"op": "add", "path": selected("grace"), "value": {"value": "grace"}});
    let detail = send(nobody).await.refusal(400);
    assert!(detail.starts_with("These members are no users of this site: grace"), "{detail}");
    let added = json!({"op": "add", "path": selected(&ada.id), "value": {"value": ada.id}});
    send(added).await.expect(204);
    assert_eq!(members().await.len(), 2);
}

async fn operations_of_a_bulk_request_are_read_strictly_too(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    let path = format!("/Users/{}", user.id);
    let patched = |operation: Value| {
        let urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let data = json!({"schemas": [urn], "Operations": [operation]});
        json!({"method": "PATCH", "path": path, "data": data})
    };
    let published = patched(json!({"op": "replace", "path": "title", "value": "Countess"}));
    let pathless = patched(json!({"op": "replace", "value": {"title": "Duchess"}}));
    let unknown = json!({"method": "PUT", "path": path,
        "data": {"schemas": [USER], "userName": "ada@example.com", "shoeSize": "44"}});
    let urn = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
    let request = |operations: &[Value]| json!({"schemas": [urn], "Operations": operations});
    let send = async |body: Value| site.push("POST", "/Bulk").json(&body).send().await;
    strictly(&site).await;
    // Also one that is longer than what is read before the token is looked at.
    for filler in ["", &"x".repeat(30_000)] {
        let mut unknown = unknown.clone();
        unknown["data"]["title"] = json!(filler);
        let body = request(&[published.clone(), pathless.clone(), unknown]);
        let answer = send(body).await.expect(200);
        let told = answer["Operations"].as_array().unwrap();
        let told = told.iter().map(|one| (&one["status"], &one["response"]["scimType"]));
        let expected = [
            (&json!("200"), &Value::Null),
            (&json!("400"), &json!("invalidPath")),
            (&json!("400"), &json!("invalidSyntax")),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected, "{answer}");
    }
    assert_eq!(site.get(&path).await.expect(200)["title"], "Countess");
    // What the request as a whole is made of.
    let mut lower = pathless.clone();
    lower["method"] = json!("patch");
    let mut noted = published.clone();
    noted["note"] = json!("x");
    for (body, sentence) in [
        (json!({"Operations": [published]}), "schemas does not name"),
        (request(&[published.clone(), lower]), "Operation 2 has the method"),
        (request(&[noted]), "Operation 1 has the member note"),
    ] {
        let detail = send(body).await.refusal(400);
        assert!(detail.starts_with(sentence), "{detail}");
    }
    site.understand(ConnectionDialect::Auto).await;
    let answer = send(json!({"Operations": [pathless]})).await.expect(200);
    assert_eq!(answer["Operations"][0]["status"], "200", "{answer}");
}
