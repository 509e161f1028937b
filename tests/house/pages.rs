//! The console as people see it: in a real browser, on a desk and in a hand, by day and by night, with and
//! without script. Where there is no Chromium nobody looks.
//!
//! `PROVOST_TEST_PICTURES=1` takes the pictures in `docs/console` anew.

mod by_provider;
mod furniture;
mod refused;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use provost_proto::v1::Role;
use regex::Regex;
use serde_json::{Value, json};

use crate::support::chromium::{Chromium, SCREENS, Screen};
use crate::support::{House, Site, in_one_house};

in_one_house!(
    joined,
    AllInOne,
    Sqlite,
    an_admin_sets_scim_up,
    everything_works_without_script,
    every_page_can_be_read_by_everybody
);
in_one_house!(split, Split, Sqlite, an_admin_sets_scim_up, everything_works_without_script);

async fn console(house: &House) -> String {
    format!("http://{}", house.console().await)
}

async fn sign_in(chromium: &Chromium, house: &House) {
    chromium.go(&console(house).await).await;
    chromium.type_into("#token", &house.operator_token).await;
    chromium.click("main button").await;
    chromium.shows("h1", "Sites").await;
}

async fn an_admin_sets_scim_up(house: &House) {
    let Some(chromium) = Chromium::start(true).await else { return };
    setting_up(&chromium, house).await;
    assert_eq!(chromium.complaints().await, [""; 0], "the policy stops nothing of ours");
    chromium.end().await;
}

async fn everything_works_without_script(house: &House) {
    let Some(chromium) = Chromium::start(false).await else { return };
    setting_up(&chromium, house).await;
    chromium.end().await;
}

/// From nothing to a request of an identity provider that is let in, and out again.
async fn setting_up(chromium: &Chromium, house: &House) {
    sign_in(chromium, house).await;
    chromium.type_into("#name", "acme").await;
    chromium.click("main form button").await;
    chromium.shows("h1", "SCIM").await;
    chromium.shows("main", "There is no token yet").await;

    chromium.click("label[for=allow_moderator_promotion]").await;
    chromium.click("button[value=preview]").await;
    let told = "Allow Moderator Promotion via a userType property: Off → On";
    chromium.shows("section.note", told).await;
    chromium.click("button[value=save]").await;
    chromium.shows(".good", "saved and in force").await;

    chromium.type_into("#token-name", "okta production").await;
    chromium.click("form.stack button").await;
    let value = chromium.text("#token-value").await;
    assert!(value.starts_with("provost_scim_"), "it is shown");
    let base = "/c/acme/auth/scim/v2".to_owned();
    let site = Site { house, name: "acme".to_owned(), base, token: value };

    chromium.click("nav a[href$=guides]").await;
    chromium.click("a[href$=onelogin]").await;
    chromium.shows("main", "/c/acme/auth/scim/v2").await;
    chromium.shows("section ul", "none yet").await;
    chromium.click("a[href*=since]").await;
    chromium.shows("section", "Waiting for a request").await;
    // Nobody presses anything here: the page looks again by itself.
    site.get("/Users").await.expect(200);
    chromium.shows("section .good", "Last request from the connection scim").await;

    chromium.click("nav a[href$=settings]").await;
    chromium.click("td a").await;
    chromium.click("button.danger").await;
    chromium.shows("table", "revoked").await;
    chromium.click("header button").await;
    chromium.shows("h1", "Sign in").await;
}

