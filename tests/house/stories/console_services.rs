//! Services in the console: what each may do, who follows, and who is out everywhere.

use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::{
    AcknowledgeEventsRequest, Grant, ListServiceTokensRequest, Permission, PutGrantRequest,
    WatchEventsRequest, WatchStart, grant,
};

use crate::support::browser::{Browser, hidden_form};
use crate::support::{House, Site, in_every_house};

in_every_house!(
    a_grant_and_a_token_are_taken_away_once_that_was_asked,
    who_follows_and_who_is_out_is_shown,
);

async fn a_grant_and_a_token_are_taken_away_once_that_was_asked(house: &House) {
    Site::new(house, "acme").await;
    Site::new(house, "globex").await;
    let mut browser = Browser::of_operator(house).await;
    for path in ["/services", "/sites/acme/services"] {
        let page = browser.get(path).await.text();
        assert!(page.contains("class=\"empty\""), "{page}");
    }
    let token = house.operator.service_token("billing").await;
    for site in ["acme", "globex"] {
        let grant = Grant {
            scope: Some(grant::Scope::Site(site.to_owned())),
            permissions: vec![Permission::ReadUsers.into(), Permission::ReadLedger.into()],
            highest_role: 0,
        };
        let service = "billing".to_owned();
        let request = PutGrantRequest { service, grant: Some(grant), options: None };
        house.operator.services().put_grant(request).await.unwrap();
    }
    let page = browser.get("/services/billing").await.text();
    for word in ["every site", "acme", "globex", "read users, read ledger", "active"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains(&token) && !page.contains("provost_svc_"), "no secret is in a page");
    assert!(browser.get("/services").await.text().contains("/services/billing\""));

    let page = browser.get("/sites/acme/services").await.text();
    assert!(page.contains("read users, read ledger") && !page.contains("globex"), "{page}");
    let way = page.split("href=\"").find(|part| part.contains("/remove?")).unwrap();
    let way = way.split('"').next().unwrap().to_owned();
    // Against another version than was shown it is refused.
    let outdated = browser.post("/sites/acme/services/billing/remove", &[("version", "1")]).await;
    assert_eq!(outdated.status, 422, "{}", outdated.text());
    let asked = browser.get(&way).await.text();
    assert!(asked.contains("Take the grant about acme from the service billing?"), "{asked}");
    let (target, fields) = hidden_form(&asked);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let done = browser.post(&target, &fields).await;
    assert!(browser.follow(&done).await.text().contains("class=\"empty\""));
    assert!(browser.get("/sites/globex/services").await.text().contains("read ledger"));

    let request = ListServiceTokensRequest { service: "billing".to_owned(), ..Default::default() };
    let tokens = house.operator.services().list_service_tokens(request).await.unwrap();
    let id = &tokens.into_inner().tokens[0].id;
    let revoke = format!("/services/billing/tokens/{id}/revoke");
    assert!(browser.get(&revoke).await.text().contains("Revoke a token of the service billing?"));
    let done = browser.post(&revoke, &[]).await;
    assert!(browser.follow(&done).await.text().contains("revoked"));
    for path in ["/services/nobody", "/sites/nowhere/services"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
}

async fn who_follows_and_who_is_out_is_shown(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let ada = site.user("ada@example.com").await.id;
    let person = format!("/sites/acme/people/{ada}");
    let path = format!("{person}/cutoff");
    let page = browser.get(&path).await.text();
    assert!(page.contains("Nobody deactivated this user"), "{page}");

    let token = house.operator.service_token("billing").await;
    let mut ledgers = house.operator.with_token(&token).ledgers();
    let request = WatchEventsRequest {
        sites: vec![site.name.clone()],
        start: Some(Start::StartAt(WatchStart::Now.into())),
        ..WatchEventsRequest::default()
    };
    let mut watch = ledgers.watch_events(request).await.unwrap().into_inner();
    let cursor = watch.message().await.unwrap().unwrap().cursor;
    let consumer = "follower".to_owned();
    let request = AcknowledgeEventsRequest { consumer, cursor, rewind: false };
    ledgers.acknowledge_events(request).await.unwrap();

    let version = site.stored(&ada).await.version.to_string();
    let done = browser.post(&format!("{person}/deactivate"), &[("version", &version)]).await;
    assert!(browser.follow(&done).await.text().contains(&path), "there is a way to it");
    let page = browser.get(&path).await.text();
    assert!(page.contains("Not everywhere yet") && page.contains("not yet"), "{page}");
    assert!(page.contains("follower") && page.contains("service:billing"), "{page}");
    assert_eq!(browser.get(&format!("/sites/nowhere/people/{ada}/cutoff")).await.status, 404);
    let unknown = browser.get(&path.replace(&ada[..8], "01980f5e")).await;
    assert_eq!(unknown.status, 404, "{}", unknown.text());
    assert!(unknown.text().contains("There is no such page"), "{}", unknown.text());

    let page = browser.get("/sites/acme/services").await.text();
    assert!(page.contains("follower") && page.contains("service:billing"), "{page}");
    let way = "/sites/acme/consumers/remove?consumer=follower&caller=service%3Abilling";
    let (target, fields) = hidden_form(&browser.get(way).await.text());
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let done = browser.post(&target, &fields).await;
    assert!(!browser.follow(&done).await.text().contains("follower"));
    let page = browser.get(&path).await.text();
    assert!(page.contains("nobody can tell"), "{page}");
}
