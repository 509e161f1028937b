//! Sites that are broken on purpose: each is named.

use std::time::Duration;

use provost::doctor::providers::Provider;
use provost_proto::v1::{CreationPolicy, RefusalPolicy, UpdateScimSettingsRequest};
use provost_test_kit::Authority;

use super::front::{Fate, Fault};
use super::{Seen, Visit, healthy_site, users};
use crate::support::wire::Request;
use crate::support::{Answer, House, Site, in_one_house};

in_one_house!(
    joined,
    AllInOne,
    Sqlite,
    what_stands_in_front_is_named,
    what_the_site_is_set_to_is_named,
    who_shows_the_certificate_is_named,
    what_is_broken_in_the_middle_is_put_back,
    nobody_else_is_changed_where_filters_find_them,
    whoever_is_created_without_an_answer_is_gone,
    the_token_is_not_repeated
);

/// What is found of one site; errors of conversations are those of Entra ID, which says most.
async fn found(site: &Site<'_>, change: impl FnOnce(&mut Visit<'_>)) -> Seen {
    let mut visit = Visit::new(site);
    visit.providers = vec![Provider::Entra];
    change(&mut visit);
    visit.examined().await
}

fn answered(status: u16, media_type: &str, body: &str) -> Answer {
    let headers = vec![("content-type".to_owned(), media_type.to_owned())];
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

fn scim_error(status: u16) -> Answer {
    let body = format!(
        r#"{{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "{status}", "detail": "no"}}"#
    );
    answered(status, "application/scim+json", &body)
}

fn set(answer: &mut Answer, name: &str, value: &str) {
    answer.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    answer.headers.push((name.to_owned(), value.to_owned()));
}

/// Goes on as it came, or is answered here.
fn unless(is_well: bool, answer: impl FnOnce() -> Answer) -> Fate {
    if is_well { Fate::Passed } else { Fate::Answered(answer()) }
}

fn has(request: &Request, header: &str) -> bool {
    request.headers.iter().any(|(name, _)| name == header)
}

/// What the doctor says about what stands in front and does something to requests.
fn on_the_way_there() -> [(&'static str, Fault); 14] {
    let there = Fault::there;
    [
        (
            "authorization-lost",
            there(|request| {
                request.headers.retain(|(name, _)| name != "authorization");
                Fate::Passed
            }),
        ),
        (
            "query-rewritten",
            there(|request| {
                request.target = request.target.replace("%5C", "").replace("%2F", "/");
                Fate::Passed
            }),
        ),
        (
            "user-agent-needed",
            there(|request| {
                let page = "<html>who are you?</html>";
                unless(has(request, "user-agent"), || answered(403, "text/html", page))
            }),
        ),
        (
            "redirect",
            there(|_| {
                let mut answer = answered(301, "text/html", "");
                set(&mut answer, "location", "https://elsewhere.example.com/scim");
                Fate::Answered(answer)
            }),
        ),
        ("not-scim", there(|_| Fate::Answered(answered(200, "text/html", "<html>Sign in</html>")))),
        (
            "server-error",
            there(|request| {
                let page = "<html>Bad gateway</html>";
                unless(request.method != "PATCH", || answered(502, "text/html", page))
            }),
        ),
        (
            "patch-unsupported",
            there(|request| unless(request.method != "PATCH", || scim_error(405))),
        ),
        ("put-unsupported", there(|request| unless(request.method != "PUT", || scim_error(501)))),
        (
            "groups-missing",
            there(|request| unless(!request.target.contains("/Groups"), || scim_error(404))),
        ),
        (
            "groups-unsupported",
            there(|request| {
                let is_read = request.method == "GET" || !request.target.contains("/Groups");
                unless(is_read, || scim_error(501))
            }),
        ),
        (
            "discovery-missing",
            there(|request| unless(!request.target.contains("/Schemas"), || scim_error(404))),
        ),
        (
            "filter-ignored",
            there(|request| {
                if let Some((path, _)) = request.target.split_once('?') {
                    request.target = path.to_owned();
                }
                Fate::Passed
            }),
        ),
        (
            "open-to-anybody",
            there(|request| {
                let list = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}"#;
                unless(has(request, "authorization"), || {
                    answered(200, "application/scim+json", list)
                })
            }),
        ),
        ("throttled", there(|request| unless(request.method != "PATCH", || scim_error(429)))),
    ]
}

/// The same for answers.
fn on_the_way_back() -> [(&'static str, Fault); 5] {
    let back = Fault::back;
    [
        ("media-type", back(|_, answer| set(answer, "content-type", "text/plain"))),
        (
            "error-body",
            back(|_, answer| {
                if answer.status >= 400 {
                    answer.body = b"<html>Something went wrong</html>".to_vec();
                }
            }),
        ),
        ("clock-off", back(|_, answer| set(answer, "date", "Thu, 31 Jan 2008 12:00:00 GMT"))),
        (
            "version-lost",
            back(|_, answer| {
                answer.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("etag"));
            }),
        ),
        (
            "status-not-in-force",
            back(|request, answer| {
                if request.method == "GET" {
                    let body = answer.text().replace(r#""active":false"#, r#""active":true"#);
                    answer.body = body.into_bytes();
                }
            }),
        ),
    ]
}

async fn what_stands_in_front_is_named(house: &House) {
    for (index, (check, fault)) in
        on_the_way_there().into_iter().chain(on_the_way_back()).enumerate()
    {
        let site = healthy_site(house, &format!("s{index}")).await;
        let seen = found(&site, |visit| {
            visit.fault = fault;
            if check == "put-unsupported" {
                visit.providers = vec![Provider::Okta];
            }
        });
        let seen = seen.await;
        assert!(seen.checks().contains(check), "{check}:\n{}", seen.words());
        assert_ne!(seen.is_put_back, Some(false), "{check}:\n{}", seen.words());
    }
    let site = healthy_site(house, "left").await;
    let seen = found(&site, |visit| {
        visit.fault = Fault::there(|request| {
            let is_deletion = request.method == "DELETE" && request.target.contains("/Groups/");
            unless(!is_deletion, || scim_error(403))
        });
    });
    let seen = seen.await;
    assert!(seen.checks().contains("group-left-behind"), "{}", seen.words());
    assert_eq!(seen.is_put_back, Some(false), "{}", seen.words());
    let site = healthy_site(house, "slow").await;
    let seen = found(&site, |visit| {
        visit.time_limit = Duration::from_millis(200);
        visit.fault = Fault::there(|_| Fate::Lost);
    });
    assert_eq!(Vec::from_iter(seen.await.checks()), ["slow"]);
}

async fn what_the_site_is_set_to_is_named(house: &House) {
    let site = healthy_site(house, "acme").await;
    let seen = found(&site, |visit| visit.token = String::from("provost_scim_0000")).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["token-refused"], "{}", seen.words());
    let seen = found(&site, |visit| visit.path = String::from("/scim/v1")).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["path-missing"], "{}", seen.words());
    let seen = found(&site, |visit| visit.issued = None).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["plain-http"], "{}", seen.words());
    let seen = found(&site, |visit| visit.user = Some("nobody@example.com".to_owned())).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["user-unusable"], "{}", seen.words());

    let expired = site.another_token("expired").await;
    let outlive = "UPDATE tokens SET expires_at = 1 WHERE name = 'expired' RETURNING name";
    house.database().rows(outlive).await;
    let seen = found(&site, |visit| visit.token = expired).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["token-refused"], "{}", seen.words());

    site.promotions(false, false).await;
    let seen = found(&site, |_| ()).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["role-not-in-force"], "{}", seen.words());
    assert!(seen.words().contains("Moderator"), "{}", seen.words());
    let reject = RefusalPolicy::Reject.into();
    site.settings(UpdateScimSettingsRequest { refusals: reject, ..Default::default() }).await;
    let seen = found(&site, |visit| visit.providers = vec![Provider::OneLogin]).await;
    assert!(seen.checks().contains("change-refused"), "{}", seen.words());
    assert!(seen.words().contains("allow_moderator_promotion"), "{}", seen.words());
    let nobody_new = CreationPolicy::Refuse.into();
    site.settings(UpdateScimSettingsRequest { creation: nobody_new, ..Default::default() }).await;
    let seen = found(&site, |visit| visit.user = None).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["creation-refused"], "{}", seen.words());
    let off = Some(false);
    site.settings(UpdateScimSettingsRequest { enabled: off, ..Default::default() }).await;
    let seen = found(&site, |_| ()).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["forbidden"], "{}", seen.words());
    assert!(seen.words().contains("SCIM is switched off"), "{}", seen.words());
}

