//! Requests with ids: found by their key, read back as they were, and removed when they are old or
//! too many.

use super::fixture::{Fixture, on_both_databases};
use super::people::{save, try_to_save};
use provost_core::StoreError;
use provost_domain::{
    Changes, ConnectionName, KeptRequest, MetadataKey, Needs, Notice, Reason, Refusal, RequestId,
    RequestKey, RequestOutcome, RequestSubject, ServiceName, SiteId, Timestamp, TokenId, UserId,
};
use uuid::Uuid;

on_both_databases!(
    requests_are_found_by_their_key_and_read_as_they_were,
    an_id_is_kept_once,
    what_another_version_wrote_is_there_and_holds_up_nobody,
    what_is_old_or_too_much_is_removed_a_little_at_a_time,
);

fn key(site: i64, id: &str) -> RequestKey {
    RequestKey {
        site: SiteId(site),
        caller: "operator".to_owned(),
        id: RequestId::parse(id).unwrap(),
    }
}

fn kept(key: RequestKey, outcome: RequestOutcome, at: i64) -> KeptRequest {
    KeptRequest { key, fingerprint: "a7".to_owned(), outcome, decided_at: Timestamp(at) }
}

async fn keep(fixture: &Fixture, new_requests: Vec<KeptRequest>) {
    save(&fixture.store, Changes { new_requests, ..Changes::default() }).await;
}