#[expect(clippy::too_many_lines, reason = "a line for each page")]
async fn every_page_can_be_read_by_everybody(house: &House) {
    let Some(chromium) = Chromium::start(true).await else { return };
    let axe = axe();
    let console = console(house).await;
    let looked = RefCell::new(Vec::new());
    let look = async |name: &str, path: &str| {
        looked.borrow_mut().push(path.to_owned());
        for screen in SCREENS {
            chromium.look_with(screen).await;
            chromium.go(&format!("{console}{path}")).await;
            seen(&chromium, axe.as_deref(), name, screen).await;
        }
    };
    look("sign-in", "/sign-in").await;
    look("sign-in-by-link", "/sign-in?code=x").await;
    for screen in SCREENS {
        chromium.look_with(screen).await;
        refused::SIGN_IN.look(&chromium, axe.as_deref(), &console, screen).await;
    }
    sign_in(&chromium, house).await;
    look("sites", "/sites").await;
    let site = Site::new(house, "acme").await;
    site.get("/Users").await.expect(200);
    look("settings", "/sites/acme/settings").await;
    look("settings-one-switch", "/sites/acme/settings?roles=one").await;
    look("connections", "/sites/acme/connections").await;
    look("connection", "/sites/acme/connections/scim").await;
    look("guides", "/sites/acme/guides").await;
    for guide in ["okta", "okta-sso", "entra", "onelogin"] {
        look(&format!("guide-{guide}"), &format!("/sites/acme/guides/{guide}")).await;
    }
    // When that was changes with each run, so there is no picture.
    chromium.go(&format!("{console}/sites/acme/guides/okta")).await;
    let wait = chromium.run("return document.querySelector('a[href*=since]').href").await;
    site.get("/Users").await.expect(200);
    for screen in SCREENS {
        chromium.look_with(screen).await;
        chromium.go(wait.as_str().unwrap()).await;
        chromium.shows("section .good", "while you waited").await;
        readable(&chromium, axe.as_deref(), "guide-asked", screen).await;
    }
    look("log-nothing", "/sites/acme/log?outcome=refused").await;
    look("people-empty", "/sites/acme/people").await;
    look("groups-empty", "/sites/acme/groups").await;
    look("site-services-empty", "/sites/acme/services").await;
    look("services-empty", "/services").await;
    let ada = site.user_as("ada@example.com", Role::Moderator).await;
    let service_token = furniture::service(house).await;
    let asked = json!([{"op": "replace", "value": {"active": false, "userType": "Admin"}}]);
    site.patch(&ada.id, &asked).await.expect(200);
    look("log", "/sites/acme/log").await;
    look("people", "/sites/acme/people").await;
    let person = format!("/sites/acme/people/{}", ada.id);
    look("person", &person).await;
    look("person-role", &format!("{person}/role")).await;
    look("person-activate", &format!("{person}/activate")).await;
    look("person-deactivate", &format!("{person}/deactivate")).await;
    look("person-hold", &format!("{person}/hold")).await;
    look("person-cutoff", &format!("{person}/cutoff")).await;
    site.push("POST", "/Groups")
        .json(&json!({"displayName": "Tour Guides", "members": [{"value": ada.id}]}))
        .send()
        .await
        .expect(201);
    look("groups", "/sites/acme/groups").await;
    look("group-new", "/sites/acme/groups/new").await;
    let listed = site.get("/Groups").await.expect(200);
    let group = format!("/sites/acme/groups/{}", listed["Resources"][0]["id"].as_str().unwrap());
    look("group", &group).await;
    look("group-rename", &format!("{group}/rename")).await;
    look("group-remove", &format!("{group}/remove?user={}", ada.id)).await;
    let bob = site.user("bob@example.com").await;
    look("group-add", &format!("{group}/add?user={}", bob.id)).await;
    furniture::hold(house, &bob.id).await;
    look("person-held", &format!("/sites/acme/people/{}", bob.id)).await;
    look("person-lift", &format!("/sites/acme/people/{}/lift?hold=security", bob.id)).await;
    look("person-role-set", &format!("/sites/acme/people/{}/role?role=Moderator", bob.id)).await;
    look("group-delete", &format!("{group}/delete")).await;
    look("rules-empty", "/sites/acme/groups/rules").await;
    look("rule-new", "/sites/acme/groups/rules/new").await;
    look("rule-unclear", "/sites/acme/groups/rules/set?by=group&group=Nobody&role=Admin").await;
    let grace = site.user("grace@example.com").await;
    let known_alike =
        json!([{"op": "add", "path": "emails", "value": [{"value": "bob@example.com"}]}]);
    site.patch(&grace.id, &known_alike).await.expect(200);
    look("group-add-several", &format!("{group}/add?who=bob%40example.com")).await;
    furniture::rule_for(house, "Crew").await;
    let rule = format!("by=id&group={}", moderators(&site, &[&ada.id, &grace.id]).await);
    site.promotions(true, false).await;
    let set = format!("/sites/acme/groups/rules/set?{rule}&role=Moderator");
    look("rule-set", &set).await;
    // A step that the switches don't admit.
    look("rule-set-closed", &format!("/sites/acme/groups/rules/set?{rule}&role=Admin")).await;
    chromium.go(&format!("{console}{set}")).await;
    chromium.click("main form button").await;
    chromium.shows("h1", "Site Moderators gives Moderator").await;
    // Nobody presses anything here: the page looks again by itself until they have.
    chromium.shows("main", "All roles have followed.").await;
    look("rules", "/sites/acme/groups/rules").await;
    look("rule", &format!("/sites/acme/groups/rules/rule?{rule}")).await;
    look("rule-delete", &format!("/sites/acme/groups/rules/delete?{rule}")).await;
    look("group-rename-moves", &format!("{group}/rename?name=Crew")).await;
    site.promotions(false, false).await;
    look("site-services", "/sites/acme/services").await;
    let remove = "/sites/acme/consumers/remove?consumer=follower&caller=service%3Abilling";
    look("consumer-remove", remove).await;
    look("grant-remove", "/sites/acme/services/billing/remove?version=1").await;
    look("services", "/services").await;
    look("service", "/services/billing").await;
    let revoke = format!("/services/billing/tokens/{service_token}/revoke");
    look("service-token-revoke", &revoke).await;
    look("nowhere", "/nowhere").await;
    // In the place of which each screen gets one of its own below.
    looked.borrow_mut().push("/sites/acme/tokens/1/revoke".to_owned());
    every_page_was_looked_at(&looked.into_inner());
    // What a form answers is a page too.
    for screen in SCREENS {
        chromium.look_with(screen).await;
        for form in refused::TAKEN {
            form.look(&chromium, axe.as_deref(), &console, screen).await;
        }
        chromium.go(&format!("{console}/sites/acme/settings")).await;
        chromium.run("document.getElementById('ledger_retention_days').value = 'soon'").await;
        chromium.click("button[value=save]").await;
        chromium.shows(".problem", "number of days").await;
        seen(&chromium, axe.as_deref(), "settings-refused", screen).await;
        chromium.go(&format!("{console}/sites/acme/settings")).await;
        chromium.click("label[for=allow_moderator_promotion]").await;
        chromium.click("label[for=allow_admin_promotion]").await;
        chromium.click("button[value=preview]").await;
        chromium.shows("section.note", "Off → On").await;
        seen(&chromium, axe.as_deref(), "settings-preview", screen).await;
        chromium.go(&format!("{console}/sites/acme/settings")).await;
        chromium.click("td a").await;
        chromium.shows("h1", "Revoke the token").await;
        seen(&chromium, axe.as_deref(), "revoke", screen).await;
        chromium.go(&format!("{console}/sites/acme/settings")).await;
        chromium.type_into("#token-name", screen.name).await;
        chromium.click("form.stack button").await;
        chromium.shows("h1", "is made").await;
        // No picture: a secret is in it.
        readable(&chromium, axe.as_deref(), "token-made", screen).await;
    }
    assert_eq!(chromium.complaints().await, [""; 0]);
    chromium.end().await;
}

