//! The console: what an admin does in a browser, and what strangers try there.

use std::collections::BTreeMap;

use provost_proto::v1::{
    GetScimSettingsRequest, KnownUserPolicy, Role, ScimSettings, StatusAuthority,
    UpdateScimSettingsRequest,
};
use regex::Regex;
use serde_json::json;

use crate::support::browser::{Browser, Origin, fields_of, hidden_form};
use crate::support::{House, Site, in_every_house};

in_every_house!(
    the_operator_signs_in_and_out,
    a_link_signs_in_once,
    a_wrong_token_opens_no_page,
    settings_are_saved_all_or_nothing,
    what_saving_would_change_is_shown_and_not_done,
    whom_the_next_sync_would_change_is_said_before,
    somebody_else_s_change_is_not_overwritten_unseen,
    what_the_law_says_stands_beside_the_field,
    one_switch_is_both,
    scim_is_offered_once_there_is_single_sign_on,
    a_token_is_shown_once_and_opens_the_site_until_it_is_revoked,
    tokens_are_shown_page_by_page,
    a_connection_is_understood_as_its_page_says,
    a_guide_has_the_values_of_the_site_and_its_last_request,
    a_guide_turns_green_when_the_test_is_pressed,
    a_site_is_made,
    pages_of_others_change_nothing,
    names_are_text_and_never_markup,
    no_answer_can_be_framed_kept_or_scripted_by_others,
);

async fn browser(house: &House) -> Browser {
    Browser::at(house.console().await)
}

async fn signed_in(house: &House) -> Browser {
    Browser::of_operator(house).await
}

async fn settings(house: &House, site: &str) -> ScimSettings {
    let request = GetScimSettingsRequest { site: site.to_owned(), ..Default::default() };
    let found = house.operator.sites().get_scim_settings(request).await.unwrap();
    found.into_inner().settings.unwrap()
}

fn pairs(fields: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

const SETTINGS: &str = "/sites/default/settings";

async fn the_operator_signs_in_and_out(house: &House) {
    let mut browser = browser(house).await;
    let turned_away = browser.get("/sites").await;
    let page = browser.follow(&turned_away).await;
    assert!(page.text().contains("Operator token"), "{}", page.text());

    let sent = browser.post("/sign-in", &[("token", &format!(" {} ", house.operator_token))]).await;
    let cookie = sent.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-provost-session=provost_ses_"), "{}", cookie.len());
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(attribute), "{attribute}");
    }
    assert!(!cookie.contains("Domain") && !cookie.contains(&house.operator_token));
    let page = browser.follow(&sent).await;
    assert!(page.text().contains("/sites/default/settings"), "{}", page.text());
    assert!(!page.text().contains("provost_"), "no secret is in a page");

    let kept = browser.cookie.clone();
    let out = browser.post("/sign-out", &[]).await;
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    // What somebody has copied of it is worth nothing either.
    browser.cookie = kept;
    let ended = browser.get("/sites").await;
    let page = browser.follow(&ended).await;
    assert!(page.text().contains("Your session has ended"), "{}", page.text());
    assert_eq!(browser.cookie, None);
}

async fn a_link_signs_in_once(house: &House) {
    let code = house.sign_in_code().await;
    if code.is_empty() {
        // A core alone knows of no console.
        return;
    }
    let mut browser = browser(house).await;
    // Whatever opens it first uses nothing up.
    for _ in 0..2 {
        let page = browser.get(&format!("/sign-in?code={code}")).await;
        assert!(page.text().contains("signs you in once"), "{}", page.text());
    }
    let sent = browser.post("/sign-in", &[("code", &code)]).await;
    assert_eq!(browser.follow(&sent).await.status, 200);
    let again = Browser::at(house.console().await).post("/sign-in", &[("code", &code)]).await;
    assert_eq!(again.status, 403);
    assert!(again.text().contains("was used already"), "{}", again.text());
}

