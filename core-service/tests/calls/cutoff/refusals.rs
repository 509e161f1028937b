//! What is not taken note of, and what can't be told: each with its words.

use super::super::fixture::*;
use super::super::watches::{of, of_all};
use super::{acknowledge, consumers, cursor, cutoff, head, may_follow, places};
use provost_proto::v1;
use provost_proto::v1::Permission;
use provost_proto::v1::get_cutoff_request::Decision;
use provost_proto::v1::{Role, WatchStart};
use tonic::Code;

on_both_databases!(
    who_may_not_read_a_ledger_acknowledges_nothing_of_it,
    what_is_no_acknowledgement_is_refused_with_words,
    a_restored_ledger_is_told_to_who_acknowledges,
    what_cant_be_told_is_refused_with_words,
    a_consumer_is_deleted_by_whose_it_is,
    a_ledger_has_so_many_consumers,
    a_caller_has_so_many_consumers,
);

async fn who_may_not_read_a_ledger_acknowledges_nothing_of_it(fixture: Fixture) {
    fixture.site("globex").await;
    let here = head(&fixture, SITE).await;
    let both = cursor(&fixture, of(&[SITE, "globex"], WatchStart::Now)).await;
    let all = cursor(&fixture, of_all(WatchStart::Now)).await;
    let own = v1::WatchEventsRequest { installation: true, ..of(&[], WatchStart::Now) };
    let own = cursor(&fixture, own).await;
    let elsewhere = fixture.service("elsewhere", vec![may_follow(Some("globex"))]).await;
    let everywhere = fixture.service("everywhere", vec![may_follow(None)]).await;
    let nothing = fixture.service("nothing", Vec::new()).await;
    let connection = fixture.token(SITE).await;
    for (token, cursor, expected) in [
        (&elsewhere, &here, "GRANT_MISSING"),
        (&elsewhere, &both, "GRANT_MISSING"),
        (&nothing, &all, "GRANT_MISSING"),
        (&everywhere, &own, "CALLER_NOT_PERMITTED"),
        (&connection, &here, "CALLER_NOT_PERMITTED"),
    ] {
        let refused = acknowledge(&fixture.core, token, "mail", cursor).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::PermissionDenied, expected.to_owned()), "{refused}");
        // Anybody can write a cursor, and would learn what sites are called.
        assert!(!format!("{refused:?}").contains(SITE), "{refused:?}");
    }
    assert_eq!(consumers(&fixture, SITE).await, []);
}

async fn what_is_no_acknowledgement_is_refused_with_words(fixture: Fixture) {
    let now = head(&fixture, SITE).await;
    for (consumer, cursor, expected) in [
        ("", &*now, "VALUE_INVALID"),
        ("Mail", &now, "VALUE_INVALID"),
        ("mail", "", "CURSOR_INVALID"),
        ("mail", "AAAA", "CURSOR_INVALID"),
        // A watch of sites does not tell of the installation.
        ("mail", "AQAAAAAAAAAAAA", "CURSOR_INVALID"),
    ] {
        let refused = acknowledge(&fixture.core, OPERATOR, consumer, cursor).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, expected.to_owned()), "{cursor}");
    }
}

/// As after a backup of before somebody came was put back.
async fn restore(fixture: &Fixture) {
    let gone = format!(
        "DELETE FROM events WHERE revision > 1 AND site_id = \
         (SELECT id FROM sites WHERE name = '{SITE}') RETURNING kind"
    );
    assert_eq!(fixture.rows(&gone).await.len(), 1);
    let head = format!("UPDATE sites SET revision = 1 WHERE name = '{SITE}' RETURNING name");
    fixture.rows(&head).await;
}

async fn a_restored_ledger_is_told_to_who_acknowledges(fixture: Fixture) {
    let before = head(&fixture, SITE).await;
    fixture.user("ada", Role::Registered).await;
    let after = head(&fixture, SITE).await;
    restore(&fixture).await;
    let told = async |expected: &str| {
        let refused = acknowledge(&fixture.core, OPERATOR, "mail", &after).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::FailedPrecondition, expected.to_owned()));
        assert!(refused.message().contains("begin again"), "{refused}");
    };
    told("CURSOR_AHEAD").await;
    fixture.user("bob", Role::Registered).await;
    told("CURSOR_DIVERGED").await;
    assert_eq!(consumers(&fixture, SITE).await, []);
    // What is as it was can be acknowledged.
    assert!(acknowledge(&fixture.core, OPERATOR, "mail", &before).await.unwrap());
    assert_eq!(places(&consumers(&fixture, SITE).await), [("operator", "mail", 1)]);
}

