//! Sessions: signed in by the operator's token or by a code, used, left alone, ended.

use super::fixture::*;
use provost_core::{Core, CoreSettings, IdentityProviders, ProfileSchema, Secret};
use provost_proto::v1;
use provost_telemetry::Meters;
use tonic::{Code, Status};

on_both_databases!(
    a_session_opens_what_the_operator_s_token_opens_until_it_is_ended,
    a_session_ends_with_its_time_and_with_its_use,
    the_last_use_is_kept_when_the_core_goes,
    a_code_is_good_for_one_session_and_for_nothing_else,
    a_session_makes_no_other,
    another_operator_s_token_ends_every_session,
    the_ledger_tells_of_sessions_and_nothing_keeps_their_tokens,
);

async fn signed_in(core: &Core, by: &str) -> Result<v1::CreateSessionResponse, Status> {
    let request = v1::CreateSessionRequest { options: None };
    Ok(sessions(core, by).create_session(request).await?.into_inner())
}

async fn token(fixture: &Fixture) -> String {
    let made = signed_in(&fixture.core, OPERATOR).await.unwrap();
    assert!(made.token.starts_with("provost_ses_"), "{}", made.token.len());
    made.token
}

async fn code(fixture: &Fixture) -> String {
    let request = v1::CreateSignInCodeRequest { options: None };
    let made = sessions(&fixture.core, OPERATOR).create_sign_in_code(request).await.unwrap();
    let code = made.into_inner().code;
    assert!(code.starts_with("provost_code_"), "{}", code.len());
    code
}

async fn lists_sites(core: &Core, token: &str) -> Result<(), (Code, String)> {
    let request = v1::ListSitesRequest::default();
    sites(core, token).list_sites(request).await.map(|_| ()).map_err(|status| reason(&status))
}

fn opens_nothing() -> Result<(), (Code, String)> {
    Err((Code::Unauthenticated, "TOKEN_INVALID".to_owned()))
}

async fn a_session_opens_what_the_operator_s_token_opens_until_it_is_ended(fixture: Fixture) {
    let other_core = open(&fixture.url).await;
    let token = token(&fixture).await;
    for core in [&fixture.core, &other_core] {
        assert_eq!(lists_sites(core, &token).await, Ok(()));
    }
    let ada = create(&mut users(&fixture.core, &token), "ada", v1::Role::Admin).await.unwrap();
    assert_eq!(get(&mut users(&other_core, &token), &ada.id).await.unwrap().id, ada.id);
    let mut own = sessions(&fixture.core, &token);
    let seen = own.get_session(v1::GetSessionRequest {}).await.unwrap().into_inner().session;
    assert!(seen.is_some());
    let operator = sessions(&fixture.core, OPERATOR).get_session(v1::GetSessionRequest {}).await;
    assert_eq!(operator.unwrap().into_inner().session, None);

    let ended = own.delete_session(v1::DeleteSessionRequest::default()).await.unwrap();
    assert!(ended.into_inner().changed);
    for core in [&fixture.core, &other_core] {
        assert_eq!(lists_sites(core, &token).await, opens_nothing());
    }
    // The operator ends any, by its id; where it is over nothing changes.
    let made = signed_in(&other_core, OPERATOR).await.unwrap();
    let session_id = made.session.unwrap().id;
    for changed in [true, false] {
        let request = v1::DeleteSessionRequest { session_id: session_id.clone(), options: None };
        let ended = sessions(&fixture.core, OPERATOR).delete_session(request).await.unwrap();
        assert_eq!(ended.into_inner().changed, changed);
    }
    assert_eq!(lists_sites(&other_core, &made.token).await, opens_nothing());
    other_core.close().await;
}

async fn a_session_ends_with_its_time_and_with_its_use(fixture: Fixture) {
    let minutes = |count: i64| count * 60_000_000;
    for (set, is_over) in [
        (format!("last_used_at = last_used_at - {}", minutes(29)), false),
        (format!("last_used_at = last_used_at - {}", minutes(31)), true),
        (format!("expires_at = expires_at - {}", minutes(479)), false),
        (format!("expires_at = expires_at - {}", minutes(481)), true),
    ] {
        let token = token(&fixture).await;
        fixture.rows(&format!("UPDATE sessions SET {set} RETURNING 'x'")).await;
        let expected = if is_over { opens_nothing() } else { Ok(()) };
        assert_eq!(lists_sites(&fixture.core, &token).await, expected, "{set}");
        fixture.rows("DELETE FROM sessions RETURNING 'x'").await;
    }
}

