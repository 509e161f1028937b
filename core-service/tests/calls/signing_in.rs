//! Admins who sign in by their site's identity provider: into which site, for how long, and who not.

use super::fixture::*;
use provost_core::{Core, IdentityProviders};
use provost_openid::{ProviderChannel, ProviderSettings};
use provost_proto::v1;
use provost_proto::v1::Role;
use provost_proto::v1::change::Change;
use provost_test_kit::fake_provider::{CLIENT, FakeProvider, ISSUER};
use serde_json::json;
use std::collections::BTreeMap;
use tonic::{Code, Status};
use url::Url;

on_both_databases!(
    an_admin_manages_their_site_and_sees_no_other,
    an_admin_decides_as_one_and_is_named_in_the_ledger,
    a_session_is_over_with_what_the_admin_was,
    nobody_but_an_active_admin_signs_in,
    an_answer_counts_with_its_attempt_and_at_its_site,
    sites_without_a_provider_are_told_as_those_that_there_are_not,
    admins_end_their_own_sessions_alone,
    an_admin_s_session_ends_with_its_time_and_with_the_operator_s_token,
    nothing_that_is_kept_tells_a_token,
);

const OTHER: &str = "globex";
const BACK: &str = "https://console.example/sign-in/acme/callback";

/// Of both sites, by a provider that each core asks for itself.
pub fn providers() -> IdentityProviders {
    let fake = FakeProvider::honest();
    let channel = ProviderChannel::new(move |request| {
        let (status, body) = fake.lock().unwrap().answer(request.uri().path(), request.body());
        Box::pin(async move {
            let response = http::Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(body.to_string().into_bytes());
            Ok(response.unwrap())
        })
    });
    let client = (CLIENT.to_owned(), "client-secret".to_owned());
    let settings = ProviderSettings::new(ISSUER, client, "preferred_username".to_owned()).unwrap();
    let sites = [SITE, OTHER].map(|site| (site.to_owned(), (settings.clone(), channel.clone())));
    IdentityProviders::new(sites.into())
}

/// A sign-in that the provider has answered.
async fn answered(core: &Core, site: &str, user_name: &str) -> v1::CreateAdminSessionRequest {
    let request =
        v1::GetAuthorizationUrlRequest { site: site.to_owned(), redirect_uri: BACK.to_owned() };
    let begun = arrivals(core).get_authorization_url(request).await.unwrap().into_inner();
    let url = Url::parse(&begun.url).unwrap();
    let sent: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "1", "nonce": sent["nonce"],
        "iat": 1_700_000_000, "exp": 4_100_000_000_u64, "preferred_username": user_name,
    });
    v1::CreateAdminSessionRequest {
        site: site.to_owned(),
        redirect_uri: BACK.to_owned(),
        attempt: begun.attempt,
        code: FakeProvider::code(&claims),
        state: sent["state"].clone(),
        issuer: String::new(),
    }
}

/// Signs in as whoever the provider says it is.
pub async fn sign_in(
    core: &Core,
    site: &str,
    user_name: &str,
) -> Result<v1::CreateAdminSessionResponse, Status> {
    let request = answered(core, site, user_name).await;
    Ok(arrivals(core).create_admin_session(request).await?.into_inner())
}

async fn token_of(core: &Core, user_name: &str) -> String {
    let made = sign_in(core, SITE, user_name).await.unwrap();
    assert!(made.token.starts_with("provost_ses_adm_"), "{}", made.token.len());
    made.token
}

/// What becomes of a look at a user of `acme`.
async fn look(core: &Core, token: &str, id: &str) -> Result<(), String> {
    get(&mut users(core, token), id).await.map(|_| ()).map_err(|status| reason(&status).1)
}

fn over() -> Result<(), String> {
    Err("TOKEN_INVALID".to_owned())
}

