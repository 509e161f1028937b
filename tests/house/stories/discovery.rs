//! Discovery says what is so: what `/Schemas` calls writable can be written and read back. (The
//! documents themselves are golden files beside their writer, in `gateway/scim/src/snapshots`.)

use serde_json::{Map, Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(
    the_documents_can_be_fetched_one_by_one,
    what_the_schemas_advertise_is_kept,
    answers_hold_what_was_asked_for,
);

async fn the_documents_can_be_fetched_one_by_one(house: &House) {
    let site = Site::new(house, "acme").await;
    let origin = format!("http://{}{}", house.http, site.base);
    let config = site.get("/serviceproviderconfig").await.expect(200);
    assert_eq!(config["patch"]["supported"], true);
    assert_eq!(config["meta"]["location"], format!("{origin}/ServiceProviderConfig"));
    for list in ["/Schemas", "/ResourceTypes"] {
        let body = site.get(list).await.expect(200);
        let resources = body["Resources"].as_array().unwrap();
        assert_eq!(body["totalResults"], resources.len());
        for resource in resources {
            let id = resource["id"].as_str().unwrap();
            let one = site.get(&format!("{list}/{id}")).await.expect(200);
            assert_eq!(&one, resource);
            assert_eq!(one["meta"]["location"], format!("{origin}{list}/{id}"));
        }
        site.get(&format!("{list}/urn:nothing")).await.refusal(404);
    }
}

async fn what_the_schemas_advertise_is_kept(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let schemas = site.get("/Schemas").await.expect(200);
    let mut sent = Map::new();
    let of_users = |schema: &&Value| schema["name"] != "Group";
    for schema in schemas["Resources"].as_array().unwrap().iter().filter(of_users) {
        let values = sample(schema["attributes"].as_array().unwrap());
        if schema["id"] == "urn:ietf:params:scim:schemas:core:2.0:User" {
            sent.extend(values);
        } else if !values.is_empty() {
            sent.insert(schema["id"].as_str().unwrap().to_owned(), Value::Object(values));
        }
    }
    sent.insert("userName".to_owned(), json!("ada.lovelace@example.com"));
    sent.insert("active".to_owned(), json!(true));
    sent.remove("userType");
    assert!(sent.len() > 10, "{sent:?}");
    let answer = site.put(&user.id, &Value::Object(sent.clone())).await;
    let body = answer.expect(200);
    assert_eq!(answer.header("Provost-Notice"), None);
    for (name, value) in sent {
        assert_eq!(body[&name], value, "{name}");
    }
}

/// A value for each attribute that can be written and is returned.
fn sample(attributes: &[Value]) -> Map<String, Value> {
    let mut values = Map::new();
    for attribute in attributes {
        let writable = attribute["mutability"] == "readWrite" && attribute["returned"] != "never";
        if !writable {
            continue;
        }
        let name = attribute["name"].as_str().unwrap();
        let value = match attribute["type"].as_str().unwrap() {
            "binary" => json!("AQID"),
            "boolean" => json!(true),
            "complex" => {
                let subs = attribute["subAttributes"].as_array().unwrap();
                Value::Object(sample(subs))
            }
            "reference" => json!(format!("https://example.com/{name}")),
            "string" => match attribute["canonicalValues"].as_array() {
                Some(canonical) => canonical[0].clone(),
                None => json!(format!("the {name}")),
            },
            other => panic!("{name} is of a type that nothing here uses: {other}"),
        };
        let value = if attribute["multiValued"] == true { json!([value]) } else { value };
        values.insert(name.to_owned(), value);
    }
    values
}

async fn answers_hold_what_was_asked_for(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let some = site.get(&format!("{path}?attributes=userName,name.givenName")).await.expect(200);
    let names: Vec<&String> = some.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "name", "schemas", "userName"]);
    assert_eq!(some["name"], json!({"givenName": "ada"}));
    let rest = site.get(&format!("{path}?excludedAttributes=emails,id")).await;
    let rest = rest.expect(200);
    assert_eq!(rest.get("emails"), None);
    assert_eq!(rest["id"], user.id.as_str(), "the id is always returned");
}
