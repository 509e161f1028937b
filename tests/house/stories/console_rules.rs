//! Rules from groups to roles in the console: added, changed and deleted, each with whom it would move said
//! before, and followed by whoever looks on.

use futures::future::join_all;
use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{
    ListEventsRequest, ListGroupRulesRequest, ListGroupRulesResponse, Role, RuledGroup,
    SetGroupRuleRequest, UpdateScimSettingsRequest,
};
use serde_json::json;

use crate::support::browser::{Browser, hidden_form};
use crate::support::{Answer, House, Site, in_every_house, until};

in_every_house!(
    a_rule_is_added_once_it_was_said_whom_it_moves,
    a_rule_is_changed_and_deleted_once_that_was_asked,
    what_the_law_refuses_of_a_rule_is_told,
    a_preview_says_how_many_there_are_in_all,
    whoever_looks_on_sees_roles_follow,
    pages_say_which_group_gives_which_role,
    a_name_by_which_roles_move_is_asked_about,
    no_rule_is_changed_unseen,
    what_rules_are_about_is_text,
);

const GROUPS: &str = "/sites/acme/groups";
const RULES: &str = "/sites/acme/groups/rules";
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Sends the form on a page that asks, with values put in.
async fn confirm(browser: &mut Browser, path: &str, typed: &[(&str, &str)]) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    let (target, fields) = hidden_form(&page.text());
    let mut form: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    form.extend(typed);
    browser.post(&target, &form).await
}

