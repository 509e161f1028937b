//! A bulk request is its operations one by one: what each is told, and what is in force behind them.
//!
//! Random operations are sent to one site in one request and to another one each by itself, those that refer to what
//! later ones make behind these (`bulk_equality/turns.rs`). Owns how they are made up; must never know what they should be
//! answered.

mod turns;

use provost_proto::v1::{
    CreationPolicy, DeletionPolicy, KnownUserPolicy, RefusalPolicy, Role, UpdateScimSettingsRequest,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::support::{House, Site, in_every_house};

in_every_house!(random_operations_are_answered_as_one_by_one);

const ROUNDS: u64 = 16;
const OPERATIONS: usize = 40;
const NAMES: [&str; 6] = ["ada", "JO", "kim", "lee", "max", "uma"];
const GROUPS: [&str; 3] = ["Guides", "guides", "Drivers"];

/// Numbers that are the same in each run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let end = u64::try_from(end).unwrap();
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % end).unwrap()
    }

    fn one<'o, T>(&mut self, of: &'o [T]) -> &'o T {
        &of[self.below(of.len())]
    }
}

/// Stand for the id of what a later operation makes, if there is one.
const LATER_USER: &str = "later:user";
const LATER_GROUP: &str = "later:group";
const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Operations in which `user:0` and `group:0` stand for those that are there from the beginning.
fn operations(random: &mut Random) -> Vec<Value> {
    let mut operations = with_later_ones(random);
    for number in 0..operations.len() {
        let (operation, later) = operations[number..].split_first_mut().unwrap();
        let mut text = operation.to_string();
        for (stands_for, path) in [(LATER_USER, "/Users"), (LATER_GROUP, "/Groups")] {
            let creates = |it: &&Value| it["method"] == "POST" && it["path"] == path;
            let makers: Vec<_> = later.iter().filter(creates).collect();
            while text.contains(stands_for) {
                let id = match makers.as_slice() {
                    [] => "nobody".to_owned(),
                    makers => format!("bulkId:{}", random.one(makers)["bulkId"].as_str().unwrap()),
                };
                text = text.replacen(stands_for, &id, 1);
            }
        }
        *operation = serde_json::from_str(&text).unwrap();
    }
    operations
}

fn with_later_ones(random: &mut Random) -> Vec<Value> {
    let (mut users, mut groups): (Vec<String>, Vec<String>) =
        ((0..4).map(|n| format!("user:{n}")).collect(), vec!["group:0".to_owned()]);
    users.extend(["nobody", LATER_USER].map(str::to_owned));
    groups.push(LATER_GROUP.to_owned());
    let mut operations = Vec::new();
    for number in 0..OPERATIONS {
        let user = random.one(&users).clone();
        let other = random.one(&users).clone();
        let group = random.one(&groups).clone();
        let of_user = format!("/Users/{user}");
        let of_group = format!("/Groups/{group}");
        let bulk_id = format!("new{number}");
        let patch = |op: Value| json!({"Operations": [op]});
        let mut operation = match random.below(12) {
            0 | 1 => {
                users.push(format!("bulkId:{bulk_id}"));
                let name = random.one(&NAMES);
                let mut data = json!({"userName": name, "userType": random.one(&["Admin", "Registered", "Chef"])});
                if random.below(2) == 0 {
                    data["externalId"] = random.one(&["e1", "e2"]).to_owned().into();
                }
                if random.below(2) == 0 {
                    data[MANAGER] = json!({"manager": {"value": other}});
                }
                json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data})
            }
            2 => {
                groups.push(format!("bulkId:{bulk_id}"));
                let members = json!([{"value": user}, {"value": other}]);
                let data = json!({"displayName": random.one(&GROUPS), "members": members});
                json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
            }
            3 => {
                let data = json!({"userName": random.one(&NAMES), "title": number.to_string(),
                    "active": random.below(2) == 0});
                json!({"method": "PUT", "path": of_user, "data": data})
            }
            4 => {
                let active =
                    patch(json!({"op": "replace", "path": "active", "value": random.below(3) > 0}));
                json!({"method": "PATCH", "path": of_user, "data": active})
            }
            5 => {
                let role = random.one(&["Admin", "Registered"]);
                let role = patch(json!({"op": "replace", "path": "userType", "value": role}));
                json!({"method": "PATCH", "path": of_user, "data": role})
            }
            6 => {
                let name = patch(
                    json!({"op": "replace", "path": "userName", "value": random.one(&NAMES)}),
                );
                json!({"method": "PATCH", "path": of_user, "data": name})
            }
            7 => json!({"method": "DELETE", "path": of_user}),
            8 => {
                let op = random.one(&["add", "remove"]);
                let members =
                    patch(json!({"op": op, "path": "members", "value": [{"value": user}]}));
                json!({"method": "PATCH", "path": of_group, "data": members})
            }
            9 => {
                let data =
                    json!({"displayName": random.one(&GROUPS), "members": [{"value": user}]});
                json!({"method": "PUT", "path": of_group, "data": data})
            }
            10 => json!({"method": "DELETE", "path": of_group}),
            _ => {
                let title = patch(
                    json!({"op": random.one(&["add", "remove", "brew"]), "path": "title", "value": "x"}),
                );
                json!({"method": "PATCH", "path": of_user, "data": title})
            }
        };
        if operation["method"] != "POST" && random.below(5) == 0 {
            operation["version"] = format!("W/\"{}\"", 1 + random.below(3)).into();
        }
        operations.push(operation);
    }
    operations
}

