//! Every answer is SCIM JSON, errors included, with a sentence to act on (RFC 7644 section 3.12).

use serde_json::json;

use crate::support::{House, Site, in_every_house};

in_every_house!(
    every_error_is_scim_json,
    bad_bodies_are_named,
    bad_queries_are_named,
    addresses_are_read_generously,
);

async fn every_error_is_scim_json(house: &House) {
    let site = Site::new(house, "acme").await;
    let nobody = "/Users/00000000-0000-7000-8000-000000000000";
    for (method, path, status) in [
        ("GET", nobody, 404),
        ("GET", "/Users/no-uuid", 404),
        ("GET", "/Nothing", 404),
        ("PATCH", "/Users", 405),
        ("DELETE", "/ServiceProviderConfig", 405),
        ("GET", "/Me", 501),
    ] {
        let answer = site.push(method, path).send().await;
        answer.refusal(status);
        if status == 405 {
            assert!(answer.header("Allow").is_some(), "{method} {path}");
        }
    }
    let unknown_site = site.push("GET", "/../../../nowhere/auth/scim/v2/Users");
    let answer = unknown_site.send().await;
    assert!([401, 404].contains(&answer.status), "{}", answer.status);
    answer.refusal(answer.status);
}

async fn bad_bodies_are_named(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    let path = format!("/Users/{}", user.id);
    let send = |media_type: &str, body: &str| {
        site.push("PATCH", &path).header("Content-Type", media_type).bytes(body).send()
    };
    let scim = "application/scim+json";
    let answer = send(scim, "{\"Operations\": [").await;
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "invalidSyntax");
    send(scim, "").await.refusal(400);
    send("text/plain", "active=false").await.refusal(415);
    let answer =
        send(scim, r#"{"Operations":[{"op":"replace","path":"active","value":"perhaps"}]}"#).await;
    let detail = answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "invalidValue");
    assert!(detail.contains("active"), "{detail}");
    let answer = send(scim, r#"{"Operations":[{"op":"remove"}]}"#).await;
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "noTarget");
    let large = format!("{{\"Operations\": [], \"padding\": \"{}\"}}", "x".repeat(1 << 20));
    send(scim, &large).await.refusal(413);
    assert_eq!(site.stored(&user.id).await.version, user.version);

    for media_type in [scim, "application/json", "application/json; charset=UTF-8"] {
        send(media_type, r#"{"Operations":[]}"#).await.expect(200);
    }
}

async fn bad_queries_are_named(house: &House) {
    let site = Site::new(house, "acme").await;
    for filter in ["userName", "userName eq", "shoeSize eq \"9\"", "(userName eq \"a\""] {
        let answer = site.get(&filtered(filter)).await;
        answer.refusal(400);
        assert_eq!(answer.json()["scimType"], "invalidFilter", "{filter}");
    }
    let deep = format!("{}userName eq \"a\"{}", "not (".repeat(64), ")".repeat(64));
    site.get(&filtered(&deep)).await.refusal(400);
    let long = format!("userName eq \"{}\"", "a".repeat(5000));
    site.get(&filtered(&long)).await.refusal(400);
    site.get("/Users?startIndex=first").await.refusal(400);
    let below = site.get("/Users?startIndex=-3&count=-1").await.expect(200);
    assert_eq!((&below["startIndex"], &below["itemsPerPage"]), (&json!(1), &json!(0)));
}

async fn addresses_are_read_generously(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada.lovelace@example.com").await;
    for path in [
        "/Users",
        "/users",
        "/USERS/",
        "/Users?",
        "/Users?&",
        "/Users?filter=userName+eq+%22ADA.lovelace%40example.com%22&",
        "/Users?filter=userName%20eq%20%22ada.lovelace@example.com%22",
        "/Users?filter=userName%2520eq%2520%2522ada.lovelace%2540example.com%2522",
        "/Users?Filter=emails.value+eq+%22ada.lovelace%40example.com%22",
        "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22ada.lovelace%40example.com%22",
    ] {
        let request = site.push("GET", path).without("Accept");
        let body = request.send().await.expect(200);
        assert_eq!(body["totalResults"], 1, "{path}");
        assert_eq!(body["Resources"][0]["id"], user.id.as_str(), "{path}");
    }
}

fn filtered(filter: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    format!("/Users?filter={}", utf8_percent_encode(filter, NON_ALPHANUMERIC))
}