async fn an_admin_manages_their_site_and_sees_no_other(fixture: Fixture) {
    fixture.site(OTHER).await;
    let ada = fixture.user("ada", Role::Admin).await;
    let made = sign_in(&fixture.core, SITE, "Ada").await.unwrap();
    let session = made.session.unwrap();
    let named = (&*session.site, &*session.user_id, &*session.user_name);
    assert_eq!(named, (SITE, &*ada.id, "ada"));
    let token = made.token;
    let own = sessions(&fixture.core, &token).get_session(v1::GetSessionRequest {}).await.unwrap();
    assert_eq!(own.into_inner().session.unwrap().user_id, ada.id);

    let bob = create(&mut users(&fixture.core, &token), "bob", Role::Registered).await.unwrap();
    assert_eq!(look(&fixture.core, &token, &bob.id).await, Ok(()));
    let mut sites = sites(&fixture.core, &token);
    let settings = |site: &str| v1::UpdateScimSettingsRequest {
        site: site.to_owned(),
        protect_user_names: vec!["root".to_owned()],
        ..Default::default()
    };
    assert!(sites.update_scim_settings(settings(SITE)).await.unwrap().into_inner().changed);
    let events = |site: &str| v1::ListEventsRequest { site: site.to_owned(), ..Default::default() };
    let mut ledgers = ledgers(&fixture.core, &token);
    assert!(ledgers.list_events(events(SITE)).await.unwrap().into_inner().events.len() > 2);
    // Whether or not there is such a site.
    for site in [OTHER, "narnia"] {
        let answers = [
            sites.update_scim_settings(settings(site)).await.map(drop),
            ledgers.list_events(events(site)).await.map(drop),
        ];
        for status in answers.map(Result::unwrap_err) {
            assert_eq!(reason(&status), (Code::NotFound, "SITE_NOT_FOUND".to_owned()));
            assert_eq!(status.message(), format!("there is no site named {site}"));
        }
    }
    // How long the ledger is kept, its followers and other sites are the operator's.
    let retention =
        v1::UpdateScimSettingsRequest { ledger_retention_days: Some(1), ..settings(SITE) };
    let refused = [
        sites.update_scim_settings(retention).await.map(drop).unwrap_err(),
        sites.list_sites(v1::ListSitesRequest::default()).await.map(drop).unwrap_err(),
        sessions(&fixture.core, &token)
            .create_session(v1::CreateSessionRequest { options: None })
            .await
            .map(drop)
            .unwrap_err(),
    ];
    for status in refused {
        assert_eq!(reason(&status).1, "CALLER_NOT_PERMITTED", "{status:?}");
    }
}

async fn an_admin_decides_as_one_and_is_named_in_the_ledger(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let bob = fixture.user("bob", Role::Registered).await;
    let token = token_of(&fixture.core, "ada").await;
    let mut users = users(&fixture.core, &token);
    let security =
        Change::PlaceHold(v1::PlaceHold { name: "security".to_owned(), ..Default::default() });
    let decided =
        change(&mut users, &bob.id, vec![security], v1::WriteOptions::default()).await.unwrap();
    let caller = format!("user:{}", ada.id);
    assert_eq!(decided.user.unwrap().holds[0].owner, caller);
    let event = fixture.event(decided.revision).await;
    assert_eq!((event.caller, event.on_behalf_of), (caller.clone(), String::new()));
    // Another Admin lifts it, as an Admin's.
    fixture.user("grace", Role::Admin).await;
    let grace = token_of(&fixture.core, "grace").await;
    let lift = Change::LiftHold(v1::LiftHold { name: "security".to_owned() });
    let mut by_grace = super::fixture::users(&fixture.core, &grace);
    assert!(
        change(&mut by_grace, &bob.id, vec![lift], v1::WriteOptions::default())
            .await
            .unwrap()
            .changed
    );
    let mut options = v1::WriteOptions { on_behalf_of: ada.id, ..Default::default() };
    let asked = change(&mut by_grace, &bob.id, vec![set_title("x")], options.clone()).await;
    assert_eq!(reason(&asked.unwrap_err()).1, "ACTOR_NOT_PERMITTED");
    options.on_behalf_of.clear();
    // The site keeps one of them.
    let [ada, grace] = [id_of(&fixture, "ada").await, id_of(&fixture, "grace").await];
    let down = || vec![set_role(Role::Registered)];
    assert!(change(&mut by_grace, &ada, down(), options.clone()).await.unwrap().changed);
    let last = change(&mut by_grace, &grace, down(), options).await.unwrap_err();
    assert_eq!(reason(&last).1, "LAST_ADMIN");
}