/// What an operation is told, in words that are the same in each site.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: String,
    version: Option<String>,
    keyword: Value,
    detail: String,
    notices: Vec<String>,
}

/// A site to which operations are sent, and the ids there of what they name.
struct TrialSite<'s> {
    site: Site<'s>,
    ids: BTreeMap<String, String>,
}

impl<'s> TrialSite<'s> {
    async fn new(house: &'s House, name: &str, round: u64) -> Self {
        let site = Site::new(house, name).await;
        let mut ids = BTreeMap::new();
        for (number, name) in NAMES[..4].iter().enumerate() {
            let role = if number < 2 { Role::Admin } else { Role::Registered };
            ids.insert(format!("user:{number}"), site.user_as(name, role).await.id);
        }
        let creation = CreationPolicy::Create.into();
        site.settings(UpdateScimSettingsRequest { creation, ..Default::default() }).await;
        let group = site.push("POST", "/Groups").json(&json!({"displayName": "Pilots"}));
        let group = group.send().await.expect(201);
        ids.insert("group:0".to_owned(), group["id"].as_str().unwrap().to_owned());
        let is = |bit: u64| round & bit != 0;
        let creation = if round % 5 == 4 { CreationPolicy::Refuse } else { CreationPolicy::Create };
        let deletion = if is(1) { DeletionPolicy::Delete } else { DeletionPolicy::Deactivate };
        let known_users = if is(8) { KnownUserPolicy::Link } else { KnownUserPolicy::Refuse };
        let refusals = if is(2) { RefusalPolicy::Reject } else { RefusalPolicy::Notice };
        site.settings(UpdateScimSettingsRequest {
            creation: creation.into(),
            deletion: deletion.into(),
            refusals: refusals.into(),
            allow_admin_promotion: Some(is(4)),
            known_users: known_users.into(),
            ..Default::default()
        })
        .await;
        Self { site, ids }
    }

    /// The operation in the ids of this site.
    fn named(&self, operation: &Value) -> Value {
        let mut names: Vec<_> = self.ids.iter().collect();
        // Longer ones first: one may be the beginning of another.
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let mut text = operation.to_string();
        for (name, id) in names {
            text = text.replace(&format!("{name}\""), &format!("{id}\""));
        }
        serde_json::from_str(&text).unwrap()
    }

    fn neutral(&self, detail: &str) -> String {
        let mut detail = detail.split(" Trace ID: ").next().unwrap_or_default().to_owned();
        // Who was deleted and comes back has a second name: the first one is told.
        let mut names: Vec<_> = self.ids.iter().collect();
        names.sort_by_key(|(name, _)| {
            let number: usize =
                name.trim_start_matches(|it: char| !it.is_ascii_digit()).parse().unwrap_or(0);
            (name.starts_with("bulkId:"), number)
        });
        for (name, id) in names {
            detail = detail.replace(id, name);
        }
        detail
    }

    async fn at_once(&mut self, operations: &[Value]) -> Vec<Told> {
        let named: Vec<_> = operations.iter().map(|operation| self.named(operation)).collect();
        let body = json!({"Operations": named});
        let answer = self.site.push("POST", "/Bulk").json(&body).send().await.expect(200);
        let answered = answer["Operations"].as_array().unwrap().clone();
        for operation in &answered {
            if let (Some(bulk_id), "201") =
                (operation["bulkId"].as_str(), operation["status"].as_str().unwrap())
            {
                let location = operation["location"].as_str().unwrap();
                let id = location.rsplit('/').next().unwrap().to_owned();
                self.ids.insert(format!("bulkId:{bulk_id}"), id);
            }
        }
        let told = answered.iter().map(|operation| {
            let notices = operation["notices"].as_array().cloned().unwrap_or_default();
            Told {
                status: operation["status"].as_str().unwrap().to_owned(),
                version: operation["version"].as_str().map(str::to_owned),
                keyword: operation["response"]["scimType"].clone(),
                detail: self.neutral(operation["response"]["detail"].as_str().unwrap_or_default()),
                notices: notices
                    .iter()
                    .map(|it| it["reason"].as_str().unwrap().to_owned())
                    .collect(),
            }
        });
        told.collect()
    }

