//! The life of a token: made, used, expired, revoked.

use super::fixture::*;
use futures::{FutureExt as _, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use prost_types::Timestamp;
use provost_core::{Core, CoreSettings, IdentityProviders, ProfileSchema, Secret};
use provost_proto::v1;
use provost_proto::v1::create_token_request::Expiration;
use provost_telemetry::Meters;
use std::time::{Duration, SystemTime};
use tonic::codegen::Bytes;
use tonic::{Code, Status};
use tower::ServiceExt as _;

on_both_databases!(
    the_token_is_looked_at_before_anything_of_the_message,
    a_bearer_who_stutters_is_told_so,
    a_token_opens_its_site_until_it_is_revoked,
    a_token_that_another_core_revoked_writes_nothing,
    two_tokens_live_at_once,
    a_token_expires,
    a_ttl_counts_from_when_the_token_is_made,
    what_people_type_must_be_strong,
    the_last_use_is_kept_without_a_write_per_request,
    the_switch_of_the_site_shuts_out_connections_only,
    connections_administer_nothing,
    the_ledger_keeps_what_the_operator_did,
);

async fn create(
    sites: &mut Sites,
    request: v1::CreateTokenRequest,
) -> Result<(v1::Token, String), Status> {
    let name = if request.name.is_empty() { "okta production" } else { &request.name };
    let request =
        v1::CreateTokenRequest { site: SITE.to_owned(), name: name.to_owned(), ..request };
    let made = sites.create_token(request).await?.into_inner();
    Ok((made.token.unwrap(), made.value))
}

async fn make(fixture: &Fixture) -> (v1::Token, String) {
    make_named(fixture, "okta production").await
}

async fn make_named(fixture: &Fixture, name: &str) -> (v1::Token, String) {
    let request = v1::CreateTokenRequest { name: name.to_owned(), ..Default::default() };
    create(&mut fixture.sites(), request).await.unwrap()
}

/// Whether the token opens the site, and the reason if not.
async fn knock(core: &Core, token: &str) -> Result<(), (Code, String)> {
    let request = v1::ListUsersRequest { site: SITE.to_owned(), ..v1::ListUsersRequest::default() };
    users(core, token).list_users(request).await.map(|_| ()).map_err(|status| reason(&status))
}

fn refused(code: Code, reason: &str) -> Result<(), (Code, String)> {
    Err((code, reason.to_owned()))
}

/// A call whose message never comes.
async fn answered_without_a_message(core: &Core, service: &str, token: &str) -> Code {
    let waiting = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Status>>());
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("http://core/provost.identity.v1.{service}"))
        .header("content-type", "application/grpc")
        .header("authorization", token)
        .body(tonic::body::Body::new(waiting))
        .unwrap();
    let answer = core.services().oneshot(request).await.unwrap();
    Status::from_header_map(answer.headers()).unwrap().code()
}

async fn the_token_is_looked_at_before_anything_of_the_message(fixture: Fixture) {
    let (_, value) = make(&fixture).await;
    // The first look is remembered, so that the second waits for no database.
    knock(&fixture.core, &value).await.unwrap();
    for service in ["UserService/ChangeUser", "SiteService/UpdateScimSettings"] {
        for wrong in ["", "Bearer", "Bearer no-such-token", "no-such-token"] {
            let code = answered_without_a_message(&fixture.core, service, wrong).await;
            assert_eq!(code, Code::Unauthenticated, "{service} {wrong}");
        }
        for good in [value.as_str(), OPERATOR] {
            for token in [format!("Bearer {good}"), format!("BEARER   {good}"), good.to_owned()] {
                let waiting = answered_without_a_message(&fixture.core, service, &token);
                assert_eq!(waiting.now_or_never(), None, "{service} waits for the message");
            }
        }
    }
}

async fn a_bearer_who_stutters_is_told_so(fixture: Fixture) {
    let (_, value) = make(&fixture).await;
    for (token, words) in [
        (format!("Bearer {value}"), "the word Bearer stands twice"),
        (format!("bearer  {value}"), "the word Bearer stands twice"),
        (format!("Basic {value}"), "is not a bearer token"),
    ] {
        let request = v1::CheckTokenRequest { site: SITE.to_owned(), ..Default::default() };
        let status = users(&fixture.core, &token).check_token(request).await.unwrap_err();
        assert_eq!(reason(&status), (Code::Unauthenticated, "TOKEN_INVALID".to_owned()));
        assert!(status.message().contains(words), "{token}: {}", status.message());
    }
}

