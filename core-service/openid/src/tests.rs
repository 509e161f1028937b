//! The flow with a provider that says whatever a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::HttpResponse;
use provost_test_kit::fake_provider::{CLIENT, FakeProvider, ISSUER, encoded};
use serde_json::{Value, json};
use url::Url;

use super::*;

const BACK: &str = "https://console.example/sign-in/acme/callback";

/// Of these sites, each with the provider that says whatever a test wants.
fn by_site(fake: &Arc<Mutex<FakeProvider>>, claim: &str, sites: &[&str]) -> ProvidersBySite {
    let fake = Arc::clone(fake);
    let channel = ProviderChannel::new(move |request| {
        let (status, body) = fake.lock().unwrap().answer(request.uri().path(), request.body());
        Box::pin(async move {
            let mut response = HttpResponse::new(body.to_string().into_bytes());
            *response.status_mut() = status.try_into().unwrap();
            let json = "application/json".parse().unwrap();
            response.headers_mut().insert("content-type", json);
            Ok(response)
        })
    });
    let client = (CLIENT.to_owned(), "client-secret".to_owned());
    let settings = ProviderSettings::new(ISSUER, client, claim.to_owned()).unwrap();
    let of_site = |site: &&str| ((*site).to_owned(), (settings.clone(), channel.clone()));
    sites.iter().map(of_site).collect()
}

fn providers(fake: &Arc<Mutex<FakeProvider>>, claim: &str) -> IdentityProviders {
    IdentityProviders::new(by_site(fake, claim, &["acme", "globex"]))
}

fn attempt() -> SignInAttempt {
    SignInAttempt::of("0123456789abcdef".to_owned())
}

/// What the browser is sent with.
async fn sent(providers: &IdentityProviders, site: &str) -> BTreeMap<String, String> {
    let url = providers.authorization_url(site, BACK.to_owned(), &attempt()).await.unwrap();
    assert!(url.starts_with("https://idp.example/authorize?"), "{url}");
    Url::parse(&url).unwrap().query_pairs().into_owned().collect()
}

/// Long ago, and long from now.
const BEFORE: u64 = 1_700_000_000;
const LATER: u64 = 4_100_000_000;

fn claims(nonce: &str) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "00u1", "nonce": nonce,
        "iat": BEFORE, "exp": LATER,
        "preferred_username": "ada@example.com", "email": "ada@example.org", "upn": 7,
    })
}

fn response(state: &str, claims: &Value) -> AuthorizationResponse {
    AuthorizationResponse {
        redirect_uri: BACK.to_owned(),
        code: FakeProvider::code(claims),
        state: state.to_owned(),
        issuer: String::new(),
    }
}

#[test]
fn nothing_is_shown_of_what_a_browser_brings() {
    let brought = response("state", &json!({}));
    assert_eq!(format!("{brought:?}"), "AuthorizationResponse(…)");
}

/// Who signs in, where the token says this.
async fn told(
    fake: &Arc<Mutex<FakeProvider>>,
    claim: &str,
    change: impl FnOnce(&mut FakeProvider, &mut Value),
) -> Result<String, SignInFailure> {
    let providers = providers(fake, claim);
    let sent = sent(&providers, "acme").await;
    let mut claims = claims(&sent["nonce"]);
    change(&mut fake.lock().unwrap(), &mut claims);
    providers.user_name("acme", &attempt(), response(&sent["state"], &claims)).await
}

#[tokio::test]
async fn a_browser_is_sent_with_all_that_ties_the_answer_to_it() {
    let fake = FakeProvider::honest();
    let providers = providers(&fake, DEFAULT_USER_NAME_CLAIM);
    let at_acme = sent(&providers, "acme").await;
    assert_eq!(at_acme["response_type"], "code");
    assert_eq!(at_acme["client_id"], "provost");
    assert_eq!(at_acme["redirect_uri"], BACK);
    assert_eq!(at_acme["scope"], "openid profile email");
    assert_eq!(at_acme["code_challenge_method"], "S256");
    let at_globex = sent(&providers, "globex").await;
    for name in ["state", "nonce", "code_challenge"] {
        assert!(at_acme[name].len() >= 43 && at_acme[name] != at_globex[name], "{name}");
    }
    // However many come, the provider is asked once.
    sent(&providers, "acme").await;
    assert_eq!(fake.lock().unwrap().asked.len(), 4, "of two sites, the document and the keys");
}

#[tokio::test]
async fn whoever_the_token_names_signs_in_by_the_claim_that_is_set() {
    let fake = FakeProvider::honest();
    for (claim, expected) in [("preferred_username", "ada@example.com"), ("sub", "00u1")] {
        assert_eq!(told(&fake, claim, |_, _| ()).await.unwrap(), expected);
    }
    let verified = told(&fake, "email", |_, claims| claims["email_verified"] = true.into()).await;
    assert_eq!(verified.unwrap(), "ada@example.org");
    let fake = fake.lock().unwrap();
    let (path, form) = fake.asked.last().unwrap();
    assert_eq!(path, "/token");
    assert!(form.contains("code=ey") && form.contains("code_verifier="), "{form}");
    assert!(!form.contains("client-secret"), "it goes in Authorization: {form}");
}

