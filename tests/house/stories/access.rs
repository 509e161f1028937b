//! Who is let in through SCIM: the master switch, tokens and their lives.

use std::time::{Duration, SystemTime};

use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{
    CreateTokenRequest, ListTokensRequest, RevokeTokenRequest, UpdateScimSettingsRequest,
};
use tonic::Code;

use crate::support::{House, Site, in_every_house, reason, until};

in_every_house!(
    switched_off_says_so_to_good_tokens_only,
    a_bare_token_is_understood,
    a_rotation_never_interrupts,
    a_token_expires,
    a_typed_token_must_be_strong,
    the_default_site_has_the_short_address,
);

async fn switched_off_says_so_to_good_tokens_only(house: &House) {
    let site = Site::new(house, "acme").await;
    for enabled in [true, false] {
        site.settings(UpdateScimSettingsRequest {
            enabled: Some(enabled),
            ..UpdateScimSettingsRequest::default()
        })
        .await;
        for request in [
            site.push("GET", "/Users").header("Authorization", "Bearer wrong"),
            site.push("GET", "/Users").without("Authorization"),
        ] {
            let answer = request.send().await;
            answer.refusal(401);
            let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{challenge:?}");
        }
    }
    let off = site.get("/Users").await;
    let detail = off.refusal(403).to_lowercase();
    assert!(detail.contains("off"), "{detail}");
    assert_eq!(off.header("WWW-Authenticate"), None);
}

async fn a_bare_token_is_understood(house: &House) {
    let site = Site::new(house, "acme").await;
    for value in [site.token.clone(), format!("bearer  {}", site.token)] {
        let request = site.push("GET", "/Users").header("Authorization", &value);
        request.send().await.expect(200);
    }
}

async fn a_rotation_never_interrupts(house: &House) {
    let site = Site::new(house, "acme").await;
    let second = site.another_token("second").await;
    assert_ne!(site.token, second);
    let with = |token: &str| {
        site.push("GET", "/Users").header("Authorization", &format!("Bearer {token}")).send()
    };
    with(&site.token).await.expect(200);
    with(&second).await.expect(200);

    let mut sites = house.operator.sites();
    let list = ListTokensRequest { site: site.name.clone(), ..ListTokensRequest::default() };
    let tokens = sites.list_tokens(list.clone()).await.unwrap().into_inner().tokens;
    let first = tokens.iter().find(|token| token.name == "first").unwrap();
    let revoke =
        RevokeTokenRequest { site: site.name.clone(), token_id: first.id.clone(), options: None };
    let revoked = sites.revoke_token(revoke.clone()).await.unwrap().into_inner();
    assert!(revoked.token.as_ref().unwrap().revoke_time.is_some());
    with(&site.token).await.refusal(401);
    with(&second).await.expect(200);
    let again = sites.revoke_token(revoke).await.unwrap().into_inner();
    assert_eq!(again.token.unwrap().revoke_time, revoked.token.unwrap().revoke_time);
}

#[expect(clippy::disallowed_methods, reason = "the moment of expiry is the story")]
async fn a_token_expires(house: &House) {
    let site = Site::new(house, "acme").await;
    let request = CreateTokenRequest {
        site: site.name.clone(),
        name: "short".to_owned(),
        expiration: Some(Expiration::ExpireTime(
            (SystemTime::now() + Duration::from_secs(2)).into(),
        )),
        ..CreateTokenRequest::default()
    };
    let created = house.operator.sites().create_token(request).await.unwrap();
    let bearer = format!("Bearer {}", created.into_inner().value);
    let ask = async || {
        let request = site.push("GET", "/Users").header("Authorization", &bearer);
        request.send().await
    };
    assert_eq!(ask().await.status, 200);
    let expired = until("the token expires", async || {
        let answer = ask().await;
        (answer.status != 200).then_some(answer)
    });
    expired.await.refusal(401);
    site.get("/Users").await.expect(200);
}

async fn a_typed_token_must_be_strong(house: &House) {
    let site = Site::new(house, "acme").await;
    let typed = |value: &str| CreateTokenRequest {
        site: site.name.clone(),
        name: "typed".to_owned(),
        value: Some(value.to_owned()),
        ..CreateTokenRequest::default()
    };
    let mut sites = house.operator.sites();
    let status = sites.create_token(typed("password")).await.unwrap_err();
    let expected = (Code::InvalidArgument, "TOKEN_WEAK".to_owned());
    assert_eq!(reason(&status), expected);
    let strong = "Vq7-typed-by-an-admin-9f2Kx4";
    sites.create_token(typed(strong)).await.unwrap();
    let bearer = format!("Bearer {strong}");
    let request = site.push("GET", "/Users").header("Authorization", &bearer);
    request.send().await.expect(200);
}

async fn the_default_site_has_the_short_address(house: &House) {
    let mut site = Site::default_of(house);
    let user = site.user("ada.lovelace@example.com").await;
    for base in ["/api/scim/v2", "/c/default/auth/scim/v2", "/api/scim/v2/"] {
        site.base = base.to_owned();
        let path = if base.ends_with('/') { "Users" } else { "/Users" };
        let body = site.get(path).await.expect(200);
        assert_eq!(body["Resources"][0]["id"], user.id.as_str());
        let location = body["Resources"][0]["meta"]["location"].as_str().unwrap();
        assert!(location.contains(base.trim_end_matches('/')), "{location}");
    }
}