async fn id_of(fixture: &Fixture, user_name: &str) -> String {
    let key = Some(v1::lookup_user_request::Key::UserName(user_name.to_owned()));
    let request = v1::LookupUserRequest { site: SITE.to_owned(), on_behalf_of: String::new(), key };
    fixture.users().lookup_user(request).await.unwrap().into_inner().user.unwrap().id
}

async fn a_session_is_over_with_what_the_admin_was(fixture: Fixture) {
    fixture.user("root", Role::Admin).await;
    let other_core = open(&fixture.url).await;
    let hold = |name: &str| {
        Change::PlaceHold(v1::PlaceHold { name: name.to_owned(), ..Default::default() })
    };
    let lift = |name: &str| Change::LiftHold(v1::LiftHold { name: name.to_owned() });
    for (name, down, up) in [
        ("demoted", set_role(Role::Moderator), set_role(Role::Admin)),
        ("deactivated", set_active(false), set_active(true)),
        ("held", hold("security"), lift("security")),
    ] {
        let ada = fixture.user(name, Role::Admin).await;
        let token = token_of(&fixture.core, name).await;
        for core in [&fixture.core, &other_core] {
            assert_eq!(look(core, &token, &ada.id).await, Ok(()));
        }
        let mut operator = fixture.users();
        change(&mut operator, &ada.id, vec![down], v1::WriteOptions::default()).await.unwrap();
        for core in [&other_core, &fixture.core] {
            assert_eq!(look(core, &token, &ada.id).await, over());
        }
        // It does not come back with them.
        change(&mut operator, &ada.id, vec![up], v1::WriteOptions::default()).await.unwrap();
        assert_eq!(look(&fixture.core, &token, &ada.id).await, over());
        assert_eq!(fixture.rows("SELECT 'x' FROM sessions").await.len(), 0);
        // What an older core takes from them, which knows of no such sessions, counts as well.
        let token = token_of(&fixture.core, name).await;
        let user = ada.id.replace('-', "");
        let id = if fixture.url.starts_with("sqlite") { "hex(id)" } else { "id::text" };
        let sql = format!(
            "UPDATE users SET role = 1 WHERE lower(replace({id}, '-', '')) = '{user}' RETURNING 'x'"
        );
        assert_eq!(fixture.rows(&sql).await.len(), 1);
        assert_eq!(look(&fixture.core, &token, &ada.id).await, over());
        fixture.rows("DELETE FROM sessions RETURNING 'x'").await;
    }
    let ada = fixture.user("gone", Role::Admin).await;
    let token = token_of(&fixture.core, "gone").await;
    let request =
        v1::DeleteUserRequest { site: SITE.to_owned(), user_id: ada.id.clone(), options: None };
    fixture.users().delete_user(request).await.unwrap();
    assert_eq!(look(&other_core, &token, &ada.id).await, over());
    // Who is no Admin, and was none, loses nothing; a title takes nothing from anybody.
    let root = token_of(&fixture.core, "root").await;
    let id = id_of(&fixture, "root").await;
    let mut operator = fixture.users();
    change(&mut operator, &id, vec![set_title("x")], v1::WriteOptions::default()).await.unwrap();
    assert_eq!(look(&other_core, &root, &id).await, Ok(()));
    let request = v1::DeleteSiteRequest { site: SITE.to_owned(), options: None };
    fixture.sites().delete_site(request).await.unwrap();
    assert_eq!(look(&other_core, &root, &id).await, over());
    other_core.close().await;
}