#[tokio::test]
async fn a_claim_that_says_nothing_names_nobody() {
    let fake = FakeProvider::honest();
    for claim in ["upn", "nickname"] {
        let told = told(&fake, claim, |_, _| ()).await.unwrap_err();
        assert!(matches!(told, SignInFailure::NoUserName(of) if of == claim));
    }
    let unverified = told(&fake, "email", |_, _| ()).await.unwrap_err();
    assert!(matches!(unverified, SignInFailure::EmailNotVerified));
    let denied = told(&fake, "email", |_, claims| claims["email_verified"] = false.into()).await;
    assert!(matches!(denied.unwrap_err(), SignInFailure::EmailNotVerified));
}

#[tokio::test]
async fn what_the_token_leaves_out_the_provider_is_asked_about_the_same_person() {
    let fake = FakeProvider::honest();
    for (info, expected) in [
        (json!({"sub": "00u1", "nickname": "ada"}), Some("ada")),
        (json!({"sub": "00u2", "nickname": "root"}), None),
        (json!({"nickname": "root"}), None),
        (json!({"sub": "00u1"}), None),
        (json!("no object"), None),
    ] {
        let told = told(&fake, "nickname", |fake, _| fake.user_info = Some(info.clone())).await;
        assert_eq!(told.ok().as_deref(), expected, "{info}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_lets_nobody_in() {
    type Change = fn(&mut FakeProvider, &mut Value);
    type Expected = fn(&SignInFailure) -> bool;
    let unsigned: Change = |fake, _| {
        fake.forge =
            Some(|_, claims| format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(claims)));
    };
    let by_secret: Change = |fake, _| {
        // Signed by what the client knows as well.
        fake.forge = Some(|_, claims| {
            let text = format!("{}.{}", encoded(&json!({"alg": "HS256"})), encoded(claims));
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"client-secret");
            let tag = ring::hmac::sign(&key, text.as_bytes());
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
        });
    };
    let foreign: Change = |fake, _| {
        fake.shown = Some(fake.public_key());
        fake.renew_key("1");
    };
    let changed: Change = |fake, _| {
        fake.forge = Some(|fake, claims| {
            let signed = fake.signed(claims);
            let parts: Vec<&str> = signed.split('.').collect();
            let mut claims = claims.clone();
            claims["preferred_username"] = "root@example.com".into();
            format!("{}.{}.{}", parts[0], encoded(&claims), parts[2])
        });
    };
    let cases: [(&str, Change, Expected); 12] = [
        (
            "audience",
            |_, it| it["aud"] = "other".into(),
            |it| matches!(it, SignInFailure::TokenForOther),
        ),
        (
            "more than one audience",
            |_, it| it["aud"] = json!([CLIENT, "other"]),
            |it| matches!(it, SignInFailure::TokenForOther),
        ),
        (
            "nonce",
            |_, it| it["nonce"] = "other".into(),
            |it| matches!(it, SignInFailure::TokenReused),
        ),
        (
            "no nonce",
            |_, it| it["nonce"] = Value::Null,
            |it| matches!(it, SignInFailure::TokenReused),
        ),
        (
            "issuer",
            |_, it| it["iss"] = "https://evil.example".into(),
            |it| matches!(it, SignInFailure::TokenOfOther),
        ),
        (
            "expired",
            |_, it| it["exp"] = BEFORE.into(),
            |it| matches!(it, SignInFailure::TokenExpired),
        ),
        ("alg none", unsigned, |it| matches!(it, SignInFailure::TokenUnsigned(_))),
        ("alg HS256", by_secret, |it| matches!(it, SignInFailure::TokenUnsigned(_))),
        ("a foreign key", foreign, |it| matches!(it, SignInFailure::TokenUnsigned(_))),
        ("changed claims", changed, |it| matches!(it, SignInFailure::TokenUnsigned(_))),
        (
            "no token",
            |fake, _| {
                fake.instead = Some((200, json!({"access_token": "x", "token_type": "Bearer"})));
            },
            |it| matches!(it, SignInFailure::NoToken),
        ),
        (
            "a code that was used",
            |fake, _| fake.instead = Some((400, json!({"error": "invalid_grant"}))),
            |it| matches!(it, SignInFailure::CodeRefused(_)),
        ),
    ];
    for (case, change, is_expected) in cases {
        let told =
            told(&FakeProvider::honest(), DEFAULT_USER_NAME_CLAIM, change).await.unwrap_err();
        assert!(is_expected(&told), "{case}: {told:?}");
        assert!(!told.is_of_provider(), "{case}");
    }
}