async fn what_cant_be_told_is_refused_with_words(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await.id;
    let nobody = "00000000-0000-0000-0000-000000000001".to_owned();
    for (decision, code, expected) in [
        (Decision::UserId(ada.clone()), Code::NotFound, "EVENT_NOT_FOUND"),
        (Decision::UserId(nobody), Code::NotFound, "EVENT_NOT_FOUND"),
        (Decision::UserId("ada".to_owned()), Code::NotFound, "USER_NOT_FOUND"),
        (Decision::Revision(0), Code::NotFound, "EVENT_NOT_FOUND"),
        (Decision::Revision(3), Code::NotFound, "EVENT_NOT_FOUND"),
    ] {
        let refused = cutoff(&fixture, SITE, decision.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), (code, expected.to_owned()), "{decision:?}");
    }
    let unnamed = v1::GetCutoffRequest { site: SITE.to_owned(), ..Default::default() };
    let decision = Some(Decision::UserId(ada));
    let of_none = v1::GetCutoffRequest { installation: true, decision, ..Default::default() };
    for request in [unnamed, of_none] {
        let refused = ledgers(&fixture.core, OPERATOR).get_cutoff(request).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
    }
}

async fn a_consumer_is_deleted_by_whose_it_is(fixture: Fixture) {
    let now = head(&fixture, SITE).await;
    let billing = fixture.service("billing", vec![may_follow(Some(SITE))]).await;
    let desk = fixture.service("desk", vec![may_follow(Some(SITE))]).await;
    let access = &[Permission::ReadLedger, Permission::ManageAccess];
    let access = |site| vec![grant(site, access, Role::Unspecified)];
    fixture.site("globex").await;
    let [access_here, access_elsewhere] = [
        fixture.service("access", access(Some(SITE))).await,
        fixture
            .service("elsewhere", [access(Some("globex")), vec![may_follow(Some(SITE))]].concat())
            .await,
    ];
    for token in [&billing, &desk] {
        acknowledge(&fixture.core, token, "mail", &now).await.unwrap();
    }
    let delete = async |token: &str, caller: &str| {
        let request = v1::DeleteConsumerRequest {
            site: SITE.to_owned(),
            consumer: "mail".to_owned(),
            caller: caller.to_owned(),
            installation: false,
        };
        let answer = ledgers(&fixture.core, token).delete_consumer(request).await;
        answer.map(|_| ()).map_err(|status| reason(&status).1)
    };
    let refused = |reason: &str| Err(reason.to_owned());
    assert_eq!(delete(&desk, "service:billing").await, refused("CALLER_NOT_PERMITTED"));
    assert_eq!(delete(&access_elsewhere, "service:billing").await, refused("CALLER_NOT_PERMITTED"));
    assert_eq!(delete(OPERATOR, "").await, refused("CONSUMER_NOT_FOUND"));
    assert_eq!(delete(&billing, "").await, Ok(()));
    assert_eq!(delete(&billing, "service:billing").await, refused("CONSUMER_NOT_FOUND"));
    assert_eq!(delete(OPERATOR, "service:desk").await, Ok(()));
    acknowledge(&fixture.core, &desk, "mail", &now).await.unwrap();
    assert_eq!(delete(&access_here, "service:desk").await, Ok(()));
    assert_eq!(consumers(&fixture, SITE).await, []);
}

/// As if other callers had them already.
async fn seed(fixture: &Fixture, caller: &str, number: usize) {
    let row = |number| {
        format!(
            "((SELECT id FROM sites WHERE name = '{SITE}'), '{caller}', 'number-{number}', 0, 1, '[]')"
        )
    };
    let rows = (0..number).map(row).collect::<Vec<_>>().join(", ");
    let insert = format!(
        "INSERT INTO consumers (site_id, caller, name, revision, since, passed) VALUES {rows} RETURNING name"
    );
    assert_eq!(fixture.rows(&insert).await.len(), number);
}

async fn a_ledger_has_so_many_consumers(fixture: Fixture) {
    let first = head(&fixture, SITE).await;
    acknowledge(&fixture.core, OPERATOR, "here", &first).await.unwrap();
    seed(&fixture, "others", 99).await;
    let refused = acknowledge(&fixture.core, OPERATOR, "late", &first).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    assert!(refused.message().contains("has 100 consumers"), "{refused}");
    // Those that it has go on.
    fixture.user("ada", Role::Registered).await;
    let second = head(&fixture, SITE).await;
    assert!(acknowledge(&fixture.core, OPERATOR, "here", &second).await.unwrap());
    assert_eq!(consumers(&fixture, SITE).await.len(), 100);
}

/// Also where many begin at once.
async fn a_caller_has_so_many_consumers(fixture: Fixture) {
    let first = head(&fixture, SITE).await;
    seed(&fixture, "operator", 7).await;
    let names = ["one", "two", "three"];
    let begun = names.map(|name| acknowledge(&fixture.core, OPERATOR, name, &first));
    let mut refused = 0;
    for answer in futures::future::join_all(begun).await {
        let Err(status) = answer else { continue };
        assert_eq!(reason(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
        assert!(status.message().contains("you have 8 consumers"), "{status}");
        refused += 1;
    }
    assert_eq!(refused, 2);
    let billing = fixture.service("billing", vec![may_follow(Some(SITE))]).await;
    assert!(acknowledge(&fixture.core, &billing, "mail", &first).await.unwrap());
    assert_eq!(consumers(&fixture, SITE).await.len(), 9);
}
