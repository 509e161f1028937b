//! Values of tokens that are kept: shown again to whoever manages tokens, and to nobody without the key.

use super::fixture::*;
use provost_core::{Core, CoreSettings, IdentityProviders, ProfileSchema, Secret, TokenKey};
use provost_proto::v1::{self, Permission, Role};
use provost_telemetry::Meters;
use tonic::{Code, Status};

on_both_databases!(
    a_value_that_is_kept_is_shown_again_and_the_ledger_says_so,
    what_is_not_kept_or_opens_nothing_is_not_shown,
    who_asks_again_with_an_id_is_shown_it_once,
    who_does_not_manage_tokens_sees_no_value,
    only_the_key_opens_what_is_kept,
);

const TYPED: &str = "correct-horse-battery-staple";

fn typed(keep_value: bool) -> v1::CreateTokenRequest {
    v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "typed".to_owned(),
        value: Some(TYPED.to_owned()),
        keep_value,
        ..v1::CreateTokenRequest::default()
    }
}

async fn made(fixture: &Fixture, request: v1::CreateTokenRequest) -> v1::Token {
    fixture.sites().create_token(request).await.unwrap().into_inner().token.unwrap()
}

async fn reveal(mut sites: Sites, token: &v1::Token) -> Result<v1::RevealTokenResponse, Status> {
    let (site, token_id) = (SITE.to_owned(), token.id.clone());
    let request = v1::RevealTokenRequest { site, token_id, options: None };
    sites.reveal_token(request).await.map(tonic::Response::into_inner)
}

fn not_kept() -> (Code, String) {
    (Code::FailedPrecondition, "TOKEN_VALUE_NOT_KEPT".to_owned())
}

async fn with_key(fixture: &Fixture, token_key: Option<TokenKey>) -> Core {
    let settings = CoreSettings {
        database_url: fixture.url.clone(),
        operator_token: Secret::from_text(OPERATOR),
        command: "core",
        profile: ProfileSchema::STANDARD,
        meters: Meters::uncollected(),
        token_key,
        identity_providers: IdentityProviders::default(),
    };
    Core::open(settings).await.unwrap()
}

async fn a_value_that_is_kept_is_shown_again_and_the_ledger_says_so(fixture: Fixture) {
    let token = made(&fixture, typed(true)).await;
    assert!(token.is_revealable);
    let lines = fixture.lines().await;
    let tried = v1::RevealTokenRequest {
        site: SITE.to_owned(),
        token_id: token.id.clone(),
        options: Some(v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() }),
    };
    let tried = fixture.sites().reveal_token(tried).await.unwrap().into_inner();
    assert_eq!((tried.value.as_str(), fixture.lines().await), ("", lines));
    let shown = reveal(fixture.sites(), &token).await.unwrap();
    assert_eq!((shown.value.as_str(), shown.token.as_ref()), (TYPED, Some(&token)));
    let event = fixture.event(shown.revision).await;
    assert_eq!((event.kind.as_str(), event.caller.as_str()), ("token_revealed", "operator"));
    let Some(v1::event_state::State::Token(told)) = event.after.unwrap().state else { panic!() };
    assert_eq!((told.id, told.name.as_str()), (token.id.clone(), "typed"));
    // Neither in the ledger nor as it was typed in the table.
    let kept = "SELECT body FROM events UNION ALL SELECT name FROM tokens";
    assert!(fixture.rows(kept).await.iter().flatten().all(|text| !text.contains(TYPED)));
    let list = v1::ListTokensRequest { site: SITE.to_owned(), ..v1::ListTokensRequest::default() };
    let listed = fixture.sites().list_tokens(list).await.unwrap().into_inner();
    assert!(listed.keeps_values && listed.tokens[0].is_revealable);
}