async fn nobody_but_an_active_admin_signs_in(fixture: Fixture) {
    fixture.user("root", Role::Admin).await;
    fixture.user("moderator", Role::Moderator).await;
    let ada = fixture.user("ada", Role::Admin).await;
    let mut operator = fixture.users();
    change(&mut operator, &ada.id, vec![set_active(false)], v1::WriteOptions::default())
        .await
        .unwrap();
    fixture.site(OTHER).await;
    let before = fixture.lines().await;
    let long = "x".repeat(2000);
    for (name, told) in [
        ("moderator", "you are no active Admin of this site"),
        ("ada", "you are no active Admin of this site"),
        ("nobody", "no user of this site has the user name"),
        (long.as_str(), "no user of this site has the user name"),
    ] {
        let status = sign_in(&fixture.core, SITE, name).await.unwrap_err();
        assert_eq!(reason(&status), (Code::PermissionDenied, "ACTOR_NOT_PERMITTED".to_owned()));
        assert!(status.message().starts_with(told), "{}", status.message());
    }
    // An Admin of another site is nobody here.
    let status = sign_in(&fixture.core, OTHER, "root").await.unwrap_err();
    assert_eq!(reason(&status).1, "ACTOR_NOT_PERMITTED");
    assert_eq!(fixture.lines().await, before);
    assert_eq!(fixture.rows("SELECT 'x' FROM sessions").await.len(), 0);
}

async fn an_answer_counts_with_its_attempt_and_at_its_site(fixture: Fixture) {
    type Request = v1::CreateAdminSessionRequest;
    fixture.site(OTHER).await;
    fixture.user("ada", Role::Admin).await;
    let good = answered(&fixture.core, SITE, "ada").await;
    let other = answered(&fixture.core, SITE, "ada").await;
    let elsewhere = answered(&fixture.core, OTHER, "ada").await;
    let refused = [
        Request { state: other.state.clone(), ..good.clone() },
        Request { attempt: other.attempt.clone(), ..good.clone() },
        Request { attempt: String::new(), ..good.clone() },
        Request { code: other.code.clone(), ..good.clone() },
        Request { code: "used".to_owned(), ..good.clone() },
        Request { code: elsewhere.code.clone(), ..good.clone() },
        Request { site: SITE.to_owned(), ..elsewhere.clone() },
        Request { issuer: "https://evil.example".to_owned(), ..good.clone() },
    ];
    for (number, request) in refused.into_iter().enumerate() {
        let status = arrivals(&fixture.core).create_admin_session(request).await.unwrap_err();
        let expected = (Code::PermissionDenied, "SIGN_IN_REFUSED".to_owned());
        assert_eq!(reason(&status), expected, "{number}: {}", status.message());
    }
    arrivals(&fixture.core).create_admin_session(good).await.unwrap();
}

async fn sites_without_a_provider_are_told_as_those_that_there_are_not(fixture: Fixture) {
    fixture.site("initech").await;
    let asked = async |site: &str| {
        let request =
            v1::GetAuthorizationUrlRequest { site: site.to_owned(), redirect_uri: BACK.to_owned() };
        let status = arrivals(&fixture.core).get_authorization_url(request).await.unwrap_err();
        (reason(&status), status.message().to_owned())
    };
    let told = asked("initech").await;
    assert_eq!(told.0.1, "SIGN_IN_REFUSED");
    for unknown in ["narnia", "", "No Name"] {
        assert_eq!(asked(unknown).await, told, "{unknown}");
    }
    // Whoever shows a token has to be the operator: it is for people who are nobody yet.
    let request =
        || v1::GetAuthorizationUrlRequest { site: SITE.to_owned(), redirect_uri: BACK.to_owned() };
    let connection = fixture.token(SITE).await;
    for (token, told) in [(connection.as_str(), "CALLER_NOT_PERMITTED"), ("wrong", "TOKEN_INVALID")]
    {
        let mut sessions = sessions(&fixture.core, token);
        let status = sessions.get_authorization_url(request()).await.unwrap_err();
        assert_eq!(reason(&status).1, told);
    }
    let status = arrivals(&fixture.core).get_session(v1::GetSessionRequest {}).await.unwrap_err();
    assert_eq!(reason(&status).1, "TOKEN_MISSING");
}