async fn found(fixture: &Fixture, keys: &[RequestKey]) -> Vec<KeptRequest> {
    let mut writer = fixture.store.group_writer();
    let (mut group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
    let needs = Needs { requests: keys.iter().cloned().collect(), ..Needs::default() };
    let mut found = group.load(&needs).await.unwrap().requests;
    found.sort_by(|one, other| one.key.cmp(&other.key));
    found
}

fn subjects() -> Vec<RequestSubject> {
    vec![
        RequestSubject::User { user: UserId(Uuid::from_u128(7)), created: true },
        RequestSubject::Deleted,
        RequestSubject::Site {
            site: SiteId(8),
            name: "it's".to_owned(),
            created_at: Timestamp(-9),
        },
        RequestSubject::Settings,
        RequestSubject::Connection {
            connection: ConnectionName::as_stored("okta".to_owned()),
            created_at: Timestamp(9),
        },
        RequestSubject::Token(TokenId(Uuid::from_u128(10))),
        RequestSubject::Service(ServiceName::as_stored("billing".to_owned())),
        RequestSubject::ServiceToken(TokenId(Uuid::from_u128(11))),
    ]
}

async fn requests_are_found_by_their_key_and_read_as_they_were(fixture: &Fixture) {
    let refusal = Refusal::about(Reason::UserNameTaken, "user_name", "Ada's \"name\" \\ 日本\n")
        .naming(MetadataKey::UserName, "ada'\"");
    let notice = Notice::from(refusal.clone());
    let decided = subjects().into_iter().map(|subject| RequestOutcome::Decided {
        subject,
        changed: true,
        notices: vec![(&notice).into()],
        revision: i64::MAX,
    });
    let outcomes = decided.chain([RequestOutcome::Refused { refusal: (&refusal).into() }]);
    let mut requests: Vec<_> = outcomes
        .enumerate()
        .map(|(number, outcome)| kept(key(1, &format!("~{number}'\"")), outcome, 5))
        .collect();
    requests.push(kept(key(0, "~1'\""), RequestOutcome::Refused { refusal: (&refusal).into() }, 6));
    keep(fixture, requests.clone()).await;
    requests.sort_by(|one, other| one.key.cmp(&other.key));
    let mut keys: Vec<_> = requests.iter().map(|request| request.key.clone()).collect();
    keys.push(key(2, "~1'\""));
    keys.push(RequestKey { caller: "connection:okta".to_owned(), ..keys[0].clone() });
    assert_eq!(found(fixture, &keys).await, requests);
    assert_eq!(found(fixture, &keys[..1]).await, requests[..1]);
}

fn settings(site: i64, id: &str, at: i64) -> KeptRequest {
    let subject = RequestSubject::Settings;
    let outcome =
        RequestOutcome::Decided { subject, changed: false, notices: Vec::new(), revision: 1 };
    kept(key(site, id), outcome, at)
}

async fn an_id_is_kept_once(fixture: &Fixture) {
    let request = settings(1, "1", 5);
    keep(fixture, vec![request.clone()]).await;
    let changes = Changes { new_requests: vec![request], ..Changes::default() };
    let conflict = try_to_save(&fixture.store, &changes).await.unwrap_err();
    assert!(matches!(conflict, StoreError::Conflict(_)), "{conflict}");
}

async fn what_another_version_wrote_is_there_and_holds_up_nobody(fixture: &Fixture) {
    keep(fixture, vec![settings(1, "1", 5), settings(1, "2", 5)]).await;
    for outcome in [
        r#"{"kind":"merged","into":7}"#,
        r#"{"kind":"refused","refusal":{"reason":"NEWER","attribute":"","message":"","metadata":[]}}"#,
        r#"{"kind":"decided","subject":{"group":7},"changed":true,"notices":[],"revision":1}"#,
        "no JSON",
    ] {
        fixture.rows(&format!("UPDATE request_ids SET outcome = '{outcome}' WHERE id = '2'")).await;
        let newer = KeptRequest { outcome: RequestOutcome::Unreadable, ..settings(1, "2", 5) };
        let found = found(fixture, &[key(1, "1"), key(1, "2")]).await;
        assert_eq!(found, [settings(1, "1", 5), newer], "{outcome}");
    }
}

async fn what_is_old_or_too_much_is_removed_a_little_at_a_time(fixture: &Fixture) {
    let store = &fixture.store;
    // Site 1 has old ones and new ones, site 2 only new ones, site 3 one more than is kept of one
    // caller, and older ones of another.
    let of = |site: i64, times: std::ops::Range<i64>| {
        times.map(move |at| settings(site, &format!("at-{at}"), at))
    };
    let of_other = (1_000..1_010).map(|at| {
        let mut request = settings(3, &format!("at-{at}"), at - 1);
        "connection:okta".clone_into(&mut request.key.caller);
        request
    });
    let here = of(1, 0..1_010).chain(of(2, 1_000..1_005)).chain(of(3, 1_000..1_016));
    keep(fixture, here.chain(of_other).collect()).await;
    let until = Timestamp(998);
    let owned =
        |(site, caller, at): (i64, &str, i64)| (SiteId(site), caller.to_owned(), Timestamp(at));
    let callers = [(1, "operator", 0), (2, "operator", 1_000), (3, "connection:okta", 999)];
    let callers = callers.into_iter().chain([(3, "operator", 1_000)]).map(owned);
    assert_eq!(store.requests_by_caller().await.unwrap(), callers.collect::<Vec<_>>());
    let surplus = async |most| store.surplus_requests(SiteId(3), "operator", most).await.unwrap();
    assert_eq!([surplus(16).await, surplus(15).await], [None, Some(Timestamp(1_000))]);
    let numbers = async || {
        let rows = fixture
            .rows(
                "SELECT cast(count(*) AS text) FROM request_ids GROUP BY site_id ORDER BY site_id",
            )
            .await;
        rows.concat()
    };
    assert!(store.remove_requests(SiteId(1), "operator", until).await.unwrap());
    assert_eq!(numbers().await, ["510", "5", "26"]);
    for (site, until) in [(1, until), (3, Timestamp(1_000))] {
        while store.remove_requests(SiteId(site), "operator", until).await.unwrap() {}
    }
    assert_eq!(numbers().await, ["11", "5", "25"]);
    assert!(found(fixture, &[key(3, "at-1000")]).await.is_empty());
    assert_eq!(surplus(15).await, None);
}