async fn the_last_use_is_kept_when_the_core_goes(fixture: Fixture) {
    let token = token(&fixture).await;
    fixture.rows("UPDATE sessions SET last_used_at = created_at - 1000 RETURNING 'x'").await;
    assert_eq!(lists_sites(&fixture.core, &token).await, Ok(()));
    let fixture = fixture.restarted().await;
    let later = "SELECT count(*) || '' FROM sessions WHERE last_used_at > created_at";
    assert_eq!(fixture.rows(later).await.concat(), ["1"]);
    assert_eq!(lists_sites(&fixture.core, &token).await, Ok(()));
}

async fn a_code_is_good_for_one_session_and_for_nothing_else(fixture: Fixture) {
    let code = code(&fixture).await;
    assert_eq!(lists_sites(&fixture.core, &code).await, opens_nothing());
    let own = sessions(&fixture.core, &code).get_session(v1::GetSessionRequest {}).await;
    assert_eq!(reason(&own.unwrap_err()).1, "TOKEN_INVALID");
    // What is only tried uses nothing up.
    let options = Some(v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() });
    let tried = v1::CreateSessionRequest { options };
    let tried = sessions(&fixture.core, &code).create_session(tried).await.unwrap();
    assert_eq!(tried.into_inner().token, "");
    // Of many who show it at once one is let in.
    let other_core = open(&fixture.url).await;
    let asked = (0..8)
        .map(|turn| signed_in(if turn % 2 == 0 { &fixture.core } else { &other_core }, &code));
    let answers = futures::future::join_all(asked).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 7));
    for refused in refused {
        assert_eq!(reason(&refused.unwrap_err()).1, "TOKEN_INVALID");
    }
    let made = made.into_iter().next().unwrap().unwrap();
    assert_eq!(lists_sites(&fixture.core, &made.token).await, Ok(()));
    assert_eq!(reason(&signed_in(&fixture.core, &code).await.unwrap_err()).1, "TOKEN_INVALID");
    other_core.close().await;

    let late = self::code(&fixture).await;
    fixture.rows("UPDATE sessions SET expires_at = created_at RETURNING 'x'").await;
    assert_eq!(reason(&signed_in(&fixture.core, &late).await.unwrap_err()).1, "TOKEN_INVALID");
}

async fn a_session_makes_no_other(fixture: Fixture) {
    let token = token(&fixture).await;
    let refused = signed_in(&fixture.core, &token).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned()));
    let request = v1::CreateSignInCodeRequest { options: None };
    let refused = sessions(&fixture.core, &token).create_sign_in_code(request).await.unwrap_err();
    assert_eq!(reason(&refused).1, "CALLER_NOT_PERMITTED");
}

async fn another_operator_s_token_ends_every_session(fixture: Fixture) {
    let token = token(&fixture).await;
    let settings = CoreSettings {
        database_url: fixture.url.clone(),
        operator_token: Secret::from_text("another-another-another"),
        command: "core",
        profile: ProfileSchema::STANDARD,
        identity_providers: IdentityProviders::default(),
        meters: Meters::uncollected(),
        token_key: None,
    };
    let core = Core::open(settings).await.unwrap();
    assert_eq!(lists_sites(&core, &token).await, opens_nothing());
    assert_eq!(lists_sites(&fixture.core, &token).await, Ok(()));
    core.close().await;
}

async fn the_ledger_tells_of_sessions_and_nothing_keeps_their_tokens(fixture: Fixture) {
    let code = code(&fixture).await;
    let made = signed_in(&fixture.core, &code).await.unwrap();
    let mut own = sessions(&fixture.core, &made.token);
    own.delete_session(v1::DeleteSessionRequest::default()).await.unwrap();
    let sql = "SELECT kind, caller, body FROM events WHERE site_id = 0 ORDER BY revision";
    let rows = fixture.rows(sql).await;
    let kinds: Vec<_> = rows.iter().map(|row| (row[0].as_str(), row[1].as_str())).collect();
    let expected = ["sign_in_code_created", "session_created", "session_ended"];
    assert_eq!(kinds, expected.map(|kind| (kind, "operator")));
    for row in rows {
        assert!(!row[2].contains(&code) && !row[2].contains(&made.token));
    }
    assert_eq!(fixture.rows("SELECT 'x' FROM sessions").await.len(), 0);
}
