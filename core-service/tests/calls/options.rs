//! What every write may say besides what it wants, whatever it is about.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::Role;
use tonic::{Code, Status};

on_both_databases!(
    every_write_takes_an_expected_version,
    every_write_can_be_tried_without_being_done,
    every_write_keeps_its_reason_and_tells_the_head_of_the_ledger,
    settings_are_not_overwritten_unseen,
    a_reason_is_short_and_can_be_stored,
);

/// What there is to write about.
struct Subjects {
    user_id: String,
    token_id: String,
}

async fn subjects(fixture: &Fixture, name: &str) -> Subjects {
    let user_id = fixture.user(&format!("{name}-known"), Role::Registered).await.id;
    let request = v1::CreateTokenRequest {
        site: SITE.to_owned(),
        name: "old".to_owned(),
        ..v1::CreateTokenRequest::default()
    };
    let made = fixture.sites().create_token(request).await.unwrap().into_inner();
    Subjects { user_id, token_id: made.token.unwrap().id }
}

/// Each write, with the version of what it is about, and whether the answer says that something
/// changed, with the head of the ledger. What it makes is called after `name`.
async fn writes(
    fixture: &Fixture,
    subjects: &Subjects,
    name: &str,
    options: impl Fn(i64) -> v1::WriteOptions,
) -> Vec<(&'static str, Result<(bool, i64), Status>)> {
    let (site, name) = (SITE.to_owned(), name.to_owned());
    let (mut users, mut sites) = (fixture.users(), fixture.sites());
    let changed = |decision: Option<v1::Decision>| {
        let decision = decision.unwrap();
        (decision.changed, decision.revision)
    };
    let mut answers = Vec::new();

    let request = v1::CreateUserRequest {
        site: site.clone(),
        user_name: format!("{name}-made"),
        options: Some(options(0)),
        ..v1::CreateUserRequest::default()
    };
    let answer = users.create_user(request).await;
    answers.push(("CreateUser", answer.map(|answer| changed(answer.into_inner().decision))));
    let request = v1::RegisterSignInRequest {
        site: site.clone(),
        user_name: format!("{name}-signed-in"),
        options: Some(options(0)),
        ..v1::RegisterSignInRequest::default()
    };
    let answer = users.register_sign_in(request).await;
    answers.push(("RegisterSignIn", answer.map(|answer| changed(answer.into_inner().decision))));
    let answer = change(&mut users, &subjects.user_id, vec![set_title(&name)], options(1)).await;
    answers.push(("ChangeUser", answer.map(|decision| changed(Some(decision)))));
    let request = v1::CreateSiteRequest { name: name.clone(), options: Some(options(0)) };
    let answer = sites.create_site(request).await.map(tonic::Response::into_inner);
    answers.push(("CreateSite", answer.map(|answer| (answer.changed, answer.revision))));
    let request = v1::UpdateScimSettingsRequest {
        site: site.clone(),
        protect_user_names: vec![name.clone()],
        options: Some(options(1)),
        ..v1::UpdateScimSettingsRequest::default()
    };
    let answer = sites.update_scim_settings(request).await.map(tonic::Response::into_inner);
    answers.push(("UpdateScimSettings", answer.map(|answer| (answer.changed, answer.revision))));
    let (at, options_of) = (site.clone(), Some(options(0)));
    let request = v1::CreateConnectionRequest { site: at, name: name.clone(), options: options_of };
    let answer = sites.create_connection(request).await.map(tonic::Response::into_inner);
    answers.push(("CreateConnection", answer.map(|answer| (answer.changed, answer.revision))));
    let request = v1::CreateTokenRequest {
        site: site.clone(),
        name: name.clone(),
        options: Some(options(0)),
        ..v1::CreateTokenRequest::default()
    };
    let answer = sites.create_token(request).await.map(tonic::Response::into_inner);
    answers.push(("CreateToken", answer.map(|answer| (answer.changed, answer.revision))));
    let (token_id, options_of) = (subjects.token_id.clone(), Some(options(1)));
    let request = v1::RevokeTokenRequest { site, token_id, options: options_of };
    let answer = sites.revoke_token(request).await.map(tonic::Response::into_inner);
    answers.push(("RevokeToken", answer.map(|answer| (answer.changed, answer.revision))));
    answers
}

async fn every_write_takes_an_expected_version(fixture: Fixture) {
    let subjects = subjects(&fixture, "one").await;
    let lines = fixture.lines().await;
    let other = |version: i64| v1::WriteOptions {
        expected_version: Some(version + 7),
        ..v1::WriteOptions::default()
    };
    for (write, answer) in writes(&fixture, &subjects, "one", other).await {
        let refusal = reason(&answer.unwrap_err());
        assert_eq!(refusal, (Code::Aborted, "VERSION_MISMATCH".to_owned()), "{write}");
    }
    assert_eq!(fixture.lines().await, lines);
    let right = |version: i64| v1::WriteOptions {
        expected_version: Some(version),
        ..v1::WriteOptions::default()
    };
    for (write, answer) in writes(&fixture, &subjects, "one", right).await {
        assert!(answer.unwrap().0, "{write}");
    }
}

