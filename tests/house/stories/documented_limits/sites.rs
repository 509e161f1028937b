//! How much there may be of a site, its tokens and what is asked of its ledger.

use prost_types::Timestamp;
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{
    CreateConnectionRequest, CreateSiteRequest, CreateTokenRequest, ListEventsRequest,
    PlaceHoldRequest, UpdateScimSettingsRequest,
};

use super::is_refused_with;
use crate::support::Site;

pub async fn protected(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let protecting = |range: std::ops::Range<usize>| UpdateScimSettingsRequest {
        site: site.name.clone(),
        protect_user_names: range.map(|n| format!("root-{n}@example.com")).collect(),
        ..UpdateScimSettingsRequest::default()
    };
    is_refused_with(sites.update_scim_settings(protecting(0..101)).await, "LIMIT_EXCEEDED");
    sites.update_scim_settings(protecting(0..100)).await.unwrap();
    is_refused_with(sites.update_scim_settings(protecting(100..101)).await, "LIMIT_EXCEEDED");
}

pub async fn points_in_time(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let expiring = |name: &str, seconds| CreateTokenRequest {
        site: site.name.clone(),
        name: name.to_owned(),
        expiration: Some(Expiration::ExpireTime(Timestamp { seconds, nanos: 0 })),
        ..CreateTokenRequest::default()
    };
    // The last second of the year 9999, and the one before the year 1.
    let (last, before_the_first) = (253_402_300_799, -62_135_596_801);
    sites.create_token(expiring("last", last)).await.unwrap();
    for seconds in [last + 1, before_the_first, i64::MAX, i64::MIN] {
        is_refused_with(sites.create_token(expiring("never", seconds)).await, "VALUE_INVALID");
    }
}

pub async fn typed_tokens(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let typed = |value: &str| CreateTokenRequest {
        site: site.name.clone(),
        name: format!("typed {}", value.len()),
        value: Some(value.to_owned()),
        ..CreateTokenRequest::default()
    };
    // As many characters as are needed, of as many kinds.
    let enough = format!("012345678{}", "9".repeat(15));
    sites.create_token(typed(&enough)).await.unwrap();
    let too_few_kinds = enough.replace('9', "8");
    for weak in [
        &enough[1..],
        &too_few_kinds,
        "01234567890123456789 123",
        "0123456789012345678\u{e4}\u{f6}123",
    ] {
        is_refused_with(sites.create_token(typed(weak)).await, "TOKEN_WEAK");
    }
}

pub async fn long_tokens(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let typed = |characters: usize| CreateTokenRequest {
        site: site.name.clone(),
        name: format!("long {characters}"),
        value: Some(format!("0123456789{}", "x".repeat(characters - 10))),
        ..CreateTokenRequest::default()
    };
    sites.create_token(typed(512)).await.unwrap();
    is_refused_with(sites.create_token(typed(513)).await, "LIMIT_EXCEEDED");
}

pub async fn token_names(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let named = |bytes: usize| CreateTokenRequest {
        site: site.name.clone(),
        name: "n".repeat(bytes),
        ..CreateTokenRequest::default()
    };
    sites.create_token(named(128)).await.unwrap();
    is_refused_with(sites.create_token(named(129)).await, "VALUE_INVALID");
}

pub async fn names(site: &Site<'_>) {
    let mut sites = site.house.operator.sites();
    let new_site = |length: usize| CreateSiteRequest {
        name: "n".repeat(length),
        ..CreateSiteRequest::default()
    };
    sites.create_site(new_site(63)).await.unwrap();
    is_refused_with(sites.create_site(new_site(64)).await, "VALUE_INVALID");
    let new_connection = |length: usize| CreateConnectionRequest {
        site: site.name.clone(),
        name: "n".repeat(length),
        ..CreateConnectionRequest::default()
    };
    sites.create_connection(new_connection(63)).await.unwrap();
    is_refused_with(sites.create_connection(new_connection(64)).await, "VALUE_INVALID");
    let mut users = site.house.operator.users();
    let user = site.user("held@example.com").await;
    let hold = |length: usize| PlaceHoldRequest {
        site: site.name.clone(),
        user_id: user.id.clone(),
        name: "n".repeat(length),
        ..PlaceHoldRequest::default()
    };
    users.place_hold(hold(63)).await.unwrap();
    is_refused_with(users.place_hold(hold(64)).await, "VALUE_INVALID");
}

/// The kind is such a word, as caller and reason are.
pub async fn words_of_events(site: &Site<'_>) {
    let mut ledgers = site.house.operator.ledgers();
    let of_kind = |bytes: usize| ListEventsRequest {
        site: site.name.clone(),
        kind: "k".repeat(bytes),
        ..ListEventsRequest::default()
    };
    ledgers.list_events(of_kind(256)).await.unwrap();
    is_refused_with(ledgers.list_events(of_kind(257)).await, "LIMIT_EXCEEDED");
}

pub async fn retention(site: &Site<'_>) {
    let request = |days| UpdateScimSettingsRequest {
        site: site.name.clone(),
        ledger_retention_days: Some(days),
        ..UpdateScimSettingsRequest::default()
    };
    let mut sites = site.house.operator.sites();
    sites.update_scim_settings(request(36_500)).await.unwrap();
    is_refused_with(sites.update_scim_settings(request(36_501)).await, "LIMIT_EXCEEDED");
    sites.update_scim_settings(request(0)).await.unwrap();
}