/// What `by_provider.rs` looks at, and what is no page.
const ELSEWHERE: [&str; 5] = [
    "/",
    "/sign-in/site",
    "/sign-in/{site}/callback",
    "/sites/{site}/tokens/{token}/show",
    "/assets/{name}",
];

/// A page that is added to the console is looked at as well, and has its pictures.
fn every_page_was_looked_at(looked: &[String]) {
    let mut ways: Vec<_> = looked.iter().map(|path| path.split('?').next().unwrap()).collect();
    let routes = include_str!("../../console/src/pages.rs").split(".route(").skip(1);
    let routes = routes.filter(|route| route.contains("get("));
    let mut routes: Vec<_> = routes.map(|route| route.split('"').nth(1).unwrap()).collect();
    let braces = Regex::new(r"\{[a-z]+\}").unwrap();
    let parts = |pattern: &str| Regex::new(&format!("^{pattern}$")).unwrap();
    // Words before what stands for any, as the router has it.
    routes.sort_by_key(|route| route.matches('{').count());
    for route in routes.into_iter().filter(|route| !ELSEWHERE.contains(route)) {
        let pattern = parts(&braces.replace_all(route, "[^/]+"));
        let before = ways.len();
        ways.retain(|way| !pattern.is_match(way));
        assert!(ways.len() < before, "nobody looks at {route}");
    }
}

/// A group of these users, by its id.
async fn moderators(site: &Site<'_>, users: &[&str]) -> String {
    let members: Vec<_> = users.iter().map(|id| json!({"value": id})).collect();
    let group = json!({"displayName": "Site Moderators", "members": members});
    let made = site.push("POST", "/Groups").json(&group).send().await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn seen(chromium: &Chromium, axe: Option<&str>, name: &str, screen: Screen) {
    readable(chromium, axe, name, screen).await;
    // A page of an address that changes with every run would be another picture each time.
    if std::env::var_os("PROVOST_TEST_PICTURES").is_some() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/console");
        fs::create_dir_all(&folder).unwrap();
        let picture = chromium.picture().await;
        fs::write(folder.join(format!("{name}-{}.webp", screen.name)), picture).unwrap();
    }
}

/// Nothing that axe knows is wrong, and nothing is wider than the screen.
async fn readable(chromium: &Chromium, axe: Option<&str>, name: &str, screen: Screen) {
    let wide = "return document.documentElement.scrollWidth - window.innerWidth";
    let wide = chromium.run(wide).await.as_i64().unwrap();
    assert!(wide <= 0, "{name} {}: {wide} pixels stand out", screen.name);
    // What a refusal is told of in the console of the browser is no complaint about the page.
    let complaints = chromium.complaints().await;
    let is_refusal = |line: &str| line.contains(" 403 ") || line.contains(" 422 ");
    let own = |line: &&String| !(name == "nowhere" || is_refusal(line));
    assert_eq!(complaints.iter().filter(own).count(), 0, "{name}: {complaints:?}");
    let Some(axe) = axe else { return };
    chromium.run(axe).await;
    let run = "const done = arguments[arguments.length - 1];
        axe.run().then(found => done(found.violations.map(it =>
            it.id + ': ' + it.nodes.map(node => node.html).join(' | '))))";
    let found = chromium.run_async(run).await;
    assert_eq!(found, Value::Array(Vec::new()), "{name} {}", screen.name);
}

/// axe-core, which `scripts/test` fetches.
fn axe() -> Option<String> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let path = target.join("axe/node_modules/axe-core/axe.min.js");
    let found = fs::read_to_string(&path).ok();
    if found.is_none() {
        eprintln!("{} is missing: nobody asks axe about the console", path.display());
    }
    found
}