async fn tokens(fixture: &Fixture) -> Vec<v1::Token> {
    let request =
        v1::ListTokensRequest { site: SITE.to_owned(), ..v1::ListTokensRequest::default() };
    fixture.sites().list_tokens(request).await.unwrap().into_inner().tokens
}

async fn a_token_opens_its_site_until_it_is_revoked(fixture: Fixture) {
    let (token, value) = make(&fixture).await;
    assert!(value.starts_with("provost_scim_") && value.len() > 64 + 12, "256 bits");
    assert_eq!((token.connection.as_str(), token.name.as_str()), ("scim", "okta production"));
    assert_eq!(tokens(&fixture).await, std::slice::from_ref(&token));
    assert_eq!(knock(&fixture.core, &value).await, Ok(()));

    let revoke = || v1::RevokeTokenRequest {
        site: SITE.to_owned(),
        token_id: token.id.clone(),
        options: None,
    };
    let revoked = fixture.sites().revoke_token(revoke()).await.unwrap().into_inner().token.unwrap();
    assert!(revoked.revoke_time.is_some());
    assert_eq!(knock(&fixture.core, &value).await, refused(Code::Unauthenticated, "TOKEN_INVALID"));
    let lines = fixture.lines().await;
    let again = fixture.sites().revoke_token(revoke()).await.unwrap().into_inner().token.unwrap();
    assert_eq!((again.revoke_time, fixture.lines().await), (revoked.revoke_time, lines));
    assert_eq!(tokens(&fixture).await.len(), 1, "it stays in the list");

    let wrong = format!("{value}x");
    assert_eq!(knock(&fixture.core, &wrong).await, refused(Code::Unauthenticated, "TOKEN_INVALID"));
    assert_eq!(knock(&fixture.core, "").await, refused(Code::Unauthenticated, "TOKEN_MISSING"));
}

/// The other core has seen the token a moment ago and remembers it, which is enough to read.
async fn a_token_that_another_core_revoked_writes_nothing(fixture: Fixture) {
    let id = fixture.user("ada", v1::Role::Registered).await.id;
    let second = open(&fixture.url).await;
    let (token, revoked) = make(&fixture).await;
    let (_, deleted) = make_named(&fixture, "deleted").await;
    let write = async |value: &str, title: &str| {
        let options = v1::WriteOptions::default();
        let decision =
            change(&mut users(&second, value), &id, vec![set_title(title)], options).await;
        decision.map(|decision| decision.changed).map_err(|status| reason(&status))
    };
    assert_eq!(write(&revoked, "before").await, Ok(true));
    assert_eq!(write(&deleted, "between").await, Ok(true));

    let revocation =
        v1::RevokeTokenRequest { site: SITE.to_owned(), token_id: token.id, options: None };
    fixture.sites().revoke_token(revocation).await.unwrap();
    // As when the connection it belongs to is deleted.
    let sql = "DELETE FROM tokens WHERE revoked_at IS NULL RETURNING name";
    assert_eq!(fixture.rows(sql).await.len(), 1);
    for value in [&revoked, &deleted] {
        let refused = (Code::Unauthenticated, "TOKEN_INVALID".to_owned());
        assert_eq!(write(value, "after").await, Err(refused));
    }
    let title = fixture.get(&id).await.profile.unwrap().attributes.remove("title");
    assert_eq!(title, Some(text("between")));
    second.close().await;
}

async fn two_tokens_live_at_once(fixture: Fixture) {
    let (old, old_value) = make(&fixture).await;
    let (_, new_value) = make_named(&fixture, "new").await;
    for value in [&old_value, &new_value] {
        assert_eq!(knock(&fixture.core, value).await, Ok(()));
    }
    let revoke = v1::RevokeTokenRequest { site: SITE.to_owned(), token_id: old.id, options: None };
    fixture.sites().revoke_token(revoke).await.unwrap();
    assert!(knock(&fixture.core, &old_value).await.is_err());
    assert_eq!(knock(&fixture.core, &new_value).await, Ok(()));
}

#[expect(clippy::disallowed_methods, reason = "the core asks the same clock")]
fn from_now(offset: Duration) -> Timestamp {
    Timestamp::from(SystemTime::now() + offset)
}