    /// None for an operation that refers to what was not made.
    async fn one_by_one(&mut self, operations: &[Value]) -> Vec<Option<Told>> {
        let mut all: Vec<_> = operations.iter().map(|_| None).collect();
        for number in turns::of(operations) {
            let operation = &operations[number];
            let named = self.named(operation);
            if named.to_string().contains("bulkId:") {
                continue;
            }
            let path = named["path"].as_str().unwrap();
            let mut push = self.site.push(named["method"].as_str().unwrap(), path);
            if let Some(version) = named["version"].as_str() {
                push = push.header("If-Match", version);
            }
            if let Some(data) = named.get("data") {
                push = push.json(data);
            }
            let answer = push.send().await;
            let is_error = answer.status >= 400;
            let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
            if let (201, Some(bulk_id)) = (answer.status, operation["bulkId"].as_str()) {
                let id = body["id"].as_str().unwrap().to_owned();
                self.ids.insert(format!("bulkId:{bulk_id}"), id);
            }
            let notices = answer.all("Provost-Notice");
            let detail = if is_error { body["detail"].as_str().unwrap_or_default() } else { "" };
            all[number] = Some(Told {
                status: answer.status.to_string(),
                version: answer.header("ETag").map(str::to_owned),
                keyword: if is_error { body["scimType"].clone() } else { Value::Null },
                detail: self.neutral(detail),
                notices: notices
                    .lines()
                    .map(|it| it.split(';').next().unwrap().to_owned())
                    .collect(),
            });
        }
        all
    }

    /// All users and groups, in words that are the same in each site.
    async fn in_force(&self) -> Vec<String> {
        let mut all = Vec::new();
        for path in ["/Users", "/Groups"] {
            let page = self.site.get(path).await.expect(200);
            for resource in page["Resources"].as_array().unwrap() {
                let mut resource = resource.clone();
                let meta = resource["meta"].take();
                resource["version"] = meta["version"].clone();
                if let Some(manager) = resource[MANAGER]["manager"].as_object_mut() {
                    manager.remove("$ref");
                }
                for list in ["members", "groups"] {
                    let Some(elements) = resource[list].as_array_mut() else { continue };
                    for element in &mut *elements {
                        element["$ref"] = Value::Null;
                    }
                    elements.sort_by_key(|it| it["display"].to_string());
                }
                all.push(self.neutral(&resource.to_string()));
            }
        }
        all.sort();
        all
    }
}

async fn random_operations_are_answered_as_one_by_one(house: &House) {
    let mut done = BTreeMap::<String, usize>::new();
    let mut early = 0;
    for round in 0..ROUNDS {
        let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (round + 1));
        let operations = operations(&mut random);
        let mut at_once = TrialSite::new(house, &format!("bulk{round}"), round).await;
        let mut one_by_one = TrialSite::new(house, &format!("single{round}"), round).await;
        let turns = turns::of(&operations);
        early += turns.windows(2).filter(|two| two[0] > two[1]).count();
        let told = at_once.at_once(&operations).await;
        let expected = one_by_one.one_by_one(&operations).await;
        assert_eq!(told.len(), expected.len(), "round {round}");
        for (number, (told, expected)) in told.iter().zip(&expected).enumerate() {
            let operation = &operations[number];
            if let Some(expected) = expected {
                assert_eq!(told, expected, "round {round}, {number}: {operation}");
            } else {
                // What can't be read is told whatever it refers to.
                let is_unread = operation["data"]["Operations"][0]["op"] == "brew";
                let status = if is_unread { "400" } else { "409" };
                assert_eq!(told.status, status, "round {round}, {number}: {operation}");
            }
            *done.entry(told.status.clone()).or_default() += 1;
            for notice in &told.notices {
                *done.entry(notice.clone()).or_default() += 1;
            }
        }
        assert_eq!(at_once.in_force().await, one_by_one.in_force().await, "round {round}");
    }
    assert!(early > 20, "only {early} operations waited for later ones");
    for told in ["200", "201", "204", "400", "404", "409", "412", "USER_LINKED"] {
        assert!(done.contains_key(told), "no operation was answered {told}: {done:?}");
    }
}
