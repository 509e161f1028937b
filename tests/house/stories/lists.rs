//! Lists: the whole filter grammar of RFC 7644 section 3.4.2.2 over real rows, and paging.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provost_proto::v1::Role;
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(filters_find_whom_they_mean, pages_follow_one_another);

async fn filters_find_whom_they_mean(house: &House) {
    let site = Site::new(house, "acme").await;
    let ada = site.user_as("Ada.Lovelace@example.com", Role::Admin).await;
    let grace = site.user("grace.hopper@example.com").await;
    let emil = site.user("émil.durkheim@example.org").await;
    for (user, operations) in [
        (&ada, json!([{"op": "add", "value": {"title": "Countess", "externalId": "X-1"}}])),
        (
            &grace,
            json!([
                {"op": "add", "value": {"title": "Rear Admiral", "externalId": "x-1"}},
                {"op": "add", "path": "emails", "value": [{"value": "navy@example.net", "type": "home"}]},
                {"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Navy"},
            ]),
        ),
        (&emil, json!([{"op": "replace", "path": "active", "value": false}])),
    ] {
        site.patch(&user.id, &operations).await.expect(200);
    }
    let created = site.get(&format!("/Users/{}", grace.id)).await.expect(200);
    let created = created["meta"]["created"].as_str().unwrap().to_owned();
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let table = [
        ("userName eq \"ADA.LOVELACE@EXAMPLE.COM\"", "a"),
        ("userName eq \"ÉMIL.durkheim@example.org\"", "e"),
        ("userName ne \"ada.lovelace@example.com\"", "eg"),
        ("userName co \"EXAMPLE.com\"", "ag"),
        ("userName sw \"grace.\"", "g"),
        ("userName ew \".org\"", "e"),
        ("externalId eq \"X-1\"", "a"),
        ("externalId eq \"x-1\"", "g"),
        ("title pr", "ag"),
        ("not (title pr)", "e"),
        ("title eq \"countess\"", "a"),
        ("title ne \"Countess\"", "eg"),
        ("title gt \"countess\"", "g"),
        ("title le \"Countess\"", "a"),
        ("active eq true", "ag"),
        ("active eq False", "e"),
        ("userType eq \"admin\"", "a"),
        ("name.familyName sw \"Love\"", "a"),
        ("emails eq \"navy@example.net\"", "g"),
        ("emails.value eq \"NAVY@example.net\"", "g"),
        ("emails[type eq \"home\"]", "g"),
        ("emails[type eq \"work\" and value ew \"org\"]", "e"),
        ("emails[type eq \"home\"].value eq \"navy@example.net\"", "g"),
        ("emails[type eq \"work\"].value eq \"navy@example.net\"", ""),
        ("not (emails[type eq \"home\"])", "ae"),
        ("emails.primary pr", "aeg"),
        ("emails[type eq \"home\" and primary pr]", "g"),
        ("emails[type eq \"home\" and primary eq null]", ""),
        ("emails[type eq \"home\" and primary eq false]", "g"),
        ("emails[type eq \"home\" and primary ne true]", "g"),
        ("emails[type eq \"home\" and not (primary pr)]", ""),
        ("phoneNumbers[primary pr]", ""),
        ("title pr and not (userType eq \"Admin\")", "g"),
        ("active eq false or title eq \"Countess\" and externalId pr", "ae"),
        ("(active eq false or title eq \"Countess\") and externalId pr", "a"),
        ("department eq \"navy\"", "g"),
        (&format!("{enterprise}:department pr"), "g"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ada\"", "a"),
        (&format!("id eq \"{}\"", grace.id), "g"),
        (&format!("meta.created ge \"{created}\""), "eg"),
        (&format!("meta.created lt \"{created}\""), "a"),
        ("USERNAME EQ \"grace.hopper@example.com\"", "g"),
        ("title eq \"no such 'title' \\\"--\"", ""),
    ];
    for (filter, expected) in table {
        let body = site.get(&format!("/Users?filter={}", encoded(filter))).await.expect(200);
        let mut found: Vec<char> = resources(&body)
            .iter()
            .map(|user| user["userName"].as_str().unwrap().chars().next().unwrap())
            .map(|first| if first == 'é' { 'e' } else { first.to_ascii_lowercase() })
            .collect();
        found.sort_unstable();
        assert_eq!(found.into_iter().collect::<String>(), expected, "{filter}");
        assert_eq!(body["totalResults"], expected.len(), "{filter}");
    }
}

async fn pages_follow_one_another(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(site.user(&format!("user.{number}@example.com")).await.id);
    }
    let page = async |start: usize, count: usize| {
        let body = site.get(&format!("/Users?startIndex={start}&count={count}")).await.expect(200);
        assert_eq!(body["totalResults"], 7);
        assert_eq!(body["startIndex"], start);
        let found = resources(&body);
        assert_eq!(body["itemsPerPage"], found.len());
        let ids = found.iter().map(|user| user["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<String>>()
    };
    let mut seen = Vec::new();
    for start in [1, 4, 7] {
        seen.extend(page(start, 3).await);
    }
    seen.sort_unstable();
    ids.sort_unstable();
    assert_eq!(seen, ids);
    assert_eq!(page(8, 3).await, Vec::<String>::new());
    assert_eq!(page(1, 0).await, Vec::<String>::new());
}

fn resources(body: &Value) -> &[Value] {
    body["Resources"].as_array().unwrap()
}

fn encoded(filter: &str) -> String {
    utf8_percent_encode(filter, NON_ALPHANUMERIC).to_string()
}
