//! The provisioning log in the console: what an admin sees of what an identity provider sent.

use std::collections::BTreeSet;

use provost_proto::v1::{ListRefusedRequestsRequest, RegisterSignInRequest, Role};
use regex::Regex;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::{House, Site, in_every_house, until};

in_every_house!(
    every_request_is_in_the_log_with_what_to_do_about_it,
    services_are_among_those_who_asked,
    the_log_is_paged_without_a_gap,
    what_others_wrote_is_text_in_the_log,
);

const LOG: &str = "/sites/acme/log";
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// Waits until so many refused requests are kept: nobody else does.
async fn refused(site: &Site<'_>, number: usize) {
    until("refused requests are kept", async || {
        let request = ListRefusedRequestsRequest { site: site.name.clone(), ..Default::default() };
        let found = site.house.operator.ledgers().list_refused_requests(request).await.unwrap();
        (found.into_inner().requests.len() >= number).then_some(())
    })
    .await;
}

/// What stands in the rows of a page.
fn rows(page: &str) -> Vec<&str> {
    page.split("<tr><th scope=\"row\">").skip(1).collect()
}

async fn every_request_is_in_the_log_with_what_to_do_about_it(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "globex").await;
    let mut browser = Browser::of_operator(house).await;
    other.user("bob@globex.example").await;
    let id = site.user("ada@example.com").await.id;
    let promote = json!([{"op": "replace", "path": "userType", "value": "Admin"}]);
    site.patch(&id, &promote).await.expect(200);
    let both = json!([
        {"op": "replace", "path": "active", "value": false},
        {"op": "replace", "path": "userType", "value": "Moderator"},
    ]);
    site.patch(&id, &both).await.expect(200);
    site.get("/Users?filter=userName%20eqq%20%22ada%22").await.expect(400);
    refused(&site, 1).await;

    let page = browser.get(LOG).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    let found = rows(&page);
    let row = |word: &str| {
        let fits = |row: &&&str| row.contains(word);
        *found.iter().find(fits).unwrap_or_else(|| panic!("{word}: {page}"))
    };
    let failed = row("GET /Users");
    assert!(failed.contains("connection scim") && failed.contains("<strong>failed"), "{failed}");
    assert!(failed.contains("What to do:</strong> Match users by userName"), "{failed}");
    assert!(Regex::new("trace <code>[0-9a-f]{32}</code>").unwrap().is_match(failed), "{failed}");
    let partly = row("partly done");
    assert!(partly.contains("deactivated, the directory says inactive"), "{partly}");
    assert!(partly.contains("allow_moderator_promotion"), "{partly}");
    assert!(partly.contains("ada@example.com"), "{partly}");
    assert!(partly.contains("What to do:</strong> Allow Moderator promotion"), "{partly}");
    let refused = row("<strong>refused");
    assert!(refused.contains("set the role") && refused.contains("switch allow_admin_promotion"));
    row("created as Registered, active");
    assert!(!page.contains("globex"), "{page}");
    assert!(page.contains("<time datetime=\"2"), "{page}");

    // Each condition leaves out what doesn't satisfy it.
    for (query, number) in [
        ("outcome=partly_accepted", 1),
        ("outcome=refused", 2),
        ("outcome=refused&caller=operator", 0),
        ("caller=connection:scim", 3),
        ("user=ADA@example.com", 3),
        (&format!("user={id}&caller=connection:scim"), 2),
        ("user=bob@globex.example", 0),
        ("user=nobody", 0),
    ] {
        let page = browser.get(&format!("{LOG}?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(rows(&page.text()).len(), number, "{query}: {}", page.text());
        assert!(number > 0 || page.text().contains("class=\"empty\""), "{query}");
    }
    assert_eq!(browser.get("/sites/nowhere/log").await.status, 404);
    let mut stranger = Browser::at(house.console().await);
    assert_eq!(stranger.get(LOG).await.status, 303);
    // It looks again by itself only where that is asked for.
    assert_eq!(browser.get(LOG).await.header("refresh"), None);
    let page = browser.get(LOG).await.text();
    let way = page.split("href=\"").find(|part| part.contains("live=")).unwrap();
    let way = way.split('"').next().unwrap();
    assert_eq!(browser.get(way).await.header("refresh"), Some("5"));
    // And not for ever: that would keep the session of somebody who has left.
    let since: i64 = way.rsplit_once('=').unwrap().1.parse().unwrap();
    for since in
        [(since - 25 * 60).to_string(), "0".to_owned(), i64::MAX.to_string(), String::new()]
    {
        let page = browser.get(&format!("{LOG}?live={since}")).await;
        assert_eq!((page.status, page.header("refresh")), (200, None), "{since}");
        assert!(page.text().contains("Look every 5 seconds"), "{since}");
    }
}

async fn services_are_among_those_who_asked(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let token = house.operator.service_token("billing").await;
    let request = RegisterSignInRequest {
        site: site.name.clone(),
        user_name: "ada@example.com".to_owned(),
        ..RegisterSignInRequest::default()
    };
    house.operator.with_token(&token).users().register_sign_in(request).await.unwrap();
    site.user("bob@example.com").await;
    let page = browser.get(LOG).await.text();
    let choice = "<option value=\"service:billing\">service billing</option>";
    assert!(page.contains(choice), "{page}");
    let page = browser.get(&format!("{LOG}?caller=service%3Abilling")).await.text();
    assert!(page.contains("value=\"service:billing\" selected"), "{page}");
    assert!(page.contains("ada@example.com") && !page.contains("bob@example.com"), "{page}");
    // Whom a link names stays chosen, also where nobody of the name is there any more.
    let page = browser.get(&format!("{LOG}?caller=service%3Agone")).await.text();
    assert!(page.contains("<option value=\"service:gone\" selected>service gone<"), "{page}");
}

async fn the_log_is_paged_without_a_gap(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    for number in 0..35 {
        site.user(&format!("user-{number}-")).await;
        if number % 3 == 0 {
            let path = format!("/Groups?filter=displayName{number}%20eqq%20%22x%22");
            site.push("PATCH", &path).send().await;
            site.get("/Users?filter=userName%20eqq%20%22x%22").await.expect(400);
        }
    }
    refused(&site, 12).await;
    let (mut path, mut seen, mut failed, mut pages) = (LOG.to_owned(), Vec::new(), 0, 0);
    let name = Regex::new("user-[0-9]+-").unwrap();
    let older = Regex::new("href=\"([^\"]+)\">Older<").unwrap();
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let page = page.text();
        assert!(page.len() < 60 * 1024, "{}", page.len());
        let found = rows(&page);
        seen.extend(found.iter().filter_map(|row| Some(name.find(row)?.as_str().to_owned())));
        failed += found.iter().filter(|row| row.contains("GET /Users")).count();
        pages += 1;
        // What happens meanwhile moves nothing to another page.
        site.user(&format!("later-{pages}")).await;
        site.get("/Users?filter=later%20eqq%20%22x%22").await.expect(400);
        let Some(next) = older.captures(&page) else { break };
        path = next[1].replace("&amp;", "&");
    }
    assert!(pages > 1);
    assert_eq!(failed, 12);
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (35, 35), "{seen:?}");
    let numbers: Vec<i32> =
        seen.iter().map(|name| name[5..name.len() - 1].parse().unwrap()).collect();
    assert!(numbers.is_sorted_by(|one, other| one > other), "{numbers:?}");
}

async fn what_others_wrote_is_text_in_the_log(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let user = site.user_as(SCRIPT, Role::Admin).await;
    let demote = json!([{"op": "replace", "path": "userType", "value": SCRIPT}]);
    site.patch(&user.id, &demote).await.expect(200);
    let escaped = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    let paths =
        [LOG.to_owned(), format!("{LOG}?user={escaped}"), format!("{LOG}?outcome={escaped}")];
    for path in paths {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let page = page.text();
        assert!(page.contains("alert(1)"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
    for query in ["events=made-up", "before=x", "same=-1"] {
        let page = browser.get(&format!("{LOG}?{query}")).await;
        assert!([400, 422].contains(&page.status), "{query}: {}", page.status);
    }
}
