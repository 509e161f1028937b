//! Hostile requests at the console: of each the exact status, nothing in the answer that a browser would run,
//! nobody led elsewhere, no secret told, and afterwards all of it as it was before.

mod attempts;
mod planted;

use std::fmt::Debug;

use attempts::{FORMS, ORIGINS, ROWS, Session};
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    CreateGroupRequest, GetScimSettingsRequest, GroupRule, ListGrantsRequest,
    ListGroupRulesRequest, ListGroupsRequest, ListServiceTokensRequest, ListServicesRequest,
    ListSitesRequest, ListTokensRequest, ListUsersRequest, Permission, PlaceHoldRequest, Role,
    RuledGroup, SetGroupRuleRequest, User, grant,
};
use regex::Regex;
use tonic::{Response, Status};

use crate::support::browser::Browser;
use crate::support::wire::{self, Request};
use crate::support::{Answer, House, Site, in_one_house};

in_one_house!(joined, AllInOne, Sqlite, nothing_is_executed_and_nothing_changed);
in_one_house!(split, Split, Postgres, nothing_is_executed_and_nothing_changed);

/// What rows name in braces, as it is in this house.
struct Stage<'house> {
    house: &'house House,
    browser: Browser,
    values: Vec<(&'static str, String)>,
}

async fn nothing_is_executed_and_nothing_changed(house: &House) {
    let mut stage = Stage::set(house).await;
    let before = stage.facts().await;
    let mut wrong = Vec::new();
    let mut number = 0;
    for (origin, form) in
        ORIGINS.iter().flat_map(|origin| FORMS.iter().map(move |form| (origin, form)))
    {
        let answer = stage.send(Session::Own, form.0, origin, form.1).await;
        wrong.extend(stage.faults(&answer, 403).map(|it| format!("{} {origin:?}: {it}", form.0)));
        number += 1;
    }
    for (line, session, headers, body, status) in ROWS {
        let answer = stage.send(*session, line, headers, body).await;
        wrong.extend(
            stage.faults(&answer, *status).map(|it| format!("{line} {headers:?} {body}: {it}")),
        );
        number += 1;
    }
    assert!(wrong.is_empty(), "{} of {number}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(number > 200, "{number}");
    assert_eq!(stage.facts().await, before);
    assert_eq!(
        stage.browser.get("/sites/acme/settings").await.status,
        200,
        "nobody was signed out"
    );
    // They are what somebody would do who may: from the console itself each does what it says.
    for (line, body) in FORMS {
        stage.look_again().await;
        let own = [("Origin", "http://{console}"), ("Sec-Fetch-Site", "same-origin")];
        let answer = stage.send(Session::Own, line, &own, body).await;
        assert!([200, 303].contains(&answer.status), "{line}: {} {}", answer.status, answer.text());
    }
    assert_ne!(stage.facts().await, before);
}

impl<'house> Stage<'house> {
    async fn set(house: &'house House) -> Self {
        let site = Site::new(house, "acme").await;
        Site::new(house, "globex").await;
        let user = site.user("ada@example.com").await;
        let request = PlaceHoldRequest {
            site: site.name.clone(),
            user_id: user.id.clone(),
            name: "legal".to_owned(),
            ..PlaceHoldRequest::default()
        };
        house.operator.users().place_hold(request).await.unwrap();
        let (display_name, site_name) = ("Guides".to_owned(), site.name.clone());
        let request =
            CreateGroupRequest { site: site_name, display_name, ..CreateGroupRequest::default() };
        let made = said(house.operator.groups().create_group(request).await).decision.unwrap();
        let by = By::DisplayName("Guides".to_owned());
        let request = SetGroupRuleRequest {
            site: site.name.clone(),
            group: Some(RuledGroup { by: Some(by) }),
            role: Role::Moderator.into(),
            options: None,
        };
        said(house.operator.groups().set_group_rule(request).await);
        let scope = grant::Scope::Site("acme".to_owned());
        let permissions = vec![Permission::ReadUsers, Permission::ReadLedger];
        let service = house.operator.service_token_with("billing", scope, permissions).await;
        let mut ended = Browser::of_operator(house).await;
        let session = value(&ended);
        ended.post("/sign-out", &[]).await;
        let browser = Browser::of_operator(house).await;
        let values = vec![
            ("console", house.console().await.to_string()),
            ("session", value(&browser)),
            ("ended", session),
            ("operator", house.operator_token.clone()),
            ("scim", site.token.clone()),
            ("service", service),
            ("user", user.id),
            ("group", made.group.unwrap().id),
            ("big", "x".repeat(300 * 1024)),
        ];
        let mut stage = Self { house, browser, values };
        stage.look_again().await;
        stage
    }

    /// Whose id and which version is right now.
    async fn look_again(&mut self) {
        let facts = self.facts().await;
        self.values.retain(|(name, _)| {
            !["version", "settings", "grant", "token", "key", "named"].contains(name)
        });
        let tokens = facts.tokens.iter().find(|(site, _)| site == "acme").unwrap();
        let group = self.filled("{group}");
        let named = facts.groups.iter().find(|(id, _)| *id == group);
        self.values.extend([
            ("version", facts.users[0].version.to_string()),
            ("settings", facts.settings.iter().find(|it| it.0 == "acme").unwrap().1.to_string()),
            ("grant", facts.services[0].1.to_string()),
            ("token", tokens.1[0].0.clone()),
            ("key", facts.service_tokens[0].0.clone()),
            ("named", named.map_or(0, |(_, version)| *version).to_string()),
        ]);
    }

    fn filled(&self, text: &str) -> String {
        let fill = |text: String, (name, value): &(&str, String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        self.values.iter().fold(text.to_owned(), fill)
    }

    async fn send(
        &self,
        session: Session,
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let line = self.filled(line);
        let (method, target) = line.split_once(' ').unwrap();
        let mut all: Vec<(String, String)> = Vec::new();
        let is_typed = headers.iter().any(|(name, _)| *name == "Content-Type");
        if method == "POST" && !is_typed {
            all.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        match session {
            Session::Own => all.push(("Cookie".to_owned(), self.browser.cookie.clone().unwrap())),
            Session::Cookie(cookie) => all.push(("Cookie".to_owned(), self.filled(cookie))),
            Session::None => {}
        }
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), self.filled(value))));
        let body = (method != "GET").then(|| self.filled(body).into_bytes());
        let request =
            Request { method: method.to_owned(), target: target.to_owned(), headers: all, body };
        wire::send(self.house.console().await, &request).await.unwrap()
    }

    /// What is wrong about an answer.
    fn faults(&self, answer: &Answer, status: u16) -> Option<String> {
        let page = answer.text();
        let mut faults = Vec::new();
        if answer.status != status {
            faults.push(format!("{} and not {status}", answer.status));
        }
        faults.extend(running(&page));
        let secrets = ["session", "ended", "operator", "scim", "service"]
            .map(|name| self.filled(&format!("{{{name}}}")));
        if secrets.iter().any(|secret| page.contains(secret)) {
            faults.push("a secret is told".to_owned());
        }
        let location = answer.header("location").unwrap_or("/");
        if !location.starts_with('/') || location.starts_with("//") || location.contains("evil") {
            faults.push(format!("it leads to {location}"));
        }
        let cookies = answer.all("set-cookie");
        if !cookies.is_empty() && !cookies.contains("Max-Age=0") {
            faults.push("somebody is signed in".to_owned());
        }
        if answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-evil")) {
            faults.push("a header is injected".to_owned());
        }
        // What can't be read as HTTP comes to no page.
        let is_read = ![400, 431].contains(&answer.status)
            || answer.header("content-security-policy").is_some();
        for (name, expected) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
        ] {
            if is_read && answer.header(name) != Some(expected) {
                faults.push(format!("{name} is {:?}", answer.header(name)));
            }
        }
        let policy = answer.header("content-security-policy").unwrap_or_default();
        if is_read
            && !(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"))
        {
            faults.push(format!("the policy is {policy:?}"));
        }
        (!faults.is_empty()).then(|| faults.join(", "))
    }

    /// All that a form of the console can change.
    async fn facts(&self) -> Facts {
        let (operator, page_size) = (&self.house.operator, 1000);
        let sites = said(
            operator.sites().list_sites(ListSitesRequest { page_size, ..Default::default() }).await,
        )
        .sites;
        let names: Vec<String> = sites.into_iter().map(|site| site.name).collect();
        let (mut settings, mut tokens) = (Vec::new(), Vec::new());
        for site in &names {
            let request = GetScimSettingsRequest { site: site.clone(), ..Default::default() };
            let found = said(operator.sites().get_scim_settings(request).await).settings.unwrap();
            settings.push((site.clone(), found.version));
            let request = ListTokensRequest { site: site.clone(), page_size, ..Default::default() };
            let found = said(operator.sites().list_tokens(request).await).tokens;
            tokens.push((site.clone(), found.into_iter().map(|it| (it.id, it.version)).collect()));
        }
        let request = ListUsersRequest { site: "acme".to_owned(), ..Default::default() };
        let users = said(operator.users().list_users(request).await).users;
        let request = ListGroupsRequest { site: "acme".to_owned(), ..Default::default() };
        let groups = said(operator.groups().list_groups(request).await).groups;
        let groups = groups.into_iter().map(|it| (it.id, it.version)).collect();
        let request = ListGroupRulesRequest { site: "acme".to_owned(), ..Default::default() };
        let rules = said(operator.groups().list_group_rules(request).await).rules;
        let services = said(
            operator
                .services()
                .list_services(ListServicesRequest { page_size, ..Default::default() })
                .await,
        )
        .services;
        let services = services.into_iter().map(|it| (it.name, it.version)).collect();
        let request =
            ListServiceTokensRequest { service: "billing".to_owned(), ..Default::default() };
        let keys = said(operator.services().list_service_tokens(request).await).tokens;
        let request = ListGrantsRequest { site: "acme".to_owned(), ..Default::default() };
        let grants = said(operator.services().list_grants(request).await).grants.len();
        let service_tokens = keys.into_iter().map(|it| (it.id, it.version)).collect();
        Facts { settings, tokens, users, groups, rules, services, service_tokens, grants }
    }
}