async fn a_wrong_token_opens_no_page(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = browser(house).await;
    for token in ["wrong", "", "provost_op_", &site.token, "with space", "line\nbreak", "ümlaut"] {
        let sent = browser.post("/sign-in", &[("token", token)]).await;
        assert_eq!((sent.status, sent.header("set-cookie")), (403, None), "{token}");
    }
    for cookie in ["x", "provost_ses_00", &house.operator_token, &site.token, "\"", "a b"] {
        browser.cookie = Some(format!("__Host-provost-session={cookie}"));
        let page = browser.get(SETTINGS).await;
        assert_eq!(page.status, 303, "{cookie}: {}", page.text());
    }
    // Nobody gets in by what another host set: it lacks the prefix that browsers guard.
    let mut signed_in = signed_in(house).await;
    let stolen = signed_in.cookie.take().unwrap().replace("__Host-", "");
    signed_in.cookie = Some(stolen);
    assert_eq!(signed_in.get(SETTINGS).await.status, 303);
    let mut throttled = Vec::new();
    for _ in 0..80 {
        let answer = browser.post("/sign-in", &[("token", "wrong")]).await;
        throttled.extend((answer.status == 429).then_some(answer));
    }
    assert!(throttled.len() > 10, "{}", throttled.len());
    let told = &throttled[0];
    assert!(
        told.header("content-security-policy").is_some() && told.header("retry-after").is_some()
    );
    assert_eq!(told.header("cache-control"), Some("no-store"));
    assert_eq!(told.header("x-frame-options"), Some("DENY"));
    // Whose session has ended is told so, and their browser forgets it.
    browser.cookie = Some("__Host-provost-session=provost_ses_00".to_owned());
    let ended = browser.get(SETTINGS).await;
    assert!(ended.header("set-cookie").unwrap().contains("Max-Age=0"), "{}", ended.status);
}

async fn settings_are_saved_all_or_nothing(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let mut fields = fields_of(&page, "settings");
    assert_eq!(fields["enabled"], "on");
    assert!(!fields.contains_key("allow_moderator_promotion"), "{fields:?}");
    // What is not touched changes nothing.
    let before = settings(house, "default").await;
    browser.post(SETTINGS, &pairs(&fields)).await;
    assert_eq!(settings(house, "default").await, before);

    for (name, value) in [
        ("allow_moderator_promotion", "on"),
        ("user_name_assertion", "Display Name Assertion"),
        ("creation", "create"),
        ("known_users", "link"),
        ("deletion", "deactivate"),
        ("refusals", "reject"),
        ("status_authority", "directory"),
        ("protected_user_names", "root@example.com\r\nbreak-glass"),
        ("ledger_retention_days", "400"),
        ("then", "save"),
    ] {
        fields.insert(name.to_owned(), value.to_owned());
    }
    let saved = browser.post(SETTINGS, &pairs(&fields)).await;
    let page = browser.follow(&saved).await.text();
    assert!(page.contains("The settings are saved and in force."), "{page}");
    let after = settings(house, "default").await;
    assert_eq!(after.version, before.version + 1);
    assert!(after.allow_moderator_promotion && !after.allow_admin_promotion && after.enabled);
    let mut protected = after.protected_user_names.clone();
    protected.sort();
    assert_eq!(protected, ["break-glass", "root@example.com"]);
    assert_eq!(after.ledger_retention_days, 400);
    assert_eq!(after.known_users(), KnownUserPolicy::Link);
    // The page shows what is in force.
    let mut shown = fields_of(&page, "settings");
    fields.remove("then");
    fields.insert("version".to_owned(), after.version.to_string());
    for fields in [&mut fields, &mut shown] {
        let names = fields.get_mut("protected_user_names").unwrap();
        let mut sorted: Vec<_> = names.lines().map(str::to_owned).collect();
        sorted.sort();
        *names = sorted.join("\n");
    }
    assert_eq!(shown, fields);
}