/// A group that the identity provider pushes.
async fn pushed(site: &Site<'_>, name: &str, members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let group = json!({"displayName": name, "externalId": "00g-1", "members": members});
    let made = site.push("POST", "/Groups").json(&group).send().await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn listed(house: &House) -> ListGroupRulesResponse {
    let request =
        ListGroupRulesRequest { site: "acme".to_owned(), ..ListGroupRulesRequest::default() };
    house.operator.groups().list_group_rules(request).await.unwrap().into_inner()
}

/// Waits until roles are as the rules say.
async fn followed(house: &House) {
    until("all roles have followed", async || listed(house).await.runs.is_empty().then_some(()))
        .await;
}

async fn set(house: &House, name: &str, role: Role) {
    let group = Some(RuledGroup { by: Some(By::DisplayName(name.to_owned())) });
    let (site, role) = ("acme".to_owned(), role.into());
    let request = SetGroupRuleRequest { site, group, role, options: None };
    house.operator.groups().set_group_rule(request).await.unwrap();
}

/// People of acme, by their ids.
async fn people(site: &Site<'_>, number: usize) -> Vec<String> {
    let names: Vec<_> = (0..number).map(|number| format!("p{number:03}@example.com")).collect();
    let users = join_all(names.iter().map(|name| site.user(name))).await;
    users.into_iter().map(|user| user.id).collect()
}

async fn a_rule_is_added_once_it_was_said_whom_it_moves(house: &House) {
    let site = Site::new(house, "acme").await;
    Site::new(house, "globex").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let page = browser.get(GROUPS).await.text();
    assert!(page.contains(&format!("\"{RULES}\"")), "{page}");
    let page = browser.get(RULES).await.text();
    let new = format!("{RULES}/new");
    assert!(page.contains("class=\"empty\"") && page.contains(&format!("\"{new}\"")), "{page}");
    let [ada, bob] = ["ada@example.com", "bob@example.com"];
    let ids = [site.user(ada).await.id, site.user(bob).await.id];
    let id = pushed(&site, "Site Moderators", &[&ids[0], &ids[1]]).await;
    let form = browser.get(&new).await.text();
    assert!(form.contains("Show whom it would move") && form.contains(">Moderator<"), "{form}");

    for sought in ["site+moderators", "00g-1", &id] {
        let path = format!("{RULES}/set?by=group&group={sought}&role=Moderator");
        let asked = browser.get(&path).await.text();
        for word in [
            "Have Site Moderators give Moderator?",
            "It has 2 members. This would become of them:",
            "2 from Registered to Moderator.",
            ada,
            bob,
        ] {
            assert!(asked.contains(word), "{sought}, {word}: {asked}");
        }
    }
    assert!(listed(house).await.rules.is_empty(), "asking does nothing");
    let path = format!("{RULES}/set?by=group&group=site+moderators&role=Moderator");
    let done = confirm(&mut browser, &path, &[("note", "asked for it")]).await;
    followed(house).await;
    let page = browser.follow(&done).await.text();
    for word in [
        "Site Moderators gives Moderator",
        "The rule is saved",
        "All roles have followed.",
        "All of its 2 members have the role that follows.",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    for id in &ids {
        assert_eq!(site.stored(id).await.role(), Role::Moderator);
    }
    let kind = "group_rule_changed".to_owned();
    let request = ListEventsRequest { site: site.name.clone(), kind, ..Default::default() };
    let told = house.operator.ledgers().list_events(request).await.unwrap().into_inner().events;
    assert_eq!((told.len(), &*told[0].reason), (1, "asked for it"));
    let rule = format!("{RULES}/rule?by=id&#38;group={id}\"");
    for path in [RULES.to_owned(), format!("{GROUPS}/{id}")] {
        let page = browser.get(&path).await.text();
        assert!(page.contains(&rule), "{path}: {page}");
    }
    for path in [
        format!("/sites/globex/groups/rules/rule?by=id&group={id}"),
        format!("/sites/globex/groups/rules/set?by=id&group={id}&role=Admin"),
        format!("/sites/globex/groups/rules/delete?by=id&group={id}"),
        format!("{RULES}/rule?by=name&group=nothing"),
        format!("{RULES}/set?by=id&group=nothing&role=Admin"),
        format!("{RULES}/delete?by=somehow&group={id}"),
        "/sites/nowhere/groups/rules".to_owned(),
        "/sites/nowhere/groups/rules/new".to_owned(),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    assert!([400, 404].contains(&browser.get(&format!("{RULES}/explode")).await.status));
}

async fn a_rule_is_changed_and_deleted_once_that_was_asked(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    site.user_as("root@example.com", Role::Admin).await;
    let mut browser = Browser::of_operator(house).await;
    let path = format!("{RULES}/set?by=name&group=Pilots&role=Admin");
    let asked = browser.get(&path).await.text();
    for word in
        ["Have Pilots give Admin?", "whichever group has the name Pilots", "nobody would be moved"]
    {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    let done = confirm(&mut browser, &path, &[]).await;
    let page = browser.follow(&done).await.text();
    assert!(page.contains("no group has this name"), "{page}");
    let ada = site.user("ada@example.com").await.id;
    pushed(&site, "PILOTS", &[&ada]).await;
    assert_eq!(site.stored(&ada).await.role(), Role::Admin);

    let path = format!("{RULES}/set?by=name&group=Pilots&role=Moderator");
    let asked = browser.get(&path).await.text();
    for word in ["Have PILOTS give Moderator in place of Admin?", "1 from Admin to Moderator."] {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    let done = confirm(&mut browser, &path, &[]).await;
    followed(house).await;
    let page = browser.follow(&done).await.text();
    assert!(page.contains("Its one member has the role that follows."), "{page}");
    assert_eq!(site.stored(&ada).await.role(), Role::Moderator);
    let again = browser.get(&path).await.text();
    assert!(again.contains("Apply the rule for PILOTS once more?"), "{again}");

    let delete = format!("{RULES}/delete?by=name&group=Pilots");
    let asked = browser.get(&delete).await.text();
    for word in ["Have PILOTS no longer give Moderator?", "1 from Moderator to Registered."] {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    assert_eq!(listed(house).await.rules.len(), 1, "asking does nothing");
    let done = confirm(&mut browser, &delete, &[("note", "no longer needed")]).await;
    followed(house).await;
    let page = browser.follow(&done).await.text();
    assert!(
        page.contains("class=\"empty\"") && page.contains("All roles have followed."),
        "{page}"
    );
    assert_eq!(site.stored(&ada).await.role(), Role::Registered);
    assert_eq!(browser.get(&delete).await.status, 404);
    let gone = [("by", "name"), ("group", "Pilots"), ("version", "2")];
    assert_eq!(browser.post(&format!("{RULES}/delete"), &gone).await.status, 404);
}

async fn what_the_law_refuses_of_a_rule_is_told(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let ids = [site.user("ada@example.com").await.id, site.user("bob@example.com").await.id];
    pushed(&site, "Admins", &[&ids[0], &ids[1]]).await;
    let path = format!("{RULES}/set?by=group&group=admins&role=Admin");
    let asked = browser.get(&path).await.text();
    for word in [
        "2 stay Registered: moves to and from Admin are not allowed here.",
        "allow_admin_promotion",
        "Save the rule",
    ] {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    site.settings(UpdateScimSettingsRequest {
        allow_admin_promotion: Some(true),
        protect_user_names: vec!["BOB@example.com".to_owned()],
        ..UpdateScimSettingsRequest::default()
    })
    .await;
    let asked = browser.get(&path).await.text();
    for word in ["1 from Registered to Admin.", "1 stays Registered: the accounts are protected."] {
        assert!(asked.contains(word), "{word}: {asked}");
    }
    let done = confirm(&mut browser, &path, &[]).await;
    followed(house).await;
    let page = browser.follow(&done).await.text();
    for word in ["1 of its 2 members has the role that follows.", "1 stays Registered"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert_eq!(site.stored(&ids[0]).await.role(), Role::Admin);
    assert_eq!(site.stored(&ids[1]).await.role(), Role::Registered);
    for (query, told) in [
        ("by=group&group=admins", "Choose the role"),
        ("by=group&group=admins&role=Registered", "Choose the role"),
        ("by=group&group=&role=Admin", "Say which group"),
        ("by=group&group=nobody&role=Admin", "No group is called or known exactly so"),
    ] {
        let page = browser.get(&format!("{RULES}/set?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.text());
        let page = page.text();
        assert!(page.contains(told) && page.contains("<h1>A new rule</h1>"), "{query}: {page}");
    }
    pushed(&site, "Known twice", &[]).await;
    let several = browser.get(&format!("{RULES}/set?by=group&group=00g-1&role=Admin")).await.text();
    for name in ["Which do you mean?", ">Admins</a>", ">Known twice</a>"] {
        assert!(several.contains(name), "{name}: {several}");
    }
    let form = [("by", "name"), ("group", "Admins"), ("role", "Registered")];
    let refused = browser.post(&format!("{RULES}/set"), &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text());

    let numbers: Vec<_> = (1..100).map(|number| format!("group {number}")).collect();
    join_all(numbers.iter().map(|name| set(house, name, Role::Moderator))).await;
    let page = browser.get(&format!("{RULES}/set?by=name&group=more&role=Admin")).await.text();
    assert!(page.contains("no more are possible") && !page.contains("Save the rule"), "{page}");
    let form = [("by", "name"), ("group", "more"), ("role", "Admin"), ("version", "0")];
    let refused = browser.post(&format!("{RULES}/set"), &form).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("role=\"alert\""), "{}", refused.text());
    // They come page by page.
    let (first, rest) =
        (browser.get(RULES).await.text(), browser.get(&format!("{RULES}?skip=50")).await.text());
    assert!(first.contains("?skip=50\"") && !rest.contains("?skip="), "{first} {rest}");
    let count = |page: &str| page.matches("<th scope=\"row\">").count();
    assert_eq!((count(&first), count(&rest)), (50, 50));
}

async fn a_preview_says_how_many_there_are_in_all(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let ids = people(&site, 130).await;
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let id = pushed(&site, "Moderators", &ids).await;
    let page = browser.get(&format!("{RULES}/set?by=id&group={id}&role=Moderator")).await.text();
    for word in [
        "It has 130 members.",
        "130 from Registered to Moderator.",
        "And 105 more, who are counted above.",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert_eq!(page.matches("<th scope=\"row\">").count(), 25);
    assert!(page.len() < 60 * 1024, "{}", page.len());
}

async fn whoever_looks_on_sees_roles_follow(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let ids = people(&site, 400).await;
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let id = pushed(&site, "Moderators", &ids).await;
    let path = format!("{RULES}/set?by=id&group={id}&role=Moderator");
    let done = confirm(&mut browser, &path, &[]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let rule = done.header("location").unwrap().to_owned();
    let since = rule.split_once("since=").unwrap().1;
    let list = format!("{RULES}?since={since}");
    until("all roles have followed", async || {
        let mut is_over = true;
        for path in [&rule, &list] {
            let page = browser.get(path).await;
            let is_under_way = page.text().contains("follow in the background: ");
            let expected = is_under_way.then_some("5");
            assert_eq!(page.header("refresh"), expected, "{path}: {}", page.text());
            is_over &= page.text().contains("All roles have followed.");
            assert!(is_under_way || page.text().contains("All roles have followed."));
        }
        is_over.then_some(())
    })
    .await;
    let page = browser.get(&rule).await.text();
    assert!(page.contains("All of its 400 members have the role that follows."), "{page}");
    // Nobody looks on for ever.
    let page = browser.get(&format!("{RULES}?since=1")).await;
    assert!(page.header("refresh").is_none() && !page.text().contains("All roles have followed"));
}

async fn pages_say_which_group_gives_which_role(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let ada = site.user("ada@example.com").await.id;
    let bob = site.user("bob@example.com").await.id;
    let id = pushed(&site, "Guides", &[&ada]).await;
    let group = format!("{GROUPS}/{id}");
    let page = browser.get(&group).await.text();
    assert!(
        page.contains("Have it give Moderator") && page.contains("Have it give Admin"),
        "{page}"
    );
    let person = format!("/sites/acme/people/{ada}");
    assert!(!browser.get(&person).await.text().contains("by the group"));
    let path = format!("{RULES}/set?by=id&group={id}&role=Moderator");
    confirm(&mut browser, &path, &[]).await;
    set(house, "GUIDES", Role::Admin).await;
    followed(house).await;
    let page = browser.get(&group).await.text();
    for word in
        [">Moderator</a>, by the rule for this group", ">Admin</a>, by the rule for its name"]
    {
        assert!(page.contains(word), "{word}: {page}");
    }
    let page = browser.get(&person).await.text();
    for word in [
        "It is so by the group Guides; without groups it would be Registered.",
        "Admin, by the group Guides, is not in force: it follows, or the timeline says why not.",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    // What is asked about the group says what follows for roles.
    for (path, word) in [
        (
            format!("{group}/add?user={bob}"),
            "The group gives Admin, as far as the switches admit it.",
        ),
        (format!("{group}/add?user={bob}"), "allow_admin_promotion"),
        (format!("{group}/remove?user={ada}"), "the user keeps the role that comes from elsewhere"),
        (
            format!("{group}/delete"),
            "It gives Admin; they keep the roles that come from elsewhere.",
        ),
        (format!("{group}/rename"), "It gives Admin by the rule for its name"),
    ] {
        let page = browser.get(&path).await.text();
        assert!(page.contains(word), "{path}, {word}: {page}");
    }
    let done = confirm(&mut browser, &format!("{group}/delete"), &[]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    followed(house).await;
    assert!(!browser.get(&person).await.text().contains("by the group"));
    assert_eq!(site.stored(&ada).await.role(), Role::Registered);
}

async fn a_name_by_which_roles_move_is_asked_about(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let ids = [site.user("ada@example.com").await.id, site.user("bob@example.com").await.id];
    let id = pushed(&site, "Guides", &[&ids[0], &ids[1]]).await;
    set(house, "Moderators", Role::Moderator).await;
    set(house, "Admins", Role::Admin).await;
    let rename = format!("{GROUPS}/{id}/rename");
    let called = async || {
        let group = site.get(&format!("/Groups/{id}")).await.expect(200);
        group["displayName"].as_str().unwrap().to_owned()
    };
    let again = async |browser: &mut Browser, asked: &Answer, name: &str| {
        assert_eq!(asked.status, 200, "{}", asked.text());
        let (target, fields) = hidden_form(&asked.text());
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        form.push(("name", name));
        browser.post(&target, &form).await
    };
    let note = ("note", "as over there");
    let asked = confirm(&mut browser, &rename, &[("name", " MODERATORS"), note]).await;
    let page = asked.text();
    for word in [
        "By the rule for this name it gives Moderator from then on.",
        "It has 2 members. This would become of them:",
        "2 from Registered to Moderator.",
        "ada@example.com",
        "as over there",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    // Another name than the one of which it was said is asked about as well.
    let other = again(&mut browser, &asked, "Admins").await;
    assert!(
        other.text().contains("2 stay Registered: moves to and from Admin"),
        "{}",
        other.text()
    );
    assert_eq!(called().await, "Guides", "asking does nothing");
    let done = again(&mut browser, &asked, "MODERATORS").await;
    assert_eq!(done.status, 303, "{}", done.text());
    followed(house).await;
    assert_eq!(
        (&*called().await, site.stored(&ids[0]).await.role()),
        ("MODERATORS", Role::Moderator)
    );

    let asked = confirm(&mut browser, &rename, &[("name", "Guides")]).await;
    let page = asked.text();
    for word in [
        "It gives Moderator by the rule for its name, and with this one no longer.",
        "2 from Moderator to Registered.",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    // Somebody else is faster.
    let operation = json!([{"op": "replace", "path": "externalId", "value": "00g-2"}]);
    site.push("PATCH", &format!("/Groups/{id}")).operations(&operation).send().await;
    let late = again(&mut browser, &asked, "Guides").await;
    assert_eq!(late.status, 409, "{}", late.text());
    let asked = confirm(&mut browser, &rename, &[("name", "Guides")]).await;
    assert_eq!(again(&mut browser, &asked, "Guides").await.status, 303);
    followed(house).await;
    assert_eq!(site.stored(&ids[0]).await.role(), Role::Registered);

    // What moves nobody is not asked about.
    let done = confirm(&mut browser, &rename, &[("name", "Pilots")]).await;
    assert_eq!((done.status, &*called().await), (303, "Pilots"));
}

async fn no_rule_is_changed_unseen(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let mut browser = Browser::of_operator(house).await;
    set(house, "Guides", Role::Moderator).await;
    set(house, "Guides", Role::Admin).await;
    for action in ["set", "delete"] {
        let form = [("by", "name"), ("group", "guides"), ("role", "Moderator"), ("version", "1")];
        let late = browser.post(&format!("{RULES}/{action}"), &form).await;
        assert_eq!(late.status, 409, "{}", late.text());
        assert!(late.text().contains("Somebody else has changed this rule"), "{}", late.text());
    }
    // Nor is one made twice that is thought to be new.
    let form = [("by", "name"), ("group", "guides"), ("role", "Moderator"), ("version", "0")];
    assert_eq!(browser.post(&format!("{RULES}/set"), &form).await.status, 409);
    let rules = listed(house).await.rules;
    assert_eq!((rules.len(), rules[0].role(), rules[0].version), (1, Role::Admin, 2));
}

async fn what_rules_are_about_is_text(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, false).await;
    let mut browser = Browser::of_operator(house).await;
    let user = site.user(SCRIPT).await;
    let id = pushed(&site, SCRIPT, &[&user.id]).await;
    set(house, SCRIPT, Role::Moderator).await;
    followed(house).await;
    let escaped = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    for path in [
        RULES.to_owned(),
        format!("{RULES}/new?group={escaped}&role={escaped}&by={escaped}"),
        format!("{RULES}/rule?by=name&group={escaped}"),
        format!("{RULES}/set?by=name&group={escaped}&role=Admin&note={escaped}"),
        format!("{RULES}/set?by=group&group={escaped}&role=Admin"),
        format!("{RULES}/set?by=group&group={escaped}2&role={escaped}"),
        format!("{RULES}/set?by=id&group={id}&role=Moderator"),
        format!("{RULES}/delete?by=name&group={escaped}&note={escaped}"),
        format!("{GROUPS}/{id}"),
        format!("/sites/acme/people/{}", user.id),
    ] {
        let page = browser.get(&path).await.text();
        assert!(page.contains("alert(1)"), "{path}: {page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
    }
}
