//! Scripts planted wherever others can write something, and every page that shows it, in a real browser.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    ListTokensRequest, PlaceHoldRequest, Profile, Role, RuledGroup, SetGroupRuleRequest,
    SetUserRoleRequest, UpdateScimSettingsRequest, Value, WriteOptions, value,
};
use serde_json::json;

use crate::support::chromium::Chromium;
use crate::support::{House, Site, in_one_house};

in_one_house!(joined, AllInOne, Sqlite, no_planted_script_is_executed);

/// Tells of itself where it runs, and loads something where it may.
const SCRIPT: &str = "\"'></textarea></title></option><script>window.ran=1</script><img src=/x onerror=window.ran=2>\
                      <svg onload=window.ran=3><a href=javascript:window.ran=4>&lt;script&gt;{{7*7}}";

/// As the name of a token, which is short.
const SHORT: &str = "\"'><script>window.ran=5</script><img src=/x onerror=window.ran=6>";

async fn no_planted_script_is_executed(house: &House) {
    let Some(chromium) = Chromium::start(true).await else { return };
    let (site, user, group) = planted(house).await;
    let console = format!("http://{}", house.console().await);
    chromium.go(&console).await;
    chromium.type_into("#token", &house.operator_token).await;
    chromium.click("main button").await;
    chromium.shows("h1", "Sites").await;
    let escaped = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    let request = ListTokensRequest { site: site.name.clone(), ..ListTokensRequest::default() };
    let tokens = house.operator.sites().list_tokens(request).await.unwrap().into_inner().tokens;
    let token = tokens.iter().find(|token| token.name == SHORT).unwrap();
    let person = format!("/sites/acme/people/{user}");
    let group = format!("/sites/acme/groups/{group}");
    let rules = "/sites/acme/groups/rules";
    for path in [
        "/sites/acme/settings".to_owned(),
        "/sites/acme/settings?roles=one".to_owned(),
        format!("/sites/acme/tokens/{}/revoke", token.id),
        "/sites/acme/guides".to_owned(),
        "/sites/acme/guides/okta".to_owned(),
        "/sites/acme/log".to_owned(),
        format!("/sites/acme/log?user={escaped}"),
        format!("/sites/acme/log?outcome={escaped}&caller={escaped}"),
        "/sites/acme/people".to_owned(),
        format!("/sites/acme/people?q={escaped}"),
        format!("/sites/acme/people?begins&q={escaped}"),
        format!("/sites/acme/people?q={escaped}2"),
        person.clone(),
        format!("{person}/deactivate?note={escaped}"),
        format!("{person}/hold?note={escaped}&hold={escaped}"),
        format!("{person}/lift?hold={escaped}"),
        format!("{person}/role?role={escaped}"),
        format!("{person}/cutoff"),
        "/sites/acme/groups".to_owned(),
        format!("/sites/acme/groups?begins&q={escaped}"),
        group.clone(),
        format!("{group}/rename?name={escaped}&external_id={escaped}"),
        format!("{group}/delete?note={escaped}"),
        rules.to_owned(),
        format!("{rules}/new?group={escaped}&role={escaped}&by={escaped}"),
        format!("{rules}/rule?by=name&group={escaped}"),
        format!("{rules}/set?by=name&group={escaped}&role=Admin&note={escaped}"),
        format!("{rules}/set?by=group&group={escaped}2&role=Admin"),
        format!("{rules}/delete?by=name&group={escaped}&note={escaped}"),
        "/sites/acme/services".to_owned(),
        "/services".to_owned(),
        format!("/sign-in?code={escaped}"),
        format!("/{escaped}"),
    ] {
        chromium.go(&format!("{console}{path}")).await;
        let facts =
            "const links = [...document.querySelectorAll('[href^=\"javascript:\" i]')].length;
            return [window.ran || 0, links, document.images.length, document.title.includes('49')]";
        assert_eq!(chromium.run(facts).await, json!([0, 0, 0, false]), "{path}");
        let complaints = chromium.complaints().await;
        let policy = |line: &&String| !(line.contains(" 404 ") || line.contains(" 422 "));
        assert_eq!(complaints.iter().filter(policy).count(), 0, "{path}: {complaints:?}");
    }
    // What a refused form shows again.
    chromium.go(&format!("{console}/sites")).await;
    chromium.run("document.getElementById('name').removeAttribute('maxlength')").await;
    chromium.type_into("#name", SCRIPT).await;
    chromium.click("main form button").await;
    chromium.shows(".problem", "letters").await;
    assert_eq!(chromium.run("return window.ran || 0").await, json!(0));
    let complaints = chromium.complaints().await;
    assert!(complaints.iter().all(|line| line.contains(" 422 ")), "{complaints:?}");
    chromium.end().await;
}

/// A site in which everything that may be any text is a script, and the ids of somebody and of a group there.
async fn planted(house: &House) -> (Site<'_>, String, String) {
    let site = Site::new(house, "acme").await;
    site.another_token(SHORT).await;
    site.settings(UpdateScimSettingsRequest {
        user_name_assertion: Some(SCRIPT.to_owned()),
        protect_user_names: vec![SCRIPT.replace("ran", "protected")],
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let text = |text: &str| Value { kind: Some(value::Kind::Text(text.to_owned())) };
    let attributes =
        [("display_name".to_owned(), text(SCRIPT)), ("title".to_owned(), text(SCRIPT))];
    let profile = Profile { attributes: attributes.into() };
    let user = site.user_with(SCRIPT, profile).await.id;
    let known = json!([{"op": "replace", "path": "externalId", "value": SCRIPT}]);
    site.patch(&user, &known).await.expect(200);
    // What comes back in the words of a refusal.
    let role = json!([{"op": "replace", "path": "userType", "value": SCRIPT}]);
    site.patch(&user, &role).await.expect(200);
    let nowhere = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    site.get(&format!("/Users?filter=userName%20eqq%20%22{nowhere}%22")).await.expect(400);
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": SCRIPT,
        "members": [{"value": user}],
    });
    let group = site.push("POST", "/Groups").json(&group).send().await.expect(201);
    let group = group["id"].as_str().unwrap().to_owned();
    let request = SetGroupRuleRequest {
        site: site.name.clone(),
        group: Some(RuledGroup { by: Some(By::DisplayName(SCRIPT.to_owned())) }),
        role: Role::Admin.into(),
        options: None,
    };
    house.operator.groups().set_group_rule(request).await.unwrap();
    let options = Some(WriteOptions { reason: SCRIPT.to_owned(), ..WriteOptions::default() });
    let request = SetUserRoleRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        role: Role::Moderator.into(),
        options,
    };
    house.operator.users().set_user_role(request).await.unwrap();
    let request = PlaceHoldRequest {
        site: site.name.clone(),
        user_id: user.clone(),
        name: "legal".to_owned(),
        note: SCRIPT.to_owned(),
        ..PlaceHoldRequest::default()
    };
    house.operator.users().place_hold(request).await.unwrap();
    (site, user, group)
}
