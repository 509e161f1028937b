//! What stands in the fields of the page: as it is saved, or as somebody sent it.

use std::collections::BTreeMap;

use provost_proto::v1::{
    CreationPolicy, DeletionPolicy, KnownUserPolicy, RefusalPolicy, ScimSettings, StatusAuthority,
    UpdateScimSettingsRequest,
};

/// The settings as fields have them: texts, and what is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a check box of the page")]
pub struct SettingsValues {
    pub enabled: bool,
    pub single_sign_on: bool,
    pub user_name_assertion: String,
    pub allow_moderator_promotion: bool,
    pub allow_admin_promotion: bool,
    pub creation: String,
    pub known_users: String,
    pub deletion: String,
    pub refusals: String,
    pub status_authority: String,
    pub protected_user_names: String,
    pub ledger_retention_days: String,
}

impl SettingsValues {
    /// As they are saved.
    pub fn saved(settings: &ScimSettings) -> Self {
        let word = |word: &'static str| word.to_owned();
        Self {
            enabled: settings.enabled,
            single_sign_on: settings.single_sign_on,
            user_name_assertion: settings.user_name_assertion.clone(),
            allow_moderator_promotion: settings.allow_moderator_promotion,
            allow_admin_promotion: settings.allow_admin_promotion,
            creation: word(settings.creation().into()),
            known_users: word(settings.known_users().into()),
            deletion: word(settings.deletion().into()),
            refusals: word(settings.refusals().into()),
            status_authority: word(settings.status_authority().into()),
            protected_user_names: settings.protected_user_names.join("\n"),
            ledger_retention_days: settings.ledger_retention_days.to_string(),
        }
    }

    /// As they were sent. A check box that is not checked isn't sent, and neither is what the page did not
    /// offer, which stays as it is saved.
    pub fn sent(form: &BTreeMap<String, String>, saved: &ScimSettings) -> Self {
        let is_checked = |name: &str| form.contains_key(name);
        let text = |name: &str| form.get(name).map(|text| text.trim().to_owned());
        let before = Self::saved(saved);
        if !is_checked("offered") {
            return Self { single_sign_on: is_checked("single_sign_on"), ..before };
        }
        let is_one = text("roles").is_some_and(|roles| roles == "one");
        let both = is_checked("manage_user_roles");
        let role = |name| if is_one { both } else { is_checked(name) };
        Self {
            enabled: text("enabled").is_some_and(|word| word == "on"),
            single_sign_on: is_checked("single_sign_on"),
            user_name_assertion: text("user_name_assertion").unwrap_or(before.user_name_assertion),
            allow_moderator_promotion: role("allow_moderator_promotion"),
            allow_admin_promotion: role("allow_admin_promotion"),
            creation: text("creation").unwrap_or(before.creation),
            known_users: text("known_users").unwrap_or(before.known_users),
            deletion: text("deletion").unwrap_or(before.deletion),
            refusals: text("refusals").unwrap_or(before.refusals),
            status_authority: text("status_authority").unwrap_or(before.status_authority),
            protected_user_names: text("protected_user_names")
                .unwrap_or(before.protected_user_names),
            ledger_retention_days: text("ledger_retention_days")
                .unwrap_or(before.ledger_retention_days),
        }
    }

    /// What makes them the settings of the site, or which field can't be read, and why.
    pub fn request(
        &self,
        saved: &ScimSettings,
    ) -> Result<UpdateScimSettingsRequest, (&'static str, String)> {
        let unread = |field| move |_| (field, "Choose one of these.".to_owned());
        let creation: CreationPolicy = self.creation.parse().map_err(unread("creation"))?;
        let known_users: KnownUserPolicy =
            self.known_users.parse().map_err(unread("known_users"))?;
        let deletion: DeletionPolicy = self.deletion.parse().map_err(unread("deletion"))?;
        let refusals: RefusalPolicy = self.refusals.parse().map_err(unread("refusals"))?;
        let status_authority: StatusAuthority =
            self.status_authority.parse().map_err(unread("status_authority"))?;
        let days = self.ledger_retention_days.parse::<i32>().map_err(|_| {
            let problem = "Type a number of days; 0 keeps everything.".to_owned();
            ("ledger_retention_days", problem)
        })?;
        let lines = self.protected_user_names.lines().map(str::trim);
        let wanted: Vec<_> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let missing = |names: &[String], among: &[String]| -> Vec<String> {
            names.iter().filter(|name| !among.contains(name)).cloned().collect()
        };
        Ok(UpdateScimSettingsRequest {
            enabled: Some(self.enabled),
            single_sign_on: Some(self.single_sign_on),
            user_name_assertion: Some(self.user_name_assertion.clone()),
            allow_moderator_promotion: Some(self.allow_moderator_promotion),
            allow_admin_promotion: Some(self.allow_admin_promotion),
            creation: creation.into(),
            known_users: known_users.into(),
            deletion: deletion.into(),
            refusals: refusals.into(),
            status_authority: status_authority.into(),
            protect_user_names: missing(&wanted, &saved.protected_user_names),
            unprotect_user_names: missing(&saved.protected_user_names, &wanted),
            ledger_retention_days: (days != saved.ledger_retention_days).then_some(days),
            ..UpdateScimSettingsRequest::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> ScimSettings {
        ScimSettings {
            enabled: true,
            single_sign_on: true,
            creation: CreationPolicy::Refuse.into(),
            known_users: KnownUserPolicy::Refuse.into(),
            deletion: DeletionPolicy::Refuse.into(),
            refusals: RefusalPolicy::Notice.into(),
            status_authority: StatusAuthority::Both.into(),
            protected_user_names: vec!["ada".to_owned(), "bob".to_owned()],
            version: 3,
            ..ScimSettings::default()
        }
    }

    fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_not_checked_is_off_and_what_was_not_offered_stays() {
        let offered = form(&[("offered", ""), ("enabled", "off"), ("allow_admin_promotion", "on")]);
        let values = SettingsValues::sent(&offered, &saved());
        assert!(!values.enabled && !values.single_sign_on && !values.allow_moderator_promotion);
        assert!(values.allow_admin_promotion);
        assert_eq!(values.creation, "refuse");
        let bare = SettingsValues::sent(&form(&[("single_sign_on", "on")]), &saved());
        assert_eq!(bare, SettingsValues::saved(&saved()));
    }

    #[test]
    fn one_switch_is_both() {
        for (pairs, both) in [
            (&[("offered", ""), ("roles", "one"), ("manage_user_roles", "on")][..], true),
            (&[("offered", ""), ("roles", "one"), ("allow_admin_promotion", "on")], false),
        ] {
            let values = SettingsValues::sent(&form(pairs), &saved());
            let switches = (values.allow_moderator_promotion, values.allow_admin_promotion);
            assert_eq!(switches, (both, both), "{pairs:?}");
        }
    }

    #[test]
    fn names_are_protected_and_released_by_what_differs() {
        let mut values = SettingsValues::saved(&saved());
        values.protected_user_names = "bob\r\n\n carol ".to_owned();
        let request = values.request(&saved()).unwrap();
        assert_eq!(request.protect_user_names, ["carol"]);
        assert_eq!(request.unprotect_user_names, ["ada"]);
        assert_eq!(request.ledger_retention_days, None);
        values.ledger_retention_days = "a year".to_owned();
        assert_eq!(values.request(&saved()).unwrap_err().0, "ledger_retention_days");
    }
}
