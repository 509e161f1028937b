//! Several operations in one request (RFC 7644 section 3.7).

use provost_proto::v1::{
    CreationPolicy, DeletionPolicy, ListRefusedRequestsRequest, RefusalPolicy, Role,
    UpdateScimSettingsRequest,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::support::{Answer, House, Site, in_every_house, until};

in_every_house!(
    new_people_and_their_group_come_in_one_request,
    each_operation_is_told_what_became_of_it,
    the_policies_of_the_site_hold_for_each_operation,
    a_thousand_changes_are_decided_in_few_transactions,
    nothing_more_is_done_after_so_many_errors,
    people_come_with_their_manager_and_not_in_a_circle,
    refused_operations_are_noted_as_single_requests_are,
    a_bulk_is_known_by_no_key,
    a_bulk_is_its_sites,
);

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Where users and groups may be created and deleted.
async fn open_site<'house>(house: &'house House, name: &str) -> Site<'house> {
    let site = Site::new(house, name).await;
    site.settings(UpdateScimSettingsRequest {
        creation: CreationPolicy::Create.into(),
        deletion: DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    site
}

fn request(operations: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    })
}

async fn bulk(site: &Site<'_>, operations: &Value) -> Answer {
    site.push("POST", "/Bulk").json(&request(operations)).send().await
}

fn user(bulk_id: &str, user_name: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": user_name}})
}

fn title(id: &str, title: &str) -> Value {
    let operations = json!([{"op": "replace", "path": "title", "value": title}]);
    let path = format!("/Users/{id}");
    json!({"method": "PATCH", "path": path, "data": {"Operations": operations}})
}

fn statuses(answer: &Value) -> Vec<&str> {
    let operations = answer["Operations"].as_array().unwrap().iter();
    operations.map(|one| one["status"].as_str().unwrap()).collect()
}

/// Where a resource is, below the base URL.
fn path(site: &Site<'_>, operation: &Value) -> String {
    let location = operation["location"].as_str().unwrap();
    location.split_once(&site.base).unwrap().1.to_owned()
}