async fn what_saving_would_change_is_shown_and_not_done(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let mut fields = fields_of(&page, "settings");
    fields.insert("enabled".to_owned(), "off".to_owned());
    fields.insert("then".to_owned(), "preview".to_owned());
    let before = settings(house, "default").await;
    let page = browser.post(SETTINGS, &pairs(&fields)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("SCIM: On → <strong>Off</strong>"), "{}", page.text());
    assert_eq!(settings(house, "default").await, before);
    assert_eq!(fields_of(&page.text(), "settings")["enabled"], "off", "what was typed stays");
}

async fn whom_the_next_sync_would_change_is_said_before(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = signed_in(house).await;
    let settings = UpdateScimSettingsRequest {
        status_authority: StatusAuthority::Local.into(),
        ..UpdateScimSettingsRequest::default()
    };
    site.settings(settings).await;
    let [ada, bob, eve] = [
        site.user("ada@example.com").await,
        site.user_as("bob@example.com", Role::Moderator).await,
        site.user("eve@example.com").await,
    ];
    for (user, role, active) in [(&ada, "Admin", false), (&bob, "Registered", true)] {
        let asked = json!([
            {"op": "replace", "path": "userType", "value": role},
            {"op": "replace", "path": "active", "value": active},
        ]);
        site.patch(&user.id, &asked).await.expect(200);
    }
    let mut preview = async |name: &str, value: &str| {
        let page = browser.get("/sites/acme/settings").await.text();
        let mut fields = fields_of(&page, "settings");
        fields.insert(name.to_owned(), value.to_owned());
        fields.insert("then".to_owned(), "preview".to_owned());
        let page = browser.post("/sites/acme/settings", &pairs(&fields)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.text();
        page[page.find("aria-label=\"What saving would change\"").unwrap()..]
            .split("</section>")
            .next()
            .unwrap()
            .to_owned()
    };
    let told = preview("allow_admin_promotion", "on").await;
    let promoted = format!("{}\">ada@example.com</a>: promoted from Registered to Admin<", ada.id);
    assert!(told.contains(&promoted) && !told.contains("bob@"), "{told}");
    let told = preview("allow_moderator_promotion", "on").await;
    assert!(told.contains("bob@example.com</a>") && told.contains("is not known"), "{told}");
    assert!(!told.contains("ada@"), "{told}");
    let told = preview("status_authority", "both").await;
    assert!(told.contains("ada@example.com</a>: deactivated<") && !told.contains("bob@"), "{told}");
    let told = preview("user_name_assertion", "NameID").await;
    assert!(told.contains("Of nobody it is known"), "{told}");
    // Nothing of it was done.
    for user in [&ada, &bob, &eve] {
        let now = site.stored(&user.id).await;
        assert_eq!((now.role, now.active), (user.role, user.active));
    }
}

async fn somebody_else_s_change_is_not_overwritten_unseen(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let mut fields = fields_of(&page, "settings");
    fields.insert("user_name_assertion".to_owned(), "mine".to_owned());
    house
        .operator
        .sites()
        .update_scim_settings(UpdateScimSettingsRequest {
            user_name_assertion: Some("theirs".to_owned()),
            ..UpdateScimSettingsRequest::default()
        })
        .await
        .unwrap();
    let told = browser.post(SETTINGS, &pairs(&fields)).await;
    assert_eq!(told.status, 409);
    let page = told.text();
    assert!(page.contains("Somebody else has changed these settings"), "{page}");
    assert!(page.contains("<span class=\"mark\">theirs</span>"), "{page}");
    assert_eq!(settings(house, "default").await.user_name_assertion, "theirs");
    // Knowing that, mine is saved.
    let fields = fields_of(&page, "settings");
    assert_eq!(fields["user_name_assertion"], "mine");
    let saved = browser.post(SETTINGS, &pairs(&fields)).await;
    assert_eq!(browser.follow(&saved).await.status, 200);
    assert_eq!(settings(house, "default").await.user_name_assertion, "mine");
}

async fn what_the_law_says_stands_beside_the_field(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let before = settings(house, "default").await;
    for (name, value, told) in [
        ("ledger_retention_days", "36501", "ledger_retention_days-problem"),
        ("ledger_retention_days", "soon", "ledger_retention_days-problem"),
        ("user_name_assertion", &"x".repeat(300), "user_name_assertion-problem"),
        ("creation", "sometimes", "creation-problem"),
    ] {
        let mut fields = fields_of(&page, "settings");
        fields.insert(name.to_owned(), value.to_owned());
        fields.insert("allow_admin_promotion".to_owned(), "on".to_owned());
        let refused = browser.post(SETTINGS, &pairs(&fields)).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.text());
        assert!(refused.text().contains(&format!("id=\"{told}\"")), "{name}: {}", refused.text());
        assert_eq!(settings(house, "default").await, before, "nothing of it is saved");
    }
}