async fn a_token_expires(fixture: Fixture) {
    let mut sites = fixture.sites();
    let expiring = |at| v1::CreateTokenRequest {
        expiration: Some(Expiration::ExpireTime(at)),
        ..Default::default()
    };
    // Over, beyond the calendar, and none at all.
    for (seconds, nanos) in [(1, 0), (253_402_300_800, 0), (i64::MAX, 0), (4_000_000_000, -1)] {
        let refusal = create(&mut sites, expiring(Timestamp { seconds, nanos })).await.unwrap_err();
        assert_eq!(reason(&refusal), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
    }

    let (hour, lasting) =
        create(&mut sites, expiring(from_now(Duration::from_hours(1)))).await.unwrap();
    assert!(hour.expire_time.is_some());
    // Long enough that a slow machine has made the token before its end.
    let end = from_now(Duration::from_secs(4));
    let brief = v1::CreateTokenRequest { name: "brief".to_owned(), ..expiring(end) };
    let (_, brief) = create(&mut sites, brief).await.unwrap();
    // Seen while it was good, and no longer once its time has come.
    assert_eq!(knock(&fixture.core, &brief).await, Ok(()));
    let until_shut = async { while knock(&fixture.core, &brief).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), until_shut).await.unwrap();
    let now = from_now(Duration::ZERO);
    assert!((now.seconds, now.nanos) >= (end.seconds, end.nanos), "not before its end");
    assert_eq!(knock(&fixture.core, &brief).await, refused(Code::Unauthenticated, "TOKEN_INVALID"));
    assert_eq!(knock(&fixture.core, &lasting).await, Ok(()));
    // Its name is free again; that of the other is not.
    make_named(&fixture, "brief").await;
    let taken = create(&mut sites, v1::CreateTokenRequest::default()).await.unwrap_err();
    assert_eq!(reason(&taken), (Code::AlreadyExists, "TOKEN_NAME_TAKEN".to_owned()));
    assert!(taken.message().contains("choose another name"), "{}", taken.message());
}

async fn a_ttl_counts_from_when_the_token_is_made(fixture: Fixture) {
    let mut sites = fixture.sites();
    let lasting = |seconds, nanos| v1::CreateTokenRequest {
        expiration: Some(Expiration::Ttl(prost_types::Duration { seconds, nanos })),
        ..Default::default()
    };
    // None at all, negative, beyond the calendar, and no duration.
    let wrong = [(0, 0), (0, 999), (-1, 0), (0, -1), (8_000 * 31_557_600, 0), (i64::MAX, 0)];
    for (seconds, nanos) in wrong {
        let refusal = create(&mut sites, lasting(seconds, nanos)).await.unwrap_err();
        assert_eq!(reason(&refusal), (Code::InvalidArgument, "VALUE_INVALID".to_owned()));
        assert!(refusal.message().contains("ttl"), "{}", refusal.message());
    }
    let (token, value) = create(&mut sites, lasting(90, 5_000)).await.unwrap();
    let (made, end) = (token.create_time.unwrap(), token.expire_time.unwrap());
    let nanos = i64::from(end.nanos) - i64::from(made.nanos);
    assert_eq!((end.seconds - made.seconds) * 1_000_000_000 + nanos, 90_000_005_000);
    assert_eq!(knock(&fixture.core, &value).await, Ok(()));
}

async fn what_people_type_must_be_strong(fixture: Fixture) {
    let mut sites = fixture.sites();
    let typed = |value: &str| v1::CreateTokenRequest {
        value: Some(value.to_owned()),
        ..Default::default()
    };
    for weak in
        ["", "hunter2", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "with spaces in it, long enough"]
    {
        let refusal = create(&mut sites, typed(weak)).await.unwrap_err();
        assert_eq!(reason(&refusal), (Code::InvalidArgument, "TOKEN_WEAK".to_owned()), "{weak}");
    }
    let strong = "correct-horse-battery-staple";
    let (_, value) = create(&mut sites, typed(strong)).await.unwrap();
    assert_eq!(value, strong);
    assert_eq!(knock(&fixture.core, strong).await, Ok(()));
    let again = create(&mut sites, typed(strong)).await.unwrap_err();
    assert_eq!(reason(&again), (Code::AlreadyExists, "TOKEN_EXISTS".to_owned()));
    let kept = fixture.rows("SELECT name FROM tokens").await;
    assert_eq!(kept.len(), 1);
}