/// The group comes first, and refers to people behind it.
async fn new_people_and_their_group_come_in_one_request(house: &House) {
    let site = open_site(house, "acme").await;
    let members = json!([{"value": "bulkId:ada"}, {"value": "bulkId:jo", "type": "User"}]);
    let guides = json!({"displayName": "Tour Guides", "members": members});
    let renamed = json!({"Operations": [{"op": "replace", "value": {"displayName": "Guides"}}]});
    let operations = json!([
        {"method": "POST", "path": "/Groups", "bulkId": "guides", "data": guides},
        user("ada", "ada.lovelace@example.com"),
        user("jo", "jo.day@example.com"),
        {"method": "PATCH", "path": "/Groups/bulkId:guides", "data": renamed},
    ]);
    let lines = house.ledger(&site.name).await.len();
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(answer["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(statuses(&answer), ["201", "201", "201", "204"]);
    let operations = answer["Operations"].as_array().unwrap();
    assert_eq!(
        (&operations[0]["bulkId"], &operations[2]["bulkId"]),
        (&json!("guides"), &json!("jo"))
    );
    assert_eq!(operations[3]["location"], operations[0]["location"]);
    assert_eq!(operations[3]["version"], "W/\"2\"");
    let group = site.get(&path(&site, &operations[0])).await.expect(200);
    assert_eq!(group["displayName"], "Guides");
    let there: BTreeSet<_> = group["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["$ref"])
        .map(Value::to_string)
        .collect();
    let made: BTreeSet<_> = operations[1..3].iter().map(|it| it["location"].to_string()).collect();
    assert_eq!(there, made);
    // As if each had been a request of its own.
    assert_eq!(house.ledger(&site.name).await.len(), lines + 4);
}

async fn each_operation_is_told_what_became_of_it(house: &House) {
    let site = open_site(house, "acme").await;
    let ada = site.user("ada@example.com").await;
    let jo = site.user("jo@example.com").await;
    let promoted = json!({"Operations": [
        {"op": "replace", "path": "userType", "value": "Admin"},
        {"op": "replace", "path": "title", "value": "Countess"},
    ]});
    let versioned = |version: &str| {
        let mut operation = title(&jo.id, "x");
        operation["version"] = version.into();
        operation
    };
    let operations = json!([
        {"method": "PATCH", "path": format!("/Users/{}", ada.id), "data": promoted},
        user("a", "ADA@example.com"),
        versioned("W/\"77\""),
        versioned(&format!("W/\"{}\"", jo.version)),
        title("nobody", "x"),
        {"method": "PUT", "path": format!("/Users/{}", jo.id), "data": {"userName": 7, "active": "maybe"}},
        {"method": "DELETE", "path": format!("/Users/{}", jo.id)},
        title(&jo.id, "x"),
    ]);
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["200", "409", "412", "200", "404", "400", "204", "404"]);
    let operations = answer["Operations"].as_array().unwrap();
    assert_eq!(operations[0]["notices"][0]["reason"], "ADMIN_PROMOTION_CLOSED");
    assert_eq!(operations[0]["notices"][0]["attribute"], "userType");
    let keyword = |number: usize| &operations[number]["response"]["scimType"];
    assert_eq!((keyword(1), keyword(5)), (&json!("uniqueness"), &json!("invalidValue")));
    assert_eq!(operations[1].get("location"), None);
    for failed in operations.iter().filter(|it| it.get("response").is_some()) {
        assert_eq!(failed["response"]["status"], failed["status"]);
        let detail = failed["response"]["detail"].as_str().unwrap();
        assert!(detail.contains(". Trace ID: "), "{detail}");
    }
    let ada = site.get(&format!("/Users/{}", ada.id)).await.expect(200);
    assert_eq!((&ada["userType"], &ada["title"]), (&json!("Registered"), &json!("Countess")));
}

async fn the_policies_of_the_site_hold_for_each_operation(house: &House) {
    let site = Site::new(house, "acme").await;
    let admin = site.user_as("root@example.com", Role::Admin).await;
    let inactive = |id: &str| {
        let operations = json!([{"op": "replace", "path": "active", "value": false}]);
        json!({"method": "PATCH", "path": format!("/Users/{id}"), "data": {"Operations": operations}})
    };
    let operations = json!([
        user("new", "new@example.com"),
        {"method": "DELETE", "path": format!("/Users/{}", admin.id)},
        inactive(&admin.id),
    ]);
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["501", "501", "200"]);
    assert_eq!(answer["Operations"][2]["notices"][0]["reason"], "LAST_ADMIN");
    site.settings(UpdateScimSettingsRequest {
        refusals: RefusalPolicy::Reject.into(),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["501", "501", "400"]);
    assert_eq!(answer["Operations"][2]["response"]["scimType"], "mutability");
    assert!(site.stored(&admin.id).await.active);
    site.settings(UpdateScimSettingsRequest {
        enabled: Some(false),
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    assert!(bulk(&site, &operations).await.refusal(403).contains("switched off"));
}

/// Those that are decided together are changed at one moment.
async fn a_thousand_changes_are_decided_in_few_transactions(house: &House) {
    let site = open_site(house, "acme").await;
    let new: Vec<_> =
        (0..1_000).map(|number| user(&number.to_string(), &format!("user-{number}"))).collect();
    let answer = bulk(&site, &json!(new)).await.expect(200);
    assert!(statuses(&answer).iter().all(|status| *status == "201"));
    let made = answer["Operations"].as_array().unwrap();
    let ids: Vec<_> = made.iter().map(|it| path(&site, it).replace("/Users/", "")).collect();
    let changes: Vec<_> = ids.iter().map(|id| title(id, "Guide")).collect();
    let answer = bulk(&site, &json!(changes)).await.expect(200);
    assert!(statuses(&answer).iter().all(|status| *status == "200"));
    let page = site.get("/Users?count=1000&attributes=meta,title").await.expect(200);
    let users = page["Resources"].as_array().unwrap();
    assert!(users.len() == 1_000 && users.iter().all(|user| user["title"] == "Guide"));
    for time in ["created", "lastModified"] {
        let times: BTreeSet<_> = users.iter().map(|user| user["meta"][time].to_string()).collect();
        assert!(times.len() <= 24, "{time}: {} transactions", times.len());
    }
}

async fn nothing_more_is_done_after_so_many_errors(house: &House) {
    let site = open_site(house, "acme").await;
    let ada = site.user("ada@example.com").await;
    let mut body = request(&json!([
        title(&ada.id, "first"),
        title("nobody", "x"),
        title(&ada.id, "second"),
        user("x", "ada@example.com"),
        title(&ada.id, "third"),
    ]));
    for (borne, told, in_force) in [(1, 2, "first"), (2, 4, "second"), (3, 5, "third")] {
        body["failOnErrors"] = borne.into();
        let answer = site.push("POST", "/Bulk").json(&body).send().await.expect(200);
        assert_eq!(statuses(&answer).len(), told, "{answer}");
        let ada = site.get(&format!("/Users/{}", ada.id)).await.expect(200);
        assert_eq!(ada["title"], in_force);
    }
}

async fn people_come_with_their_manager_and_not_in_a_circle(house: &House) {
    let site = open_site(house, "acme").await;
    let led_by = |name: &str, manager: Value| {
        let data =
            json!({"userName": name, "title": "bulkId:ada", EXTENSION: {"manager": manager}});
        json!({"method": "POST", "path": "/Users", "bulkId": name, "data": data})
    };
    let reference = |other: &str| json!({"value": format!("bulkId:{other}")});
    let url = json!({"value": "bulkId:ada", "$ref": "../Users/bulkId:ada"});
    let operations = json!([
        led_by("kim", url),
        user("ada", "ada"),
        led_by("jo", reference("lee")),
        led_by("lee", reference("jo")),
        led_by("lone", reference("lone")),
        title("bulkId:lee", "x"),
    ]);
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["201", "201", "409", "409", "409", "409"]);
    let kim = site.get(&path(&site, &answer["Operations"][0])).await.expect(200);
    let ada = path(&site, &answer["Operations"][1]);
    assert_eq!(kim[EXTENSION]["manager"]["value"], ada["/Users/".len()..]);
    assert_eq!(kim[EXTENSION]["manager"]["$ref"], format!("..{ada}"));
    assert_eq!(kim["title"], "bulkId:ada", "which is no reference there");
    let found = site.get("/Users").await.expect(200);
    assert_eq!(found["totalResults"], 2);
}

async fn refused_operations_are_noted_as_single_requests_are(house: &House) {
    let site = open_site(house, "acme").await;
    let ada = site.user("ada.canary@example.com").await;
    let operations = json!([
        user("x", "ada.canary@example.com"),
        title("nobody", "x"),
        {"method": "BREW", "path": "/Users/canary"},
        {"method": "PATCH", "path": format!("/Users/{}", ada.id), "data": {"Operations": "canary"}},
    ]);
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["409", "404", "400", "400"]);
    let look_up = async || {
        let request = ListRefusedRequestsRequest { site: site.name.clone(), ..Default::default() };
        let mut ledgers = house.operator.ledgers();
        let found = ledgers.list_refused_requests(request).await.unwrap().into_inner().requests;
        Some(found).filter(|found| found.len() >= 4)
    };
    let found = until("refused operations are noted", look_up).await;
    assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    let mut told: Vec<_> =
        found.iter().map(|it| (it.operation.as_str(), it.status, it.reason.as_str())).collect();
    told.sort_unstable();
    let expected = [
        ("PATCH /Users/{id}", 400, "invalidSyntax"),
        ("PATCH /Users/{id}", 404, "USER_NOT_FOUND"),
        ("POST /Bulk", 400, "invalidSyntax"),
        ("POST /Users", 409, "USER_NAME_TAKEN"),
    ];
    assert_eq!(told, expected);
}

async fn a_bulk_is_known_by_no_key(house: &House) {
    let site = open_site(house, "acme").await;
    let push = site.push("POST", "/Bulk").header("Idempotency-Key", "\"again\"");
    let answer = push.json(&request(&json!([user("ada", "ada@example.com")]))).send().await;
    assert!(answer.refusal(400).contains("Idempotency-Key"));
    assert_eq!(site.get("/Users").await.expect(200)["totalResults"], 0);
}

async fn a_bulk_is_its_sites(house: &House) {
    let (site, other) = (open_site(house, "acme").await, open_site(house, "globex").await);
    let ada = other.user("ada@example.com").await;
    let group = json!({"displayName": "Guides", "members": [{"value": ada.id}]});
    let operations = json!([
        title(&ada.id, "x"),
        {"method": "DELETE", "path": format!("/Users/{}", ada.id)},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
    ]);
    let answer = bulk(&site, &operations).await.expect(200);
    assert_eq!(statuses(&answer), ["404", "404", "400"]);
    assert_eq!(other.stored(&ada.id).await, ada);
    let stranger = Site { token: other.token.clone(), ..open_site(house, "initech").await };
    let answer = stranger.push("POST", "/Bulk").json(&request(&operations)).send().await;
    answer.refusal(401);
    let default = Site::default_of(house);
    let answer = bulk(&default, &json!([title("nobody", "x")])).await.expect(200);
    let location = answer["Operations"][0]["location"].as_str().unwrap();
    assert!(location.ends_with("/api/scim/v2/Users/nobody"), "{location}");
}