async fn what_is_not_kept_or_opens_nothing_is_not_shown(fixture: Fixture) {
    let plain = made(&fixture, typed(false)).await;
    assert!(!plain.is_revealable);
    assert_eq!(reason(&reveal(fixture.sites(), &plain).await.unwrap_err()), not_kept());
    // A generated value is never kept.
    let generated = v1::CreateTokenRequest { value: None, ..typed(true) };
    let refused = fixture.sites().create_token(generated).await.unwrap_err();
    assert_eq!(reason(&refused), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
    let request = v1::CreateTokenRequest {
        name: "kept".to_owned(),
        value: Some(format!("{TYPED}-2")),
        ..typed(true)
    };
    let kept = made(&fixture, request).await;
    let nobody =
        v1::Token { id: "00000000-0000-0000-0000-000000000009".to_owned(), ..kept.clone() };
    let unknown = reveal(fixture.sites(), &nobody).await.unwrap_err();
    assert_eq!(reason(&unknown).1, "TOKEN_NOT_FOUND");
    let (site, token_id) = (SITE.to_owned(), kept.id.clone());
    let revocation = v1::RevokeTokenRequest { site, token_id, options: None };
    let revoked = fixture.sites().revoke_token(revocation).await.unwrap().into_inner();
    assert!(!revoked.token.unwrap().is_revealable);
    assert_eq!(reason(&reveal(fixture.sites(), &kept).await.unwrap_err()), not_kept());
    let left = fixture.rows("SELECT name FROM tokens WHERE sealed_value IS NOT NULL").await;
    assert!(left.is_empty(), "what opens nothing is kept no longer: {left:?}");
}

async fn who_asks_again_with_an_id_is_shown_it_once(fixture: Fixture) {
    let token = made(&fixture, typed(true)).await;
    let lines = fixture.lines().await;
    for (id, value) in [("one", TYPED), ("one", ""), ("two", TYPED), ("two", "")] {
        let options = v1::WriteOptions { request_id: id.to_owned(), ..v1::WriteOptions::default() };
        let (site, token_id) = (SITE.to_owned(), token.id.clone());
        let request = v1::RevealTokenRequest { site, token_id, options: Some(options) };
        let shown = fixture.sites().reveal_token(request).await.unwrap().into_inner();
        assert_eq!((shown.value.as_str(), shown.changed), (value, true), "{id}");
    }
    assert_eq!(fixture.lines().await, lines + 2, "each time that it is shown has a line");
}

async fn who_does_not_manage_tokens_sees_no_value(fixture: Fixture) {
    let token = made(&fixture, typed(true)).await;
    let chief = fixture.user("chief", Role::Admin).await.id;
    let may = |permission| vec![grant(Some(SITE), &[permission], Role::Unspecified)];
    let settings = fixture.service("settings", may(Permission::ManageSettings)).await;
    let tokens = fixture.service("tokens", may(Permission::ManageTokens)).await;
    let acting = fixture.service("console", may(Permission::ActForUsers)).await;
    for (caller, expected) in [
        (settings.as_str(), Some("GRANT_MISSING")),
        // That of the identity provider itself.
        (TYPED, Some("CALLER_NOT_PERMITTED")),
        ("", Some("TOKEN_MISSING")),
        (tokens.as_str(), None),
    ] {
        let answer = reveal(sites(&fixture.core, caller), &token).await;
        let refused = answer.as_ref().err().map(|status| reason(status).1);
        assert_eq!(refused.as_deref(), expected, "{}", caller.len());
        assert!(answer.is_err() || answer.unwrap().value == TYPED);
    }
    let request = v1::RevealTokenRequest {
        site: SITE.to_owned(),
        token_id: token.id.clone(),
        options: Some(v1::WriteOptions { on_behalf_of: chief, ..v1::WriteOptions::default() }),
    };
    let shown = sites(&fixture.core, &acting).reveal_token(request).await.unwrap().into_inner();
    assert_eq!(shown.value, TYPED, "an Admin of the site sees it");
    // Of another site it is not there.
    fixture.site("globex").await;
    let elsewhere =
        v1::RevealTokenRequest { site: "globex".to_owned(), token_id: token.id, options: None };
    let unknown = fixture.sites().reveal_token(elsewhere).await.unwrap_err();
    assert_eq!(reason(&unknown).1, "TOKEN_NOT_FOUND");
}

async fn only_the_key_opens_what_is_kept(fixture: Fixture) {
    let token = made(&fixture, typed(true)).await;
    let lines = fixture.lines().await;
    for key in [None, TokenKey::from_hex(&"6".repeat(64))] {
        let has_key = key.is_some();
        let other = with_key(&fixture, key).await;
        let refused = reveal(sites(&other, OPERATOR), &token).await.unwrap_err();
        assert_eq!(reason(&refused), not_kept());
        let list =
            v1::ListTokensRequest { site: SITE.to_owned(), ..v1::ListTokensRequest::default() };
        let listed = sites(&other, OPERATOR).list_tokens(list).await.unwrap().into_inner();
        assert_eq!(listed.keeps_values, has_key);
        if !has_key {
            let request = v1::CreateTokenRequest {
                name: "other".to_owned(),
                value: Some(format!("{TYPED}-3")),
                ..typed(true)
            };
            let refused = sites(&other, OPERATOR).create_token(request).await.unwrap_err();
            assert_eq!(reason(&refused), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
        }
        other.close().await;
    }
    assert_eq!(fixture.lines().await, lines, "nobody was shown anything");
    let fixture = fixture.restarted().await;
    assert_eq!(reveal(fixture.sites(), &token).await.unwrap().value, TYPED);
}