/// What the database has: nothing while requests come, the last of them when somebody looks, and
/// when the core ends.
async fn the_last_use_is_kept_without_a_write_per_request(fixture: Fixture) {
    let stored = || fixture.rows("SELECT cast(last_used_at AS text) FROM tokens");
    let (_, value) = make(&fixture).await;
    assert_eq!(tokens(&fixture).await[0].last_use_time, None);
    for _ in 0..3 {
        knock(&fixture.core, &value).await.unwrap();
    }
    assert_eq!(stored().await, [["-"]]);
    let first = tokens(&fixture).await[0].last_use_time.unwrap();
    let kept = stored().await;
    assert_ne!(kept, [["-"]]);
    knock(&fixture.core, &value).await.unwrap();
    assert_eq!(stored().await, kept);

    let fixture = fixture.restarted().await;
    let last = tokens(&fixture).await[0].last_use_time.unwrap();
    assert!((last.seconds, last.nanos) > (first.seconds, first.nanos));
}

async fn the_switch_of_the_site_shuts_out_connections_only(fixture: Fixture) {
    let (_, value) = make(&fixture).await;
    knock(&fixture.core, &value).await.unwrap();
    let enabled = |on| v1::UpdateScimSettingsRequest { enabled: Some(on), ..Default::default() };
    fixture.settings(enabled(false)).await;
    assert_eq!(
        knock(&fixture.core, &value).await,
        refused(Code::PermissionDenied, "SCIM_DISABLED")
    );
    assert_eq!(
        knock(&fixture.core, "wrong").await,
        refused(Code::Unauthenticated, "TOKEN_INVALID")
    );
    assert_eq!(knock(&fixture.core, OPERATOR).await, Ok(()));
    fixture.settings(enabled(true)).await;
    assert_eq!(knock(&fixture.core, &value).await, Ok(()));
}

async fn connections_administer_nothing(fixture: Fixture) {
    let (_, value) = make(&fixture).await;
    for (token, expected) in [
        (value.as_str(), (Code::PermissionDenied, "CALLER_NOT_PERMITTED".to_owned())),
        ("wrong", (Code::Unauthenticated, "TOKEN_INVALID".to_owned())),
        ("", (Code::Unauthenticated, "TOKEN_MISSING".to_owned())),
    ] {
        let mut sites = sites(&fixture.core, token);
        let site = SITE.to_owned();
        let answers = [
            sites.list_sites(v1::ListSitesRequest::default()).await.map(|_| ()),
            sites
                .list_tokens(v1::ListTokensRequest {
                    site: site.clone(),
                    ..v1::ListTokensRequest::default()
                })
                .await
                .map(|_| ()),
            sites
                .update_scim_settings(v1::UpdateScimSettingsRequest {
                    site,
                    allow_admin_promotion: Some(true),
                    ..Default::default()
                })
                .await
                .map(|_| ()),
            create(&mut sites, v1::CreateTokenRequest::default()).await.map(|_| ()),
        ];
        for answer in answers {
            assert_eq!(reason(&answer.unwrap_err()), expected);
        }
    }
    // Nor is another operator's token good here.
    let stranger = Secret::from_text("another-another-another");
    let settings = CoreSettings {
        database_url: fixture.url.clone(),
        operator_token: stranger,
        command: "core",
        profile: ProfileSchema::STANDARD,
        identity_providers: IdentityProviders::default(),
        meters: Meters::uncollected(),
        token_key: None,
    };
    let second = Core::open(settings).await.unwrap();
    assert_eq!(knock(&second, OPERATOR).await, refused(Code::Unauthenticated, "TOKEN_INVALID"));
    second.close().await;
}

/// Who opened a switch, and which token was made and revoked, is one query away.
async fn the_ledger_keeps_what_the_operator_did(fixture: Fixture) {
    fixture
        .settings(v1::UpdateScimSettingsRequest {
            allow_admin_promotion: Some(true),
            ..v1::UpdateScimSettingsRequest::default()
        })
        .await;
    let value = fixture.token(SITE).await;
    let lines = fixture.rows("SELECT body FROM events ORDER BY site_id, revision").await.concat();
    let [made, settings, token] = lines.as_slice() else { panic!("{lines:?}") };
    let [made, settings, token] = [made, settings, token]
        .map(|body| serde_json::from_str::<serde_json::Value>(body).unwrap());
    assert_eq!((&made["kind"], &made["before"]), (&"site_created".into(), &().into()));
    assert_eq!(made["after"]["enabled"], true);
    assert_eq!(settings["before"]["allow_admin_promotion"], false);
    assert_eq!(settings["after"]["allow_admin_promotion"], true);
    assert_eq!(token["kind"], "token_created");
    assert_eq!((&token["before"], &token["after"]["name"]), (&().into(), &"test 0".into()));
    assert!(!lines.concat().contains(&value), "a value in the ledger");
}
