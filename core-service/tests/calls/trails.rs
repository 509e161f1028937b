//! The events about one user: each names the one before it, so that they are found however many others
//! there are.

use super::fixture::*;
use super::ledgers::{everything, fill, revisions};
use provost_proto::v1;
use provost_proto::v1::{EventOrder, Role};

on_both_databases!(
    every_event_about_a_user_names_the_one_before,
    a_trail_is_found_between_many_others,
    events_that_name_none_are_found_too,
    whose_row_went_unseen_is_looked_for_event_by_event,
);

/// Changes, a notice, a refusal and something that changes nothing.
async fn a_life(fixture: &Fixture) -> [v1::User; 2] {
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    let mut operator = fixture.users();
    let mut okta = fixture.connection().await;
    for step in 0..2 {
        let last_admin = change(&mut operator, &ada.id, vec![set_active(false)], none());
        assert_eq!(reason(&last_admin.await.unwrap_err()).1, "LAST_ADMIN");
        let title = set_title(&step.to_string());
        change(&mut operator, &bob.id, vec![title.clone()], none()).await.unwrap();
        let promoted = vec![set_role(Role::Admin), title];
        assert!(!change(&mut okta, &bob.id, promoted, none()).await.unwrap().notices.is_empty());
        change(&mut okta, &ada.id, vec![set_title("Countess")], none()).await.unwrap();
    }
    let dry = v1::WriteOptions { validate_only: true, ..none() };
    change(&mut operator, &bob.id, vec![set_title("dry")], dry).await.unwrap();
    [ada, bob]
}

fn none() -> v1::WriteOptions {
    v1::WriteOptions::default()
}

async fn delete(fixture: &Fixture, user: &v1::User) {
    let user_id = user.id.clone();
    let request = v1::DeleteUserRequest { site: SITE.to_owned(), user_id, options: None };
    fixture.users().delete_user(request).await.unwrap();
}

/// What each event about a user says of the one before, and what there is.
async fn links(fixture: &Fixture) -> Vec<[String; 2]> {
    let sql = "SELECT coalesce(cast(previous_revision AS text), '-'), \
         cast(coalesce((SELECT max(b.revision) FROM events AS b WHERE b.site_id = e.site_id \
         AND b.user_id = e.user_id AND b.revision < e.revision), 0) AS text) \
         FROM events AS e WHERE e.user_id IS NOT NULL ORDER BY e.site_id, e.revision";
    let rows = fixture.rows(sql).await;
    rows.into_iter().map(|row| row.try_into().unwrap()).collect()
}

fn about(user: &v1::User) -> v1::ListEventsRequest {
    v1::ListEventsRequest { user_id: user.id.clone(), ..everything() }
}

/// In either order and however small the pages, and all at once in one page.
async fn check(fixture: &Fixture, user: &v1::User, expected: &[i64]) {
    for (order, reversed) in [(EventOrder::OldestFirst, false), (EventOrder::NewestFirst, true)] {
        let mut expected = expected.to_vec();
        if reversed {
            expected.reverse();
        }
        let asked = v1::ListEventsRequest { order: order.into(), ..about(user) };
        assert_eq!(revisions(fixture, asked.clone()).await, (expected.clone(), 1), "{order:?}");
        for page_size in [1, 2] {
            let asked = v1::ListEventsRequest { page_size, ..asked.clone() };
            let (found, pages) = revisions(fixture, asked).await;
            let size = usize::try_from(page_size).unwrap();
            assert_eq!((found, pages), (expected.clone(), expected.len().div_ceil(size)));
        }
    }
}

async fn every_event_about_a_user_names_the_one_before(fixture: Fixture) {
    let [ada, bob] = a_life(&fixture).await;
    delete(&fixture, &bob).await;
    let links = links(&fixture).await;
    assert_eq!(links.len(), 10);
    assert!(links.iter().all(|[named, there]| named == there), "{links:?}");
    // 1 site, 2 ada, 3 bob, 4 token; the second time Countess is no news.
    check(&fixture, &ada, &[2, 5, 8, 9]).await;
    check(&fixture, &bob, &[3, 6, 7, 10, 11, 12]).await;
    for (kind, expected) in [("user_deleted", &[12][..]), ("user_created", &[3]), ("other", &[])] {
        let asked = v1::ListEventsRequest { kind: kind.to_owned(), ..about(&bob) };
        assert_eq!(revisions(&fixture, asked).await.0, expected);
    }
}

async fn a_trail_is_found_between_many_others(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Registered).await;
    let behind = 120_000;
    fill(&fixture, 3, behind).await;
    fixture.rows(&format!("UPDATE sites SET revision = {behind} RETURNING name")).await;
    let mut operator = fixture.users();
    let changed = change(&mut operator, &ada.id, vec![set_title("x")], none()).await.unwrap();
    assert_eq!(changed.revision, behind + 1);
    check(&fixture, &ada, &[2, behind + 1]).await;
    delete(&fixture, &ada).await;
    check(&fixture, &ada, &[2, behind + 1, behind + 2]).await;
    let noon = fixture.event(behind + 1).await.time;
    for (asked, expected) in [
        (v1::ListEventsRequest { start_time: noon, ..about(&ada) }, &[behind + 2, behind + 1][..]),
        (v1::ListEventsRequest { end_time: noon, ..about(&ada) }, &[2]),
    ] {
        assert_eq!(revisions(&fixture, asked).await, (expected.to_vec(), 1));
    }
}

/// Of before there were chains, and by a core that knows of none beside one that does.
async fn events_that_name_none_are_found_too(fixture: Fixture) {
    let [ada, bob] = a_life(&fixture).await;
    fixture.rows("UPDATE events SET previous_revision = NULL RETURNING kind").await;
    fixture.rows("UPDATE users SET last_event = 0 RETURNING user_name").await;
    let all = [3, 6, 7, 10, 11];
    check(&fixture, &bob, &all).await;
    let mut operator = fixture.users();
    for title in ["a", "b", "c"] {
        change(&mut operator, &bob.id, vec![set_title(title)], none()).await.unwrap();
    }
    let all = [&all[..], &[12, 13, 14]].concat();
    check(&fixture, &bob, &all).await;
    let pass_over = [
        "UPDATE events SET previous_revision = 12 WHERE revision = 14 RETURNING kind",
        "UPDATE events SET previous_revision = NULL WHERE revision = 13 RETURNING kind",
    ];
    for sql in pass_over {
        fixture.rows(sql).await;
    }
    check(&fixture, &bob, &all).await;
    delete(&fixture, &bob).await;
    check(&fixture, &bob, &[&all[..], &[15]].concat()).await;
    check(&fixture, &ada, &[2, 5, 8, 9]).await;
}

/// By a core that names no events, or with the whole site.
async fn whose_row_went_unseen_is_looked_for_event_by_event(fixture: Fixture) {
    let [ada, bob] = a_life(&fixture).await;
    delete(&fixture, &bob).await;
    let unseen = "UPDATE events SET previous_revision = NULL WHERE revision = 12 RETURNING kind";
    fixture.rows(unseen).await;
    fixture.rows("DELETE FROM users RETURNING user_name").await;
    for (user, expected) in [(bob, &[12, 11, 10, 7, 6, 3][..]), (ada, &[9, 8, 5, 2])] {
        for page_size in [0, 1] {
            let asked = v1::ListEventsRequest { page_size, ..about(&user) };
            assert_eq!(revisions(&fixture, asked).await.0, expected);
        }
    }
}