async fn one_switch_is_both(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(&format!("{SETTINGS}?roles=one")).await.text();
    let mut fields = fields_of(&page, "settings");
    fields.insert("manage_user_roles".to_owned(), "on".to_owned());
    let saved = browser.post(SETTINGS, &pairs(&fields)).await;
    let page = browser.follow(&saved).await.text();
    let after = settings(house, "default").await;
    assert!(after.allow_moderator_promotion && after.allow_admin_promotion);
    assert_eq!(fields_of(&page, "settings")["manage_user_roles"], "on");
}

async fn scim_is_offered_once_there_is_single_sign_on(house: &House) {
    let mut browser = signed_in(house).await;
    house
        .operator
        .sites()
        .update_scim_settings(UpdateScimSettingsRequest {
            enabled: Some(false),
            single_sign_on: Some(false),
            ..UpdateScimSettingsRequest::default()
        })
        .await
        .unwrap();
    let page = browser.get(SETTINGS).await.text();
    assert!(page.contains("offered once single sign-on is set up"), "{page}");
    let mut fields = fields_of(&page, "settings");
    assert!(!fields.contains_key("enabled"), "{fields:?}");
    fields.insert("single_sign_on".to_owned(), "on".to_owned());
    let saved = browser.post(SETTINGS, &pairs(&fields)).await;
    let page = browser.follow(&saved).await.text();
    assert_eq!(fields_of(&page, "settings")["enabled"], "off", "{page}");
    let after = settings(house, "default").await;
    assert!(after.single_sign_on && !after.enabled);
}