async fn who_shows_the_certificate_is_named(house: &House) {
    let site = healthy_site(house, "acme").await;
    let week = Duration::from_hours(7 * 24);
    for (check, issue) in [
        (
            "certificate-expired",
            (|authority| authority.issue_expired(&["localhost"])) as fn(&Authority) -> _,
        ),
        ("certificate-name", |authority| authority.issue(&["other.example.com"])),
        ("certificate-untrusted", |_| Authority::new().issue(&["localhost"])),
        ("certificate-untrusted", |_| Authority::self_signed(&["localhost"])),
    ] {
        let seen = found(&site, |visit| visit.issued = Some(issue(&visit.authority))).await;
        assert_eq!(Vec::from_iter(seen.checks()), [check], "{}", seen.words());
        assert_eq!(seen.steps, 1, "nothing is sent to a stranger");
    }
    let seen = found(&site, |visit| visit.protocol = "h2").await;
    assert_eq!(Vec::from_iter(seen.checks()), ["http-version"], "{}", seen.words());
    let issue = |visit: &mut Visit<'_>| {
        visit.issued = Some(visit.authority.issue_for(&["localhost"], week));
    };
    let seen = found(&site, issue).await;
    assert_eq!(Vec::from_iter(seen.checks()), ["certificate-expiring"], "{}", seen.words());
}

