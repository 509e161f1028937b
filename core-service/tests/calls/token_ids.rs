//! Tokens by ids of the caller's choice: a repeated request makes no second one.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::create_token_request::Expiration;
use tonic::Code;
use tonic_types::StatusExt as _;

on_both_databases!(
    a_token_is_made_once_by_its_id,
    a_token_id_is_of_one_request,
    a_token_that_is_only_tried_has_no_value,
);

/// A new token by an id of the caller's choice.
fn with_id(id: &str) -> v1::CreateTokenRequest {
    v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "okta production".to_owned(),
        expiration: Some(Expiration::Ttl(prost_types::Duration { seconds: 60, nanos: 0 })),
        token_id: id.to_owned(),
        ..Default::default()
    }
}

const CHOSEN: &str = "01980f5e-7d4c-7b1a-8f43-3d1c9a4b5e60";

async fn a_token_is_made_once_by_its_id(fixture: Fixture) {
    let mut sites = fixture.sites();
    let made = sites.create_token(with_id(CHOSEN)).await.unwrap().into_inner();
    let token = made.token.unwrap();
    assert_eq!((made.changed, token.id.as_str()), (true, CHOSEN));
    let of_site = v1::CheckTokenRequest { site: SITE.to_owned(), ..Default::default() };
    users(&fixture.core, &made.value).check_token(of_site).await.unwrap();
    let lines = fixture.lines().await;
    let again = sites.create_token(with_id(CHOSEN)).await.unwrap().into_inner();
    assert_eq!((again.changed, again.value.as_str()), (false, ""));
    assert_eq!(again.token.map(|token| (token.id, token.expire_time)), {
        Some((token.id.clone(), token.expire_time))
    });
    assert_eq!((fixture.lines().await, again.revision), (lines, made.revision));

    // Also once its name is another token's.
    let revocation =
        v1::RevokeTokenRequest { site: SITE.to_owned(), token_id: token.id, options: None };
    sites.revoke_token(revocation).await.unwrap();
    let anew = with_id("");
    sites.create_token(anew).await.unwrap();
    let again = sites.create_token(with_id(CHOSEN)).await.unwrap().into_inner();
    assert!(!again.changed && again.token.unwrap().revoke_time.is_some());

    // However many ask at once.
    let other = "01980f5e-7d4c-7b1a-8f43-3d1c9a4b5e61";
    let request = || v1::CreateTokenRequest { name: "another".to_owned(), ..with_id(other) };
    let all = (0..8).map(|_| {
        let mut sites = fixture.sites();
        let request = request();
        async move { sites.create_token(request).await.unwrap().into_inner() }
    });
    let answers = futures::future::join_all(all).await;
    let values = answers.iter().filter(|answer| answer.changed && !answer.value.is_empty());
    assert_eq!(values.count(), 1);
}

async fn a_token_id_is_of_one_request(fixture: Fixture) {
    let mut sites = fixture.sites();
    fixture.site("other").await;
    let value = |text: &str| Some(text.to_owned());
    let typed = "correct-horse-battery-staple-1";
    let first = v1::CreateTokenRequest { value: value(typed), ..with_id(CHOSEN) };
    assert!(sites.create_token(first.clone()).await.unwrap().into_inner().changed);
    let again = sites.create_token(first.clone()).await.unwrap().into_inner();
    assert_eq!((again.changed, again.value.as_str()), (false, ""));
    let at = prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 };
    let other_value = "correct-horse-battery-staple-2";
    let mut told = Vec::new();
    for other in [
        v1::CreateTokenRequest { name: "another".to_owned(), ..first.clone() },
        v1::CreateTokenRequest { expiration: None, ..first.clone() },
        v1::CreateTokenRequest { expiration: Some(Expiration::ExpireTime(at)), ..first.clone() },
        v1::CreateTokenRequest { value: value(other_value), ..first.clone() },
        v1::CreateTokenRequest { site: "other".to_owned(), value: None, ..first.clone() },
    ] {
        let refusal = sites.create_token(other).await.unwrap_err();
        assert_eq!(reason(&refusal), (Code::AlreadyExists, "TOKEN_ID_TAKEN".to_owned()));
        let named = refusal.get_details_error_info().unwrap().metadata;
        told.push((refusal.message().to_owned(), named));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "of the other site no more is told than of one's own");
    let wrong = v1::CreateTokenRequest { token_id: "7".to_owned(), ..first };
    let refusal = sites.create_token(wrong).await.unwrap_err();
    assert_eq!(reason(&refusal), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
}

async fn a_token_that_is_only_tried_has_no_value(fixture: Fixture) {
    let options = Some(v1::WriteOptions { validate_only: true, ..Default::default() });
    let trial = v1::CreateTokenRequest { options, ..with_id(CHOSEN) };
    let tried = fixture.sites().create_token(trial).await.unwrap().into_inner();
    assert_eq!((tried.changed, tried.value.as_str()), (true, ""));
}
