//! Ledgers that are kept for some days only: who says so, and what of them is read.

use super::fixture::*;
use super::ledgers::everything;
use provost_proto::v1;
use provost_proto::v1::{EventOrder, Permission, Role};
use tonic::Code;

on_both_databases!(
    only_the_operator_says_how_long_a_ledger_is_kept,
    what_leads_behind_the_oldest_event_ends,
);

fn kept(days: i32) -> v1::UpdateScimSettingsRequest {
    v1::UpdateScimSettingsRequest {
        site: SITE.to_owned(),
        ledger_retention_days: Some(days),
        ..v1::UpdateScimSettingsRequest::default()
    }
}

async fn ledger(fixture: &Fixture) -> v1::Ledger {
    let request = v1::GetLedgerRequest { site: SITE.to_owned(), ..Default::default() };
    let answer = ledgers(&fixture.core, OPERATOR).get_ledger(request).await.unwrap();
    answer.into_inner().ledger.unwrap()
}

async fn only_the_operator_says_how_long_a_ledger_is_kept(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    assert_eq!(ledger(&fixture).await.retention_days, 0, "for ever");
    let set = fixture.sites().update_scim_settings(kept(30)).await.unwrap().into_inner();
    assert_eq!(set.settings.unwrap().ledger_retention_days, 30);
    assert_eq!(ledger(&fixture).await.retention_days, 30);
    let line = fixture.event(3).await;
    assert_eq!((line.kind.as_str(), line.kind_version), ("settings_changed", 4));

    let permissions = [Permission::ManageSettings, Permission::ActForUsers];
    let token =
        fixture.service("console", vec![grant(Some(SITE), &permissions, Role::Unspecified)]).await;
    let mut console = sites(&fixture.core, &token);
    for on_behalf_of in [String::new(), ada.id] {
        for days in [0, 1, 29] {
            let options =
                v1::WriteOptions { on_behalf_of: on_behalf_of.clone(), ..Default::default() };
            let request = v1::UpdateScimSettingsRequest { options: Some(options), ..kept(days) };
            let refusal = console.update_scim_settings(request).await.unwrap_err();
            let expected = (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned());
            assert_eq!(reason(&refusal), expected);
        }
        let options = v1::WriteOptions { on_behalf_of, ..Default::default() };
        let same = v1::UpdateScimSettingsRequest { options: Some(options), ..kept(30) };
        console.update_scim_settings(same).await.unwrap();
    }
    let refusal = fixture.sites().update_scim_settings(kept(-1)).await.unwrap_err();
    assert_eq!(reason(&refusal).1, "VALUE_INVALID");
    assert_eq!(ledger(&fixture).await.retention_days, 30);
}

async fn page(fixture: &Fixture, request: &v1::ListEventsRequest) -> (Vec<i64>, String) {
    let answer = ledgers(&fixture.core, OPERATOR).list_events(request.clone()).await.unwrap();
    let v1::ListEventsResponse { events, next_page_token } = answer.into_inner();
    (events.into_iter().map(|event| event.revision).collect(), next_page_token)
}

/// While somebody reads page by page, too.
async fn what_leads_behind_the_oldest_event_ends(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let mut operator = fixture.users();
    for step in 0..8 {
        let title = vec![set_title(&step.to_string())];
        change(&mut operator, &ada.id, title, v1::WriteOptions::default()).await.unwrap();
    }
    // 1 site, 2 ada, 3 to 10 titles.
    let before = fixture.event(5).await.time;
    let about = |order: EventOrder, page_size| {
        let user_id = ada.id.clone();
        v1::ListEventsRequest { user_id, order: order.into(), page_size, ..everything() }
    };
    let mut begun = Vec::new();
    for (order, size) in [(EventOrder::NewestFirst, 2), (EventOrder::NewestFirst, 6)] {
        let page_token = page(&fixture, &about(order, size)).await.1;
        begun.push(v1::ListEventsRequest { page_token, ..about(order, size) });
    }
    let page_token = page(&fixture, &about(EventOrder::OldestFirst, 2)).await.1;
    begun.push(v1::ListEventsRequest { page_token, ..about(EventOrder::OldestFirst, 2) });
    let trim = "DELETE FROM events WHERE revision < 7 RETURNING kind";
    assert_eq!(fixture.rows(trim).await.len(), 6);
    assert_eq!(ledger(&fixture).await.oldest_revision, 7);

    let mut read = Vec::new();
    for mut request in begun {
        let mut revisions = Vec::new();
        loop {
            let (found, next) = page(&fixture, &request).await;
            revisions.extend(found);
            request.page_token = next;
            if request.page_token.is_empty() {
                break;
            }
        }
        read.push(revisions);
    }
    assert_eq!(read, [vec![8, 7], vec![], vec![7, 8, 9, 10]]);
    let all = page(&fixture, &about(EventOrder::NewestFirst, 0)).await;
    assert_eq!(all, (vec![10, 9, 8, 7], String::new()));

    let asked = |as_of_time| v1::ListRoleHoldersRequest {
        site: SITE.to_owned(),
        role: Role::Admin.into(),
        as_of_time,
        ..v1::ListRoleHoldersRequest::default()
    };
    let mut ledgers = ledgers(&fixture.core, OPERATOR);
    let refusal = ledgers.list_role_holders(asked(before)).await.unwrap_err();
    assert_eq!(reason(&refusal), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
    for kept in [fixture.event(7).await.time, None] {
        let found = ledgers.list_role_holders(asked(kept)).await.unwrap().into_inner().holders;
        assert_eq!(found.len(), 1);
    }
}