/// Every PUT seems to fail, and what it did is undone all the same.
async fn what_is_broken_in_the_middle_is_put_back(house: &House) {
    let site = healthy_site(house, "acme").await;
    let before = users(&site).await;
    let seen = found(&site, |visit| {
        visit.providers = vec![Provider::Okta, Provider::OneLogin];
        visit.fault = Fault::back(|request, answer| {
            if request.method == "PUT" && answer.status == 200 {
                *answer = scim_error(500);
            }
        });
    });
    let seen = seen.await;
    assert!(seen.checks().contains("server-error"), "{}", seen.words());
    assert_eq!(seen.is_put_back, Some(true), "{}", seen.words());
    assert_eq!(users(&site).await, before);
}

/// No filter is obeyed, or only the one that the first look asks with.
async fn nobody_else_is_changed_where_filters_find_them(house: &House) {
    let faults = [
        Fault::there(|request| {
            if let Some((path, _)) = request.target.split_once('?') {
                request.target = path.to_owned();
            }
            Fate::Passed
        }),
        Fault::there(|request| {
            if let Some((path, query)) = request.target.split_once('?')
                && query.contains("doctor")
            {
                request.target = format!("{path}?filter=userName%20sw%20%22owner%22");
            }
            Fate::Passed
        }),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        for provider in [Provider::Okta, Provider::OneLogin] {
            let name: &str = provider.into();
            let site = healthy_site(house, &format!("{name}{index}")).await;
            let before = users(&site).await;
            let others = "/Users?filter=userName%20sw%20%22owner%22";
            let versions = site.get(others).await.expect(200);
            let seen = found(&site, |visit| {
                visit.fault = fault;
                visit.user = None;
                visit.providers = vec![provider];
            });
            let seen = seen.await;
            assert!(seen.checks().contains("filter-ignored"), "{}", seen.words());
            assert_eq!(seen.is_put_back, Some(true), "{}", seen.words());
            assert_eq!(users(&site).await, before, "{}", seen.words());
            assert_eq!(site.get(others).await.expect(200), versions, "{}", seen.words());
        }
    }
}

async fn whoever_is_created_without_an_answer_is_gone(house: &House) {
    let cut_off = |request: &mut Request| match request.method.as_str() {
        "POST" => Fate::CutOff,
        _ => Fate::Passed,
    };
    let unnamed = |request: &Request, answer: &mut Answer| {
        if request.method == "POST" {
            answer.body = b"{}".to_vec();
        }
    };
    for (name, fault) in [("cut", Fault::there(cut_off)), ("unnamed", Fault::back(unnamed))] {
        let site = healthy_site(house, name).await;
        let before = users(&site).await;
        let seen = found(&site, |visit| {
            visit.fault = fault;
            visit.user = None;
        });
        let seen = seen.await;
        assert!(!seen.checks().contains("left-behind"), "{}", seen.words());
        assert_eq!(seen.is_put_back, Some(true), "{}", seen.words());
        assert_eq!(users(&site).await, before);
    }
    let site = healthy_site(house, "lost").await;
    let seen = found(&site, |visit| {
        visit.user = None;
        visit.fault = Fault::there(|request| match request.method.as_str() {
            "POST" => Fate::CutOff,
            "GET" => unless(!request.target.contains("doctor"), || {
                let list = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0}"#;
                answered(200, "application/scim+json", list)
            }),
            _ => Fate::Passed,
        });
    });
    let seen = seen.await;
    assert!(seen.checks().contains("left-behind"), "{}", seen.words());
    assert!(seen.words().contains("provost-doctor-0d0c70f1@example.com"), "{}", seen.words());
    assert_eq!(seen.is_put_back, Some(false), "{}", seen.words());
}

/// Also where it stands at the place where a long answer is cut.
async fn the_token_is_not_repeated(house: &House) {
    let site = healthy_site(house, "acme").await;
    let seen = found(&site, |visit| {
        visit.fault = Fault::there(|request| {
            let mut headers = request.headers.iter();
            let token =
                headers.find(|(name, _)| name == "authorization").map(|(_, value)| &**value);
            let page = format!("{} {}", "x".repeat(120), token.unwrap_or_default());
            unless(request.method != "PATCH", || answered(502, "text/html", &page))
        });
    });
    let seen = seen.await;
    assert!(seen.words().contains("x Bearer TOKEN"), "{}", seen.words());
    assert!(!seen.words().contains(&site.token[..20]), "{}", seen.words());
}