async fn a_token_is_shown_once_and_opens_the_site_until_it_is_revoked(house: &House) {
    let mut site = Site::new(house, "acme").await;
    let mut browser = signed_in(house).await;
    let page = browser.get("/sites/acme/settings").await.text();
    let token_id =
        &Regex::new(r#"name="token_id" value="([^"]+)""#).unwrap().captures(&page).unwrap()[1];
    let form = [("token_id", token_id), ("name", "okta production"), ("expires", "90")];
    let made = browser.post("/sites/acme/tokens", &form).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let value = Regex::new("provost_scim_[0-9a-f]{64}").unwrap();
    let value = value.find(&made.text()).unwrap().as_str().to_owned();
    site.token.clone_from(&value);
    site.get("/Users").await.expect(200);
    // Sent again, as by a reload, it makes no other and shows none.
    let again = browser.post("/sites/acme/tokens", &form).await.text();
    assert!(!again.contains("provost_scim_") && again.contains("came first"), "{again}");
    let page = browser.get("/sites/acme/settings").await.text();
    assert!(page.contains("okta production") && !page.contains("provost_scim_"), "{page}");
    assert_eq!(page.matches("okta production</th>").count(), 1, "{page}");

    let revoke = format!("/sites/acme/tokens/{token_id}/revoke");
    let asked = browser.get(&revoke).await.text();
    assert!(asked.contains("Revoke the token okta production?"), "{asked}");
    let revoked = browser.post(&revoke, &[]).await;
    assert_eq!(browser.follow(&revoked).await.status, 200);
    crate::support::until("the token opens nothing", async || {
        (site.get("/Users").await.status == 401).then_some(())
    })
    .await;
    // What can't be read is no lifetime, and least of all an endless one.
    let form = [("token_id", ""), ("name", "endless"), ("expires", "a year")];
    let refused = browser.post("/sites/acme/tokens", &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("whole number"), "{}", refused.text());
    // A weak one of one's own is told so.
    let form = [("token_id", ""), ("name", "weak"), ("value", "too short")];
    let refused = browser.post("/sites/acme/tokens", &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("24 characters"), "{}", refused.text());
    assert!(!refused.text().contains("too short\""), "what was typed does not come back");
}

async fn tokens_are_shown_page_by_page(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = signed_in(house).await;
    for number in 0..30 {
        site.another_token(&format!("token-{number:02}")).await;
    }
    let name = Regex::new("<th scope=\"row\">([^<]+)</th>").unwrap();
    let names = |page: &str| -> Vec<String> {
        name.captures_iter(page).map(|found| found[1].to_owned()).collect()
    };
    let page = browser.get("/sites/acme/settings").await.text();
    let newest = names(&page);
    assert_eq!((newest.len(), newest[0].as_str()), (25, "token-29"), "{newest:?}");
    let older = Regex::new("href=\"([^\"]+)#tokens\">Older tokens<").unwrap();
    let older = older.captures(&page).unwrap()[1].to_owned();
    let page = browser.get(&older).await.text();
    let rest = names(&page);
    assert_eq!((rest.len(), rest[5].as_str()), (6, "first"), "{rest:?}");
    assert!(!page.contains("Older tokens"), "{page}");
    // One of any page can be revoked.
    let revoke = Regex::new("href=\"([^\"]+)\">Revoke<span class=\"skip\"> first<").unwrap();
    let revoke = revoke.captures(&page).unwrap()[1].to_owned();
    let asked = browser.get(&revoke).await.text();
    assert!(asked.contains("Revoke the token first?"), "{asked}");
}

async fn a_connection_is_understood_as_its_page_says(house: &House) {
    let site = Site::default_of(house);
    let user = site.user("ada@example.com").await;
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    assert!(page.contains("/sites/default/connections"), "{page}");
    assert!(!page.contains("A connection of this site is strict"), "{page}");
    let list = browser.get("/sites/default/connections").await.text();
    assert!(list.contains("auto"), "{list}");
    let path = "/sites/default/connections/scim";
    let shown = browser.get(path).await.text();
    let (_, hidden) = hidden_form(&shown);
    assert!(hidden.contains(&("version".to_owned(), "1".to_owned())), "{hidden:?}");
    assert!(shown.contains(r#"value="auto" selected"#), "{shown}");
    let form = |dialect| [("version", "1"), ("dialect", dialect)];
    let saved = browser.post(path, &form("strict")).await;
    assert_eq!(saved.status, 303);
    let list = browser.follow(&saved).await.text();
    assert!(list.contains("The connection is saved") && list.contains("strict"), "{list}");
    site.patch(&user.id, &json!([{"op": "replace", "value": {"title": "x"}}])).await.refusal(400);
    let page = browser.get(SETTINGS).await.text();
    assert!(
        page.contains("A connection of this site is strict: through it, users are deleted"),
        "{page}"
    );
    // Against the version that was shown.
    let outdated = browser.post(path, &form("auto")).await;
    assert_eq!(outdated.status, 422);
    assert!(outdated.text().contains("has version 2, not 1"), "{}", outdated.text());
    assert_eq!(browser.get("/sites/default/connections/nobody").await.status, 404);
    let log = browser.get("/sites/default/log").await.text();
    assert!(log.contains("connection scim: dialect auto → strict"), "{log}");
}

async fn a_guide_has_the_values_of_the_site_and_its_last_request(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = signed_in(house).await;
    for guide in ["okta", "okta-sso", "entra", "onelogin"] {
        let page = browser.get(&format!("/sites/acme/guides/{guide}")).await;
        assert_eq!(page.status, 200, "{guide}: {}", page.text());
        assert!(page.text().contains("/c/acme/auth/scim/v2</code>"), "{guide}: {}", page.text());
    }
    let page = browser.get("/sites/acme/guides/okta").await.text();
    assert!(page.contains("none yet"), "{page}");
    site.get("/Users").await.expect(200);
    let page = browser.get("/sites/acme/guides/okta").await.text();
    assert!(!page.contains("none yet") && page.contains("Last request"), "{page}");
    assert!(!page.contains("while you waited"), "nobody waited: {page}");
    assert_eq!(browser.get("/sites/acme/guides/other").await.status, 404);
    assert_eq!(browser.get("/sites/nowhere/guides").await.status, 404);
}

async fn a_guide_turns_green_when_the_test_is_pressed(house: &House) {
    const GUIDE: &str = "/sites/acme/guides/okta";
    let site = Site::new(house, "acme").await;
    let mut browser = signed_in(house).await;
    // It looks again by itself only where somebody waits.
    let page = browser.get(GUIDE).await;
    assert_eq!(page.header("refresh"), None);
    let wait = Regex::new("href=\"([?]since=([0-9]+))\">Wait").unwrap();
    let page = page.text();
    let wait = wait.captures(&page).unwrap_or_else(|| panic!("{page}"));
    let (waiting, since) = (format!("{GUIDE}{}", &wait[1]), wait[2].parse::<i64>().unwrap());
    for _ in 0..2 {
        let page = browser.get(&waiting).await;
        assert_eq!(page.header("refresh"), Some("5"));
        let page = page.text();
        assert!(page.contains("Waiting for a request") && page.contains("none yet"), "{page}");
        assert!(!page.contains("class=\"good\""), "{page}");
    }
    // A wrong token is not let in, and never comes here.
    site.push("GET", "/Users").header("Authorization", "Bearer wrong").send().await.expect(401);
    assert_eq!(browser.get(&waiting).await.header("refresh"), Some("5"));
    site.get("/Users?filter=userName%20eq%20%22test%22&startIndex=1&count=1").await.expect(200);
    let page = browser.get(&waiting).await;
    assert_eq!(page.header("refresh"), None, "it has come");
    let page = page.text();
    assert!(
        page.contains("<p class=\"good\" role=\"status\">Last request from the connection"),
        "{page}"
    );
    assert!(page.contains("while you waited") && !page.contains("Waiting for"), "{page}");
    // What came before is not what is waited for, and nobody waits for ever.
    for (since, refresh) in [
        (since + 600, Some("5")),
        (since - 25 * 60, None),
        (0, None),
        (i64::MAX, None),
        (i64::MIN, None),
    ] {
        let page = browser.get(&format!("{GUIDE}?since={since}")).await;
        assert_eq!((page.status, page.header("refresh")), (200, refresh), "{since}");
        assert!(!page.text().contains("while you waited"), "{since}");
    }
}

async fn a_site_is_made(house: &House) {
    let mut browser = signed_in(house).await;
    let made = browser.post("/sites", &[("name", "globex")]).await;
    assert_eq!(made.header("location"), Some("/sites/globex/settings"));
    assert!(browser.follow(&made).await.text().contains("There is no token yet"));
    for (name, told) in [("globex", "exists"), ("No Name", "letters")] {
        let refused = browser.post("/sites", &[("name", name)]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains(told), "{}", refused.text());
        assert!(refused.text().contains(&format!("value=\"{name}\"")), "what was typed stays");
    }
}

async fn pages_of_others_change_nothing(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let mut fields = fields_of(&page, "settings");
    fields.insert("enabled".to_owned(), "off".to_owned());
    let before = settings(house, "default").await;
    let forms: [(&str, Vec<(&str, &str)>); 5] = [
        (SETTINGS, pairs(&fields)),
        ("/sites", vec![("name", "evil")]),
        ("/sites/default/tokens", vec![("token_id", ""), ("name", "evil")]),
        ("/sign-out", vec![]),
        ("/sign-in", vec![("token", &house.operator_token)]),
    ];
    for (path, form) in forms {
        let cookie = browser.cookie.clone();
        let answer = browser.post_from(Origin::Other, path, &form).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("did not come from the console"), "{}", answer.text());
        assert_eq!(browser.cookie, cookie, "{path}");
    }
    assert_eq!(settings(house, "default").await, before);
    assert_eq!(browser.get("/sites/evil/settings").await.status, 404);
    assert!(!browser.get(SETTINGS).await.text().contains("evil"));
    // A session that somebody put into a browser is not the one that it has afterwards.
    let before = browser.cookie.clone();
    browser.sign_in(&house.operator_token).await;
    assert_ne!(browser.cookie, before);
    let mut fixed = Browser::at(house.console().await);
    fixed.cookie = before;
    assert_eq!(fixed.get(SETTINGS).await.status, 303, "the old one is over");
    // A browser that says no more than the origin is believed, and one that hides it is not.
    for (origin, status) in [(Origin::SameTold, 303), (Origin::Hidden, 403)] {
        let answer =
            browser.post_from(origin, SETTINGS, &pairs(&fields_of(&page, "settings"))).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // Nothing is changed by reading.
    assert_eq!(browser.get("/sign-out").await.status, 405);
}

async fn names_are_text_and_never_markup(house: &House) {
    const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let mut fields = fields_of(&page, "settings");
    for name in ["user_name_assertion", "protected_user_names"] {
        fields.insert(name.to_owned(), SCRIPT.to_owned());
    }
    let saved = browser.post(SETTINGS, &pairs(&fields)).await;
    let mut pages = vec![browser.follow(&saved).await.text()];
    let form = [("token_id", ""), ("name", SCRIPT)];
    pages.push(browser.post("/sites/default/tokens", &form).await.text());
    pages.push(browser.get(SETTINGS).await.text());
    pages.push(browser.get("/sites/default/guides/okta").await.text());
    pages.push(browser.post("/sites", &[("name", SCRIPT)]).await.text());
    pages.push(browser.get("/sign-in?code=%3Cscript%3Ealert(1)%3C/script%3E").await.text());
    for page in pages {
        assert!(page.contains("alert(1)"), "it is shown: {page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
}

async fn no_answer_can_be_framed_kept_or_scripted_by_others(house: &House) {
    let mut browser = signed_in(house).await;
    let page = browser.get(SETTINGS).await.text();
    let asset = |end: &str| {
        let found = Regex::new(&format!(r#""(/assets/[^"]+{end})""#)).unwrap();
        found.captures(&page).unwrap()[1].to_owned()
    };
    let assets = [asset(".css"), asset(".js"), asset(".svg")];
    let mut paths = vec!["/", "/sites", SETTINGS, "/nowhere", "/sign-in", "/assets/other.css"];
    paths.extend(assets.iter().map(String::as_str));
    for path in paths {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}"));
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let kept = answer.header("cache-control").unwrap();
        let is_asset = answer.status == 200 && path.starts_with("/assets/");
        assert_eq!(kept.contains("immutable"), is_asset, "{path}: {kept}");
        assert_eq!(kept == "no-store", !is_asset, "{path}: {kept}");
    }
    // No style or script stands in a page, so that the policy stops none of ours.
    assert!(!page.contains("<style") && !page.contains(" style="), "{page}");
    assert!(!Regex::new(r"<script(?: [^>]*)?>[^<]").unwrap().is_match(&page), "{page}");
    assert!(!Regex::new(r"\son[a-z]+=").unwrap().is_match(&page), "{page}");
    assert!(page.len() < 60 * 1024, "{}", page.len());
    let too_much = "x".repeat(300 * 1024);
    assert_eq!(browser.post("/sites", &[("name", &too_much)]).await.status, 413);
}