#[tokio::test]
async fn a_key_that_the_provider_has_made_since_counts() {
    let fake = FakeProvider::honest();
    let renewed = |fake: &mut FakeProvider, _: &mut Value| {
        fake.renew_key("2");
    };
    assert_eq!(told(&fake, "sub", renewed).await.unwrap(), "00u1");
    let hidden = |fake: &mut FakeProvider, _: &mut Value| {
        fake.shown = Some(fake.public_key());
        fake.renew_key("3");
    };
    let told = told(&fake, "sub", hidden).await.unwrap_err();
    assert!(matches!(told, SignInFailure::TokenKeyUnknown));
}

#[tokio::test]
async fn what_comes_back_counts_in_the_browser_and_for_the_site_that_it_was_sent_from() {
    let fake = FakeProvider::honest();
    let providers = providers(&fake, DEFAULT_USER_NAME_CLAIM);
    let sent = sent(&providers, "acme").await;
    let claims = claims(&sent["nonce"]);
    let other = SignInAttempt::of("another".to_owned());
    let nobody = SignInAttempt::of(String::new());
    for (site, attempt, state) in [
        ("acme", &other, sent["state"].as_str()),
        ("acme", &nobody, &sent["state"]),
        ("globex", &attempt(), &sent["state"]),
        ("acme", &attempt(), "other"),
        ("acme", &attempt(), ""),
    ] {
        let told = providers.user_name(site, attempt, response(state, &claims)).await.unwrap_err();
        assert!(matches!(told, SignInFailure::OtherSignIn), "{site} {state}: {told:?}");
    }
    let mixed_up = AuthorizationResponse {
        issuer: "https://evil.example".to_owned(),
        ..response(&sent["state"], &claims)
    };
    let told = providers.user_name("acme", &attempt(), mixed_up).await.unwrap_err();
    assert!(matches!(told, SignInFailure::OtherProvider));
    let asked = fake.lock().unwrap().asked.clone();
    assert!(asked.iter().all(|(path, _)| path != "/token"), "nothing of this was redeemed");
    let named =
        AuthorizationResponse { issuer: ISSUER.to_owned(), ..response(&sent["state"], &claims) };
    assert!(providers.user_name("acme", &attempt(), named).await.is_ok());
    let told = providers.user_name("narnia", &attempt(), response("", &claims)).await.unwrap_err();
    assert!(matches!(told, SignInFailure::NotSetUp));
}

#[tokio::test]
async fn what_is_set_anew_counts_for_whoever_comes_back_and_everywhere_at_once() {
    let fake = FakeProvider::honest();
    let providers = providers(&fake, DEFAULT_USER_NAME_CLAIM);
    let sent = sent(&providers, "acme").await;
    let claims = claims(&sent["nonce"]);
    let held_elsewhere = providers.clone();
    held_elsewhere.replace(by_site(&fake, "sub", &["acme", "initech"]));
    assert_eq!(providers.sites(), ["acme", "initech"]);
    let told = providers.user_name("acme", &attempt(), response(&sent["state"], &claims)).await;
    assert_eq!(told.unwrap(), "00u1", "by the claim that is set now");
    let told = providers.authorization_url("globex", BACK.to_owned(), &attempt()).await;
    assert!(matches!(told.unwrap_err(), SignInFailure::NotSetUp));
}

#[tokio::test]
async fn a_provider_that_is_none_is_told_of_and_left_alone_for_a_while() {
    let fake = FakeProvider::honest();
    fake.lock().unwrap().issuer = "https://evil.example".to_owned();
    let providers = providers(&fake, DEFAULT_USER_NAME_CLAIM);
    for _ in 0..2 {
        let asked = providers.authorization_url("acme", BACK.to_owned(), &attempt()).await;
        let told = asked.unwrap_err();
        assert!(told.is_of_provider() && !told.detail().is_empty(), "{told:?}");
    }
    assert_eq!(fake.lock().unwrap().asked.len(), 1);
}

#[test]
fn an_issuer_is_asked_in_clear_on_this_machine_only() {
    let client = || ("id".to_owned(), "hidden".to_owned());
    let settings = |issuer| ProviderSettings::new(issuer, client(), String::new());
    for good in
        ["https://acme.okta.com", "http://127.0.0.1:9000", "http://[::1]:1", "http://localhost:1"]
    {
        let debug = format!("{:?}", settings(good).unwrap());
        assert!(!debug.contains("hidden"), "{debug}");
    }
    for bad in [
        "",
        "acme",
        "acme.okta.com",
        "ftp://acme.example",
        "http://acme.example",
        "http://10.0.0.1",
    ] {
        assert!(settings(bad).is_err(), "{bad}");
    }
}