#[derive(Debug, PartialEq)]
struct Facts {
    settings: Vec<(String, i64)>,
    tokens: Vec<(String, Vec<(String, i64)>)>,
    users: Vec<User>,
    groups: Vec<(String, i64)>,
    rules: Vec<GroupRule>,
    services: Vec<(String, i64)>,
    service_tokens: Vec<(String, i64)>,
    grants: usize,
}

fn said<T: Debug>(answer: Result<Response<T>, Status>) -> T {
    answer.unwrap().into_inner()
}

/// The token in the cookie.
fn value(browser: &Browser) -> String {
    browser.cookie.as_ref().unwrap().split_once('=').unwrap().1.to_owned()
}

/// What a browser would run or load of a page, or where it would lead away.
fn running(page: &str) -> Vec<String> {
    let own = Regex::new(r#"<script src="/assets/times-[0-9a-f]+\.js" defer></script>"#).unwrap();
    let page = own.replace_all(page, "");
    let mut found = Vec::new();
    let active = "(?i)<(script|style|img|svg|iframe|object|embed|base|meta http-equiv)[^>]*>";
    let mut tell = |pattern: &str, text: &str| {
        let hits = Regex::new(pattern).unwrap();
        found.extend(hits.find_iter(text).map(|it| format!("it has {}", it.as_str())));
    };
    tell(active, &page);
    tell(r#"(?i)(href|action|src|formaction)="\s*([a-z]+:|//)[^"]*""#, &page);
    // What is quoted is a value, whatever it says.
    let bare = Regex::new(r#""[^"]*""#).unwrap().replace_all(&page, "\"\"").into_owned();
    tell(r"(?i)<[a-z][^>]*\s(on[a-z]+|style|srcdoc)\s*=", &bare);
    found
}