async fn every_write_can_be_tried_without_being_done(fixture: Fixture) {
    let subjects = subjects(&fixture, "one").await;
    let lines = fixture.lines().await;
    let trying = |_| v1::WriteOptions { validate_only: true, ..v1::WriteOptions::default() };
    for (write, answer) in writes(&fixture, &subjects, "one", trying).await {
        let head = if write == "CreateSite" { 0 } else { i64::try_from(lines).unwrap() };
        assert_eq!(answer.unwrap(), (true, head), "{write}");
    }
    assert_eq!(fixture.lines().await, lines);
    let doing = |_| v1::WriteOptions::default();
    for (write, answer) in writes(&fixture, &subjects, "one", doing).await {
        assert!(answer.unwrap().0, "{write} was not done before");
    }
}

async fn every_write_keeps_its_reason_and_tells_the_head_of_the_ledger(fixture: Fixture) {
    let subjects = subjects(&fixture, "one").await;
    let mut head = i64::try_from(fixture.lines().await).unwrap();
    let because =
        |_| v1::WriteOptions { reason: "ticket 42".to_owned(), ..v1::WriteOptions::default() };
    let answers = writes(&fixture, &subjects, "one", because).await;
    let count = answers.len();
    for (write, answer) in answers {
        let (changed, revision) = answer.unwrap();
        let of_its_own_site = write == "CreateSite";
        head += i64::from(!of_its_own_site);
        assert_eq!((changed, revision), (true, if of_its_own_site { 1 } else { head }), "{write}");
    }
    let reasons = "SELECT reason FROM events WHERE reason IS NOT NULL";
    assert_eq!(fixture.rows(reasons).await, vec![["ticket 42"]; count]);

    // What changes nothing is told the head as well, and keeps no reason.
    let title = vec![set_title("one")];
    let same = change(&mut fixture.users(), &subjects.user_id, title, because(0)).await.unwrap();
    assert_eq!((same.changed, same.revision), (false, head));
    let (site, token_id) = (SITE.to_owned(), subjects.token_id);
    let again = v1::RevokeTokenRequest { site, token_id, options: Some(because(0)) };
    let again = fixture.sites().revoke_token(again).await.unwrap().into_inner();
    assert_eq!((again.changed, again.revision, again.token.unwrap().version), (false, head, 2));
    assert_eq!(fixture.rows(reasons).await.len(), count);
}

async fn settings_are_not_overwritten_unseen(fixture: Fixture) {
    let mut sites = fixture.sites();
    let request = v1::GetScimSettingsRequest { on_behalf_of: String::new(), site: SITE.to_owned() };
    let seen = sites.get_scim_settings(request.clone()).await.unwrap().into_inner().settings;
    let seen = seen.unwrap().version;
    let switch = |enabled: bool| v1::UpdateScimSettingsRequest {
        site: SITE.to_owned(),
        enabled: Some(enabled),
        options: Some(v1::WriteOptions {
            expected_version: Some(seen),
            ..v1::WriteOptions::default()
        }),
        ..v1::UpdateScimSettingsRequest::default()
    };
    let same = sites.update_scim_settings(switch(true)).await.unwrap().into_inner();
    assert_eq!((same.changed, same.settings.unwrap().version), (false, seen));
    let first = sites.update_scim_settings(switch(false)).await.unwrap().into_inner();
    assert_eq!((first.changed, first.settings.unwrap().version), (true, seen + 1));
    let second = sites.update_scim_settings(switch(true)).await.unwrap_err();
    assert_eq!(reason(&second), (Code::Aborted, "VERSION_MISMATCH".to_owned()));
    assert!(second.message().starts_with("the site has version 2, not 1"), "{second:?}");
    let now = sites.get_scim_settings(request).await.unwrap().into_inner().settings.unwrap();
    assert_eq!((now.enabled, now.version), (false, seen + 1));
}

async fn a_reason_is_short_and_can_be_stored(fixture: Fixture) {
    let id = fixture.user("ada", Role::Registered).await.id;
    for (text, told) in [("x".repeat(1025), "LIMIT_EXCEEDED"), ("a\0b".to_owned(), "VALUE_INVALID")]
    {
        let options = v1::WriteOptions { reason: text, ..v1::WriteOptions::default() };
        let asked = change(&mut fixture.users(), &id, vec![set_title("x")], options).await;
        assert_eq!(reason(&asked.unwrap_err()), (Code::InvalidArgument, told.to_owned()));
    }
    let options = v1::WriteOptions { reason: "é".repeat(512), ..v1::WriteOptions::default() };
    change(&mut fixture.users(), &id, vec![set_title("x")], options).await.unwrap();
}
