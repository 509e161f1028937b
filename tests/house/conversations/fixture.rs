//! `given`: a fresh site with the users and settings that a scenario starts from, made by the
//! operator through gRPC. Owns the mapping from the files' words to the contract's.

use std::collections::BTreeMap;

use provost_proto::v1::{
    Change, ChangeUserRequest, CreationPolicy, DeletionPolicy, Role, SetActive,
    UpdateScimSettingsRequest, change,
};
use serde_json::Value;

use super::script::{Given, GivenSettings, GivenUser};
use crate::support::{House, Site, profile, text};

/// What `{{…}}` stands for.
pub type Placeholders = BTreeMap<String, Value>;

/// Makes the site. `promotes_admins` says that the scenario makes somebody an Admin: then an
/// owner is there who stays in charge, because the last Admin of a site can't step down.
pub async fn set_up<'house>(
    house: &'house House,
    site_name: &str,
    given: &Given,
    promotes_admins: bool,
    placeholders: &mut Placeholders,
) -> Site<'house> {
    let site = Site::new(house, site_name).await;
    placeholders.insert("token".to_owned(), site.token.clone().into());
    for user in &given.users {
        for user_name in user_names(user) {
            let id = add(&site, user, &user_name).await;
            if let Some(placeholder) = &user.placeholder {
                placeholders.insert(placeholder.clone(), id.into());
            }
        }
    }
    if promotes_admins {
        site.user_as("site.owner@example.com", Role::Admin).await;
    }
    site.settings(settings(&given.settings)).await;
    site
}

fn user_names(user: &GivenUser) -> Vec<String> {
    match (&user.user_name, &user.user_name_pattern) {
        (Some(user_name), _) => vec![user_name.clone()],
        (None, Some(pattern)) => (1..=user.generate.unwrap_or(1))
            .map(|number| pattern.replace("{{n}}", &number.to_string()))
            .collect(),
        (None, None) => panic!("a given user without a name"),
    }
}

async fn add(site: &Site<'_>, user: &GivenUser, user_name: &str) -> String {
    let mut known = match &user.name {
        Some(name) => {
            profile(&name.given_name, &name.family_name, user.email.as_deref().unwrap_or(user_name))
        }
        None => profile("Given", "Family", user_name),
    };
    for (attribute, value) in [("title", &user.title), ("department", &user.department)] {
        if let Some(value) = value {
            known.attributes.insert(attribute.to_owned(), text(value));
        }
    }
    let id = site.user_with(user_name, known).await.id;
    match user.role.as_deref() {
        None | Some("Registered") => {}
        Some("Moderator") => drop(site.set_role(&id, Role::Moderator).await),
        Some("Admin") => drop(site.set_role(&id, Role::Admin).await),
        Some(other) => panic!("no role {other}"),
    }
    if !user.active {
        shut(site, &id).await;
    }
    id
}

/// As the directory would: no hold, so that the directory can undo it.
async fn shut(site: &Site<'_>, user_id: &str) {
    let inactive = change::Change::SetActive(SetActive { active: false });
    let request = ChangeUserRequest {
        site: site.name.clone(),
        user_id: user_id.to_owned(),
        changes: vec![Change { change: Some(inactive) }],
        options: None,
    };
    let mut users = site.house.operator.users();
    users.change_user(request).await.unwrap();
}

fn settings(given: &GivenSettings) -> UpdateScimSettingsRequest {
    let creation = match given.create_users {
        Some(true) => CreationPolicy::Create,
        Some(false) | None => CreationPolicy::Refuse,
    };
    let deletion = match given.delete_users {
        Some(true) => DeletionPolicy::Delete,
        Some(false) | None => DeletionPolicy::Refuse,
    };
    UpdateScimSettingsRequest {
        enabled: given.scim_enabled,
        allow_moderator_promotion: given.allow_moderator_promotion,
        allow_admin_promotion: given.allow_admin_promotion,
        creation: creation.into(),
        deletion: deletion.into(),
        ..UpdateScimSettingsRequest::default()
    }
}