async fn admins_end_their_own_sessions_alone(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    fixture.user("grace", Role::Admin).await;
    let of_ada = sign_in(&fixture.core, SITE, "ada").await.unwrap();
    let of_grace = token_of(&fixture.core, "grace").await;
    let deletion = |session_id: &str| v1::DeleteSessionRequest {
        session_id: session_id.to_owned(),
        options: None,
    };
    let id = of_ada.session.unwrap().id;
    let mut by_grace = sessions(&fixture.core, &of_grace);
    assert!(!by_grace.delete_session(deletion(&id)).await.unwrap().into_inner().changed);
    assert_eq!(look(&fixture.core, &of_ada.token, &ada.id).await, Ok(()));
    let mut by_ada = sessions(&fixture.core, &of_ada.token);
    let ended = by_ada.delete_session(deletion("")).await.unwrap().into_inner();
    assert!(ended.changed);
    let event = fixture.event(ended.revision).await;
    assert_eq!((&*event.kind, event.caller), ("session_ended", format!("user:{}", ada.id)));
    assert_eq!(look(&fixture.core, &of_ada.token, &ada.id).await, over());
    // The operator ends anybody's.
    let session = by_grace.get_session(v1::GetSessionRequest {}).await.unwrap().into_inner();
    let id = session.session.unwrap().id;
    let mut operator = sessions(&fixture.core, OPERATOR);
    assert!(operator.delete_session(deletion(&id)).await.unwrap().into_inner().changed);
    assert_eq!(look(&fixture.core, &of_grace, &ada.id).await, over());
}

async fn an_admin_s_session_ends_with_its_time_and_with_the_operator_s_token(fixture: Fixture) {
    let ada = fixture.user("ada", Role::Admin).await;
    let minutes = |count: i64| count * 60_000_000;
    for (set, is_over) in [
        (format!("last_used_at = last_used_at - {}", minutes(29)), false),
        (format!("last_used_at = last_used_at - {}", minutes(31)), true),
        (format!("expires_at = expires_at - {}", minutes(481)), true),
    ] {
        let token = token_of(&fixture.core, "ada").await;
        fixture.rows(&format!("UPDATE sessions SET {set} RETURNING 'x'")).await;
        let expected = if is_over { over() } else { Ok(()) };
        assert_eq!(look(&fixture.core, &token, &ada.id).await, expected, "{set}");
        fixture.rows("DELETE FROM sessions RETURNING 'x'").await;
    }
    // What a core from before would look for is another hash, so it finds no session of the operator there.
    let token = token_of(&fixture.core, "ada").await;
    let as_operator = token.replace("provost_ses_adm_", "provost_ses_");
    assert_eq!(look(&fixture.core, &as_operator, &ada.id).await, over());
}

async fn nothing_that_is_kept_tells_a_token(fixture: Fixture) {
    fixture.user("ada", Role::Admin).await;
    let request = answered(&fixture.core, SITE, "ada").await;
    let (attempt, code) = (request.attempt.clone(), request.code.clone());
    let made = arrivals(&fixture.core).create_admin_session(request).await.unwrap().into_inner();
    let event = fixture.event(made.revision).await;
    assert_eq!(event.kind, "session_created");
    for row in fixture.rows("SELECT body FROM events").await {
        for secret in [&made.token, &attempt, &code] {
            assert!(!row[0].contains(secret));
        }
    }
}
