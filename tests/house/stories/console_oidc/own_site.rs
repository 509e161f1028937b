//! What an Admin finds in the console: every page of their own site, and of another one nothing, whichever
//! address they type and whichever form they send.

use std::collections::{BTreeMap, BTreeSet};

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    CreateConnectionRequest, CreateTokenRequest, Event, ListEventsRequest, Permission, Role,
    RuledGroup, SetGroupRuleRequest, grant,
};
use regex::Regex;
use serde_json::json;
use uuid::Uuid;

use super::signed_in;
use crate::support::admins::user;
use crate::support::browser::{Browser, fields_of};
use crate::support::foreign_provider::ForeignProvider;
use crate::support::{Answer, House, Site};

/// A request: method, route as the console writes it, what is asked for there, and the form. What is in braces is
/// of a site; `{here}` is a group of the Admin's own.
type PageRequest = (&'static str, &'static str, &'static str, &'static str);

const PERSON_FORM: &str = "version=1&note=mine&hold=security&role=Admin";
const RULE_FORM: &str = "version=1&by=id&group={group}&role=Admin";
const GROUP_FORM: &str = "version=1&name=mine&user={user}";
const CONNECTION_FORM: &str = "version=1&dialect=strict";

#[rustfmt::skip]
const PAGES: &[PageRequest] = &[
    ("GET", "/sites/{site}/settings", "/sites/{site}/settings", ""),
    ("GET", "/sites/{site}/settings", "/sites/{site}/settings?roles=one", ""),
    ("POST", "/sites/{site}/settings", "/sites/{site}/settings", "version=1&then=save"),
    ("POST", "/sites/{site}/settings", "/sites/{site}/settings", "version=1&then=preview"),
    ("POST", "/sites/{site}/tokens", "/sites/{site}/tokens", "token_id=&name=mine"),
    ("GET", "/sites/{site}/tokens/{token}/revoke", "/sites/{site}/tokens/{token}/revoke", ""),
    ("POST", "/sites/{site}/tokens/{token}/revoke", "/sites/{site}/tokens/{token}/revoke", ""),
    ("GET", "/sites/{site}/tokens/{token}/show", "/sites/{site}/tokens/{token}/show", ""),
    ("POST", "/sites/{site}/tokens/{token}/show", "/sites/{site}/tokens/{token}/show", ""),
    ("GET", "/sites/{site}/connections", "/sites/{site}/connections", ""),
    ("GET", "/sites/{site}/connections", "/sites/{site}/connections?saved", ""),
    ("GET", "/sites/{site}/connections/{connection}", "/sites/{site}/connections/{connection}", ""),
    ("POST", "/sites/{site}/connections/{connection}", "/sites/{site}/connections/{connection}", CONNECTION_FORM),
    ("GET", "/sites/{site}/guides", "/sites/{site}/guides", ""),
    ("GET", "/sites/{site}/guides/{guide}", "/sites/{site}/guides/okta", ""),
    ("GET", "/sites/{site}/guides/{guide}", "/sites/{site}/guides/entra", ""),
    ("GET", "/sites/{site}/log", "/sites/{site}/log", ""),
    ("GET", "/sites/{site}/log", "/sites/{site}/log?user={user}", ""),
    ("GET", "/sites/{site}/log", "/sites/{site}/log?user={name}", ""),
    ("GET", "/sites/{site}/log", "/sites/{site}/log?caller=service%3A{service}", ""),
    ("GET", "/sites/{site}/people", "/sites/{site}/people", ""),
    ("GET", "/sites/{site}/people", "/sites/{site}/people?q={user}", ""),
    ("GET", "/sites/{site}/people", "/sites/{site}/people?q={name}", ""),
    ("GET", "/sites/{site}/people", "/sites/{site}/people?begins&q={name}", ""),
    ("GET", "/sites/{site}/people/{id}", "/sites/{site}/people/{user}", ""),
    ("GET", "/sites/{site}/people/{id}/cutoff", "/sites/{site}/people/{user}/cutoff", ""),
    ("GET", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/activate", ""),
    ("GET", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/deactivate", ""),
    ("GET", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/hold", ""),
    ("GET", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/lift?hold=security", ""),
    ("GET", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/role?role=Admin", ""),
    ("POST", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/activate", PERSON_FORM),
    ("POST", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/deactivate", PERSON_FORM),
    ("POST", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/hold", PERSON_FORM),
    ("POST", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/lift", PERSON_FORM),
    ("POST", "/sites/{site}/people/{id}/{action}", "/sites/{site}/people/{user}/role", PERSON_FORM),
    ("GET", "/sites/{site}/groups", "/sites/{site}/groups", ""),
    ("GET", "/sites/{site}/groups", "/sites/{site}/groups?q={group}", ""),
    ("POST", "/sites/{site}/groups", "/sites/{site}/groups", "request_id=&name=mine&external_id="),
    ("GET", "/sites/{site}/groups/new", "/sites/{site}/groups/new", ""),
    ("GET", "/sites/{site}/groups/{id}", "/sites/{site}/groups/{group}", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/rename", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/add?who={name}", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/remove?user={user}", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/delete", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{here}/add?user={user}", ""),
    ("GET", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{here}/add?who={name}", ""),
    ("POST", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/rename", GROUP_FORM),
    ("POST", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/add", GROUP_FORM),
    ("POST", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/remove", GROUP_FORM),
    ("POST", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{group}/delete", GROUP_FORM),
    ("POST", "/sites/{site}/groups/{id}/{action}", "/sites/{site}/groups/{here}/add", GROUP_FORM),
    ("GET", "/sites/{site}/groups/rules", "/sites/{site}/groups/rules", ""),
    ("GET", "/sites/{site}/groups/rules/new", "/sites/{site}/groups/rules/new", ""),
    ("GET", "/sites/{site}/groups/rules/rule", "/sites/{site}/groups/rules/rule?by=id&group={group}", ""),
    ("GET", "/sites/{site}/groups/rules/{action}", "/sites/{site}/groups/rules/set?by=id&group={group}&role=Admin", ""),
    ("GET", "/sites/{site}/groups/rules/{action}", "/sites/{site}/groups/rules/delete?by=id&group={group}", ""),
    ("POST", "/sites/{site}/groups/rules/{action}", "/sites/{site}/groups/rules/set", RULE_FORM),
    ("POST", "/sites/{site}/groups/rules/{action}", "/sites/{site}/groups/rules/delete", RULE_FORM),
    ("GET", "/sites/{site}/services", "/sites/{site}/services", ""),
    ("GET", "/sites/{site}/services/{service}/remove", "/sites/{site}/services/{service}/remove?version=1", ""),
    ("POST", "/sites/{site}/services/{service}/remove", "/sites/{site}/services/{service}/remove", "version=1"),
    ("GET", "/sites/{site}/consumers/remove", "/sites/{site}/consumers/remove?consumer=a&caller=b", ""),
    ("POST", "/sites/{site}/consumers/remove", "/sites/{site}/consumers/remove", "consumer=a&caller=b"),
    ("GET", "/services", "/services", ""),
    ("GET", "/services/{service}", "/services/{service}", ""),
    ("GET", "/services/{service}/tokens/{token}/revoke", "/services/{service}/tokens/{token}/revoke", ""),
    ("POST", "/services/{service}/tokens/{token}/revoke", "/services/{service}/tokens/{token}/revoke", ""),
];

/// What is about no site: signing in and out, and the list of sites, in the place of which an Admin has their own.
const ABOUT_NO_SITE: [(&str, &str); 9] = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/site"),
    ("GET", "/sign-in/{site}/callback"),
    ("POST", "/sign-out"),
    ("GET", "/sites"),
    ("POST", "/sites"),
    ("GET", "/assets/{name}"),
];

/// What stands for the words in braces.
type Values = Vec<(&'static str, String)>;

/// A page that is added to the console is asked for here as well.
#[test]
fn every_page_of_the_console_is_walked() {
    let routes = include_str!("../../../../console/src/pages.rs").split(".route(").skip(1);
    let mut written = BTreeSet::new();
    for route in routes {
        let path = route.split('"').nth(1).unwrap();
        for (method, word) in [("GET", "get("), ("POST", "post(")] {
            if route.contains(word) {
                written.insert((method, path));
            }
        }
    }
    let walked = PAGES.iter().map(|(method, route, ..)| (*method, *route));
    let walked: BTreeSet<_> = walked.chain(ABOUT_NO_SITE).collect();
    assert_eq!(walked, written);
}

fn is_of_operator(route: &str) -> bool {
    route.contains("/services") || route.contains("/consumers")
}

fn filled(text: &str, values: &Values) -> String {
    values
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

async fn asked(browser: &mut Browser, request: &PageRequest, values: &Values) -> Answer {
    let (method, _, target, form) = request;
    let (target, form) = (filled(target, values), filled(form, values));
    if *method == "GET" {
        return browser.get(&target).await;
    }
    let pairs: Vec<_> = form.split('&').filter_map(|pair| pair.split_once('=')).collect();
    browser.post(&target, &pairs).await
}

/// An answer without what was in its address, and without what is another one each time.
fn told(answer: &Answer, values: &Values) -> (u16, String) {
    let text = values.iter().fold(answer.text(), |text, (name, value)| text.replace(value, name));
    let ids = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let seconds = Regex::new(r"\b[0-9]{10}\b").unwrap();
    let text = ids.replace_all(&text, "ID");
    (answer.status, seconds.replace_all(&text, "NOW").into_owned())
}

/// Puts somebody, a group, a token, a connection and a service into a site, each recognised by the name of the site.
async fn furnished<'house>(house: &'house House, name: &str) -> (Site<'house>, Values) {
    let mut site = Site {
        house,
        name: name.to_owned(),
        base: format!("/c/{name}/auth/scim/v2"),
        token: String::new(),
    };
    site.token = site.another_token(&format!("idp-of-{name}")).await;
    let person = site.user(&format!("person-of-{name}")).await;
    let title = json!([{"op": "replace", "path": "title", "value": "Guide"}]);
    site.patch(&person.id, &title).await.expect(200);
    let group =
        json!({"displayName": format!("guides-of-{name}"), "members": [{"value": person.id}]});
    let group = site.push("POST", "/Groups").json(&group).send().await.expect(201);
    let id = group["id"].as_str().unwrap().to_owned();
    let request = SetGroupRuleRequest {
        site: name.to_owned(),
        group: Some(RuledGroup { by: Some(By::GroupId(id)) }),
        role: Role::Moderator.into(),
        options: None,
    };
    house.operator.groups().set_group_rule(request).await.unwrap();
    let request = CreateTokenRequest {
        site: name.to_owned(),
        name: format!("token-of-{name}"),
        ..CreateTokenRequest::default()
    };
    let token = house.operator.sites().create_token(request).await.unwrap().into_inner();
    let connection = format!("connection-of-{name}");
    let request = CreateConnectionRequest {
        site: name.to_owned(),
        name: connection.clone(),
        ..CreateConnectionRequest::default()
    };
    house.operator.sites().create_connection(request).await.unwrap();
    let service = format!("service-of-{name}");
    let permissions = vec![Permission::ReadUsers, Permission::ReadLedger];
    let scope = grant::Scope::Site(name.to_owned());
    house.operator.service_token_with(&service, scope, permissions).await;
    let values = vec![
        ("user", person.id),
        ("name", person.user_name),
        ("group", group["id"].as_str().unwrap().to_owned()),
        ("token", token.token.unwrap().id),
        ("connection", connection),
        ("service", service),
    ];
    (site, values)
}

/// The ids and names of nothing.
fn nothing() -> Values {
    let id = |number: u128| Uuid::from_u128(0x0198_0f5e_7d4c_7b1a_8f43_0000_0000_0000 + number);
    let id = |number| id(number).to_string();
    vec![
        ("user", id(1)),
        ("name", "person-of-nothing".to_owned()),
        ("group", id(2)),
        ("token", id(3)),
        ("connection", "connection-of-nothing".to_owned()),
        ("service", "service-of-nothing".to_owned()),
    ]
}

pub async fn every_page_of_their_site_opens_and_none_of_another(
    house: &House,
    provider: &ForeignProvider,
) {
    let (_, own) = furnished(house, "acme").await;
    let (_, foreign) = furnished(house, "globex").await;
    let group = own.iter().find(|(name, _)| *name == "group").unwrap().1.clone();
    let at = |site: &str, ids: &Values| {
        let fixed = [("site", site.to_owned()), ("here", group.clone())];
        ids.iter().cloned().chain(fixed).collect::<Values>()
    };
    let mut browser = signed_in(house, provider, ("acme", "root@example.com")).await;
    let before = house.ledger("globex").await.len();
    let nothing = nothing();
    let mut hidden: Vec<_> = foreign.iter().map(|(_, value)| value.as_str()).collect();
    hidden.push("globex");
    for request in PAGES {
        let (_, route, target, form) = request;
        let names_more = |name: &str| target.contains(name) || form.contains(name);
        let is_about_more = foreign.iter().any(|(name, _)| names_more(&format!("{{{name}}}")));
        for (values, instead) in [
            (at("globex", &foreign), at("narnia1", &nothing)),
            (at("globex", &own), at("narnia1", &own)),
            (at("acme", &foreign), at("acme", &nothing)),
        ] {
            let is_own_site = instead.contains(&("site", "acme".to_owned()));
            if is_own_site && !is_about_more {
                continue;
            }
            let answer = asked(&mut browser, request, &values).await;
            let other = asked(&mut browser, request, &instead).await;
            let (shown, expected) = (told(&answer, &values), told(&other, &instead));
            assert_eq!(shown, expected, "{request:?} {values:?}");
            // Of what is shown, and not only said back, nothing is the other site's.
            for word in &hidden {
                assert!(!shown.1.contains(word), "{word}: {request:?}: {}", shown.1);
            }
            let is_about_own = is_own_site && !is_of_operator(route);
            assert!(answer.status == 404 || is_about_own, "{request:?}: {}", answer.status);
        }
    }
    assert_eq!(house.ledger("globex").await.len(), before, "nothing happened there");
    for request in PAGES.iter().filter(|(method, ..)| *method == "GET") {
        let answer = asked(&mut browser, request, &at("acme", &own)).await;
        let expected = if is_of_operator(request.1) { 404 } else { 200 };
        let text = answer.text();
        assert_eq!(answer.status, expected, "{request:?}: {text}");
        for word in &hidden {
            assert!(!text.contains(word), "{word}: {request:?}: {text}");
        }
    }
    for led in [browser.get("/sites").await, browser.post("/sites", &[("name", "mine")]).await] {
        assert_eq!(led.header("location"), Some("/sites/acme/settings"), "{}", led.status);
    }
    let mut operator = Browser::of_operator(house).await;
    assert_eq!(operator.get("/sites/mine/settings").await.status, 404);
}

pub async fn no_link_on_their_pages_leads_nowhere(house: &House, provider: &ForeignProvider) {
    let (site, _) = furnished(house, "acme").await;
    let held = site.user("held@example.com").await;
    let mut browser = signed_in(house, provider, ("acme", "root@example.com")).await;
    let path = format!("/sites/acme/people/{}", held.id);
    assert_eq!(browser.confirm(&format!("{path}/deactivate"), &[]).await.status, 303);
    let links = Regex::new(r#" href="([^"]+)"#).unwrap();
    let mut waiting = vec!["/sites/acme/settings".to_owned()];
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(here) = waiting.pop() {
        let mut page = browser.get(&here).await;
        if here == "/sites" {
            page = browser.follow(&page).await;
        }
        assert_eq!(page.status, 200, "{here}: {}", page.text());
        let page = page.text();
        for link in links.captures_iter(&page) {
            let link = link[1].replace("&#38;", "&").replace("&amp;", "&");
            let link = link.split('#').next().unwrap().to_owned();
            let path = here.split('?').next().unwrap();
            let link = if link.starts_with('?') { format!("{path}{link}") } else { link };
            // A page that waits for something is another one each second.
            let is_waiting = link.contains("since=") || link.contains("live=");
            if link.starts_with('/') && !is_waiting && seen.insert(link.clone()) {
                waiting.push(link);
            }
        }
        assert!(seen.len() < 300, "{seen:#?}");
    }
    for part in ["/settings?roles=one", "/guides/okta", "/log", "/groups/new", "/revoke", "/cutoff"]
    {
        assert!(seen.iter().any(|link| link.contains(part)), "{part}: {seen:#?}");
    }
    assert!(!seen.iter().any(|link| is_of_operator(link)), "{seen:#?}");
}

/// Sends the form of the settings with some of it changed.
async fn settings(browser: &mut Browser, changed: &[(&str, &str)]) -> Answer {
    let page = browser.get("/sites/acme/settings").await.text();
    let mut fields: BTreeMap<String, String> = fields_of(&page, "settings");
    fields.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let form: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.post("/sites/acme/settings", &form).await
}

pub async fn what_they_do_is_done_and_told_as_theirs(house: &House, provider: &ForeignProvider) {
    const TYPED: &str = "correct-horse-battery-staple";
    let (site, _) = furnished(house, "acme").await;
    let ada = user(house, "acme", "ada@example.com", Role::Admin).await;
    let bob = site.user("bob@example.com").await.id;
    let asked = json!([{"op": "replace", "path": "userType", "value": "Admin"}]);
    site.patch(&bob, &asked).await.expect(200);
    let mut browser = signed_in(house, provider, ("acme", "ada@example.com")).await;
    let before = events(house).await.len();

    let form = [("token_id", ""), ("name", "typed"), ("value", TYPED), ("keep", "on")];
    let made = browser.post("/sites/acme/tokens", &form).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let page = browser.get("/sites/acme/settings").await.text();
    for word in [">typed</th>", ">token-of-acme</th>", ">idp-of-acme</th>"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    let show = Regex::new(r#"href="([^"]+)/show""#).unwrap();
    let token = show.captures(&page).unwrap_or_else(|| panic!("{page}"))[1].to_owned();
    let shown = browser.confirm(&format!("{token}/show"), &[]).await;
    assert!(shown.status == 200 && shown.text().contains(TYPED), "{}", shown.status);
    let revoked = browser.confirm(&format!("{token}/revoke"), &[]).await;
    assert!(browser.follow(&revoked).await.text().contains("revoked"));

    let closed = [("allow_admin_promotion", "on"), ("then", "preview")];
    let page = settings(&mut browser, &closed).await.text();
    let told = "Allow Admin Promotion via a userType property: Off → <strong>On</strong>";
    assert!(page.contains(told), "{page}");
    let told = format!("people/{bob}\">bob@example.com</a>: promoted from Registered to Admin");
    assert!(page.contains(&told), "{page}");
    let saved =
        settings(&mut browser, &[("user_name_assertion", "NameID"), ("then", "save")]).await;
    assert!(browser.follow(&saved).await.text().contains("saved and in force"));

    let person = format!("/sites/acme/people/{bob}");
    for (end, typed) in [
        ("deactivate", vec![("note", "on leave")]),
        ("activate", vec![]),
        ("hold", vec![("hold", "security")]),
        ("lift?hold=security", vec![]),
        ("role?role=Moderator", vec![]),
    ] {
        let done = browser.confirm(&format!("{person}/{end}"), &typed).await;
        assert_eq!(done.status, 303, "{end}: {}", done.text());
    }
    let made = browser.confirm("/sites/acme/groups/new", &[("name", "Pilots")]).await;
    let group = made.header("location").unwrap().split('?').next().unwrap().to_owned();
    for (end, typed) in [
        (format!("add?user={bob}"), vec![]),
        ("rename".to_owned(), vec![("name", "Crew"), ("external_id", "")]),
        (format!("remove?user={bob}"), vec![]),
        ("delete".to_owned(), vec![]),
    ] {
        let done = browser.confirm(&format!("{group}/{end}"), &typed).await;
        assert_eq!(done.status, 303, "{end}: {}", done.text());
    }

    let events = events(house).await;
    let own = &events[..events.len() - before];
    let caller = format!("user:{ada}");
    assert!(own.iter().all(|event| event.caller == caller), "{own:#?}");
    let kinds: BTreeSet<_> = own.iter().map(|event| event.kind.as_str()).collect();
    for kind in ["token_created", "token_revealed", "token_revoked", "settings_changed"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert!(own.len() >= 13, "{kinds:?}");
}

/// What the ledger of `acme` tells, the newest first.
async fn events(house: &House) -> Vec<Event> {
    let request = ListEventsRequest { site: "acme".to_owned(), ..ListEventsRequest::default() };
    house.operator.ledgers().list_events(request).await.unwrap().into_inner().events
}
