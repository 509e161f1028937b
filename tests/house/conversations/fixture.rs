//! `given`: a fresh site with the users and settings that a scenario starts from, made by the
//! operator through gRPC. Owns the mapping from the files' words to the contract's.

use provost::doctor::conversation::{
    Given, GivenDeletion, GivenDialect, GivenGroup, GivenKnownUsers, GivenRefusals, GivenRole,
    GivenSettings, GivenUser,
};
use provost::doctor::exchange::Placeholders;
use provost_proto::v1::{
    Change, ChangeUserRequest, ConnectionDialect, CreateGroupRequest, CreationPolicy,
    DeletionPolicy, KnownUserPolicy, Profile, RefusalPolicy, Role, SetActive, SetExternalId,
    UpdateScimSettingsRequest, change,
};
use provost_test_kit::{profile, text};

use crate::support::{House, Site};

/// Makes the site, or says in a sentence why it can't be made.
pub async fn set_up<'house>(
    house: &'house House,
    site_name: &str,
    given: &Given,
    placeholders: &mut Placeholders,
) -> Result<Site<'house>, String> {
    let site = Site::new(house, site_name).await;
    placeholders.insert("token".to_owned(), site.token.clone().into());
    for user in &given.users {
        for user_name in user_names(user)? {
            let id = add(&site, user, &user_name).await;
            if let Some(placeholder) = &user.placeholder {
                placeholders.insert(placeholder.clone(), id.into());
            }
        }
    }
    for group in &given.groups {
        let id = add_group(&site, group, placeholders).await?;
        if let Some(placeholder) = &group.placeholder {
            placeholders.insert(placeholder.clone(), id.into());
        }
    }
    if given.owner {
        site.user_as("site.owner@example.com", Role::Admin).await;
    }
    site.settings(settings(&given.settings)).await;
    if let Some(dialect) = given.settings.dialect {
        site.understand(dialect_of(dialect)).await;
    }
    Ok(site)
}

async fn add_group(
    site: &Site<'_>,
    group: &GivenGroup,
    placeholders: &Placeholders,
) -> Result<String, String> {
    let member = |name: &String| {
        let id = placeholders.get(name.trim_matches(['{', '}'])).and_then(|id| id.as_str());
        id.map(str::to_owned).ok_or_else(|| format!("{name} is the placeholder of nobody"))
    };
    let user_ids = group.members.iter().map(member).collect::<Result<_, _>>()?;
    let request = CreateGroupRequest {
        site: site.name.clone(),
        display_name: group.display_name.clone(),
        external_id: group.external_id.clone(),
        user_ids,
        ..CreateGroupRequest::default()
    };
    let mut groups = site.house.operator.groups();
    let decision = groups.create_group(request).await.unwrap().into_inner().decision;
    Ok(decision.unwrap().group.unwrap().id)
}

fn user_names(user: &GivenUser) -> Result<Vec<String>, String> {
    match (&user.user_name, &user.user_name_pattern) {
        (Some(user_name), _) => Ok(vec![user_name.clone()]),
        (None, Some(pattern)) => Ok((1..=user.generate.unwrap_or(1))
            .map(|number| pattern.replace("{{n}}", &number.to_string()))
            .collect()),
        (None, None) => Err("a given user has neither `userName` nor `userNamePattern`".to_owned()),
    }
}

async fn add(site: &Site<'_>, user: &GivenUser, user_name: &str) -> String {
    let id = site.user_with(user_name, known(user, user_name)).await.id;
    match user.role {
        None | Some(GivenRole::Registered) => {}
        Some(GivenRole::Moderator) => drop(site.set_role(&id, Role::Moderator).await),
        Some(GivenRole::Admin) => drop(site.set_role(&id, Role::Admin).await),
    }
    let external_id = user.external_id.clone();
    if external_id.is_some() {
        change(site, &id, change::Change::SetExternalId(SetExternalId { external_id })).await;
    }
    if !user.active {
        // As the directory would: no hold, so that the directory can undo it.
        change(site, &id, change::Change::SetActive(SetActive { active: false })).await;
    }
    id
}

fn known(user: &GivenUser, user_name: &str) -> Profile {
    let (given, family) = match &user.name {
        Some(name) => (name.given_name.as_str(), name.family_name.as_str()),
        None => ("Given", "Family"),
    };
    let mut known = profile(given, family, user.email.as_deref().unwrap_or(user_name));
    for (attribute, value) in [("title", &user.title), ("department", &user.department)] {
        if let Some(value) = value {
            known.attributes.insert(attribute.to_owned(), text(value));
        }
    }
    if let Some(emails) = &user.emails {
        let all = emails.iter().map(|one| (one.value.as_str(), one.kind.as_deref(), one.primary));
        known.attributes.insert("emails".to_owned(), provost_test_kit::emails(all));
    }
    known
}

async fn change(site: &Site<'_>, user_id: &str, change: change::Change) {
    let request = ChangeUserRequest {
        site: site.name.clone(),
        user_id: user_id.to_owned(),
        changes: vec![Change { change: Some(change) }],
        options: None,
        include_groups: false,
    };
    let mut users = site.house.operator.users();
    users.change_user(request).await.unwrap();
}

fn dialect_of(given: GivenDialect) -> ConnectionDialect {
    match given {
        GivenDialect::Auto => ConnectionDialect::Auto,
        GivenDialect::Strict => ConnectionDialect::Strict,
    }
}

fn settings(given: &GivenSettings) -> UpdateScimSettingsRequest {
    let creation = match given.create_users {
        Some(true) => CreationPolicy::Create,
        Some(false) | None => CreationPolicy::Refuse,
    };
    let deletion = match (given.deletion, given.delete_users) {
        (Some(GivenDeletion::Delete), _) | (None, Some(true)) => DeletionPolicy::Delete,
        (Some(GivenDeletion::Deactivate), _) => DeletionPolicy::Deactivate,
        (Some(GivenDeletion::Refuse), _) | (None, Some(false) | None) => DeletionPolicy::Refuse,
    };
    let refusals = match given.refusals {
        None => RefusalPolicy::Unspecified,
        Some(GivenRefusals::Notice) => RefusalPolicy::Notice,
        Some(GivenRefusals::Reject) => RefusalPolicy::Reject,
    };
    let known_users = match given.known_users {
        None => KnownUserPolicy::Unspecified,
        Some(GivenKnownUsers::Refuse) => KnownUserPolicy::Refuse,
        Some(GivenKnownUsers::Link) => KnownUserPolicy::Link,
    };
    UpdateScimSettingsRequest {
        enabled: given.scim_enabled,
        allow_moderator_promotion: given.allow_moderator_promotion,
        allow_admin_promotion: given.allow_admin_promotion,
        creation: creation.into(),
        deletion: deletion.into(),
        refusals: refusals.into(),
        known_users: known_users.into(),
        ..UpdateScimSettingsRequest::default()
    }
}
