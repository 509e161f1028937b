//! How much a sign-in and its settings may say.

use provost_proto::v1::{RegisterSignInRequest, UpdateScimSettingsRequest};

use super::is_refused_with;
use crate::support::Site;

pub async fn subject(site: &Site<'_>) {
    let request = |bytes: usize| RegisterSignInRequest {
        site: site.name.clone(),
        user_name: "subject@example.com".to_owned(),
        subject: "x".repeat(bytes),
        ..RegisterSignInRequest::default()
    };
    let mut users = site.house.operator.users();
    users.register_sign_in(request(512)).await.unwrap();
    is_refused_with(users.register_sign_in(request(513)).await, "LIMIT_EXCEEDED");
}

pub async fn assertion(site: &Site<'_>) {
    let request = |bytes: usize| UpdateScimSettingsRequest {
        site: site.name.clone(),
        user_name_assertion: Some("x".repeat(bytes)),
        ..UpdateScimSettingsRequest::default()
    };
    let mut sites = site.house.operator.sites();
    sites.update_scim_settings(request(256)).await.unwrap();
    is_refused_with(sites.update_scim_settings(request(257)).await, "LIMIT_EXCEEDED");
}
