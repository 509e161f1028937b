//! The fields of the page: what each is called, what it may be, and the sentence beside it.
//!
//! One more setting is one more field here, and one more value in `values.rs`.

use std::collections::BTreeMap;

use super::values::SettingsValues;

/// Fields that belong together.
pub struct FieldGroup {
    pub legend: &'static str,
    pub fields: Vec<Field>,
}

/// One setting.
pub struct Field {
    /// As in the contract.
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub control: Control,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// As somebody else saved it, where that differs.
    pub saved: Option<String>,
}

/// How it is set.
pub enum Control {
    /// One of several words, each with what it means.
    Choice { value: String, options: &'static [(&'static str, &'static str)] },
    /// On or off.
    Check(bool),
    /// A line of text.
    Line(String),
    /// A number.
    Number(String),
    /// Several lines.
    Lines(String),
}

/// The names under which what is wrong is shown beside a field.
pub const NAMES: [&str; 12] = [
    "enabled",
    "single_sign_on",
    "user_name_assertion",
    "allow_moderator_promotion",
    "allow_admin_promotion",
    "creation",
    "known_users",
    "deletion",
    "refusals",
    "status_authority",
    "protected_user_names",
    "ledger_retention_days",
];

const SWITCH: &[(&str, &str)] = &[("on", "On"), ("off", "Off")];
const CREATION: &[(&str, &str)] =
    &[("refuse", "Nobody: people come at their first sign-in"), ("create", "SCIM creates users")];
const KNOWN_USERS: &[(&str, &str)] = &[
    (
        "refuse",
        "Answer that the user name is taken, so that the identity provider looks for the user",
    ),
    ("link", "Link the user: change it as the request says, and answer with it"),
];
const DELETION: &[(&str, &str)] = &[
    ("refuse", "Nobody: the identity provider is told so"),
    (
        "deactivate",
        "The account is deactivated, and the identity provider does not find it any more",
    ),
    ("delete", "The user is deleted for good"),
];
const STRICT_DELETES: &str = "A connection of this site is strict: through it, users are deleted for good, whatever is chosen here.";
const REFUSALS: &[(&str, &str)] = &[
    ("notice", "Apply the rest of the request, and say what was not applied"),
    ("reject", "Refuse the whole request"),
];
const AUTHORITY: &[(&str, &str)] = &[
    ("both", "Both: the identity provider, and people here beside it"),
    ("directory", "The identity provider alone"),
    ("local", "People here alone: what SCIM says of the status is not applied"),
];

fn field(name: &'static str, label: &'static str, hint: &'static str, control: Control) -> Field {
    Field { name, label, hint, control, problem: None, saved: None }
}

/// What stands above everything else: whether there is single sign-on, and whether SCIM is on.
pub fn switch(values: &SettingsValues, is_offered: bool) -> Vec<FieldGroup> {
    let enabled = if values.enabled { "on" } else { "off" }.to_owned();
    let switch = FieldGroup {
        legend: "SCIM",
        fields: vec![field(
            "enabled",
            "SCIM",
            "Off: a valid token is told that SCIM is off, and nothing is changed.",
            Control::Choice { value: enabled, options: SWITCH },
        )],
    };
    let sign_on = FieldGroup {
        legend: "Single sign-on",
        fields: vec![field(
            "single_sign_on",
            "Single sign-on is set up, or is handled elsewhere",
            "SCIM can be switched on only where people sign in by single sign-on.",
            Control::Check(values.single_sign_on),
        )],
    };
    if is_offered { vec![switch] } else { vec![sign_on] }
}

/// All others, in the order of the page.
pub fn rest(values: &SettingsValues, has_one_switch: bool, has_strict: bool) -> Vec<FieldGroup> {
    let choice = |value: &String, options| Control::Choice { value: value.clone(), options };
    let moderator = values.allow_moderator_promotion;
    let admin = values.allow_admin_promotion;
    let roles = if has_one_switch {
        vec![field(
            "manage_user_roles",
            "Allow SCIM to manage user roles",
            "Promotes and demotes between Registered, Moderator and Admin, by userType or stackUserType.",
            Control::Check(moderator && admin),
        )]
    } else {
        vec![
            field(
                "allow_moderator_promotion",
                "Allow Moderator Promotion via a userType property",
                "Registered to Moderator, and back.",
                Control::Check(moderator),
            ),
            field(
                "allow_admin_promotion",
                "Allow Admin Promotion via a userType property",
                "Registered to Admin, and back. Moderator to Admin needs both.",
                Control::Check(admin),
            ),
        ]
    };
    vec![
        FieldGroup { legend: "User roles", fields: roles },
        FieldGroup {
            legend: "Who identifies people",
            fields: vec![
                field(
                    "user_name_assertion",
                    "Assertion that identifies users",
                    "What the value is called by which people sign in, such as the Display Name Assertion \
                     or User Identifier Assertion of your SAML settings. The identity provider must send \
                     the same value as userName.",
                    Control::Line(values.user_name_assertion.clone()),
                ),
                field(
                    "single_sign_on",
                    "Single sign-on is set up, or is handled elsewhere",
                    "Without it SCIM can't be on.",
                    Control::Check(values.single_sign_on),
                ),
            ],
        },
        FieldGroup {
            legend: "What the identity provider may do",
            fields: vec![
                field("creation", "Who is created by SCIM", "", choice(&values.creation, CREATION)),
                field(
                    "known_users",
                    "When SCIM creates a user whom the site has already",
                    "For identity providers that create without looking first. Nobody new comes by it.",
                    choice(&values.known_users, KNOWN_USERS),
                ),
                field(
                    "deletion",
                    "Who is deleted by SCIM",
                    if has_strict { STRICT_DELETES } else { "" },
                    choice(&values.deletion, DELETION),
                ),
                field(
                    "refusals",
                    "When a part of a request is refused",
                    "",
                    choice(&values.refusals, REFUSALS),
                ),
                field(
                    "status_authority",
                    "Which side is in charge of whether accounts are active",
                    "",
                    choice(&values.status_authority, AUTHORITY),
                ),
                field(
                    "protected_user_names",
                    "Protected accounts",
                    "User names, one a line, that SCIM can't touch: accounts for emergencies.",
                    Control::Lines(values.protected_user_names.clone()),
                ),
            ],
        },
        FieldGroup {
            legend: "Ledger",
            fields: vec![field(
                "ledger_retention_days",
                "Days for which decisions are kept",
                "0 keeps them for ever. Older ones are removed for good.",
                Control::Number(values.ledger_retention_days.clone()),
            )],
        },
    ]
}

/// Every field once.
pub fn all(values: &SettingsValues, has_one_switch: bool) -> Vec<Field> {
    let groups = switch(values, true).into_iter().chain(rest(values, has_one_switch, false));
    groups.flat_map(|group| group.fields).collect()
}

impl FieldGroup {
    /// With what is wrong, and what somebody else has saved meanwhile.
    pub fn with(
        self,
        saved: Option<&SettingsValues>,
        has_one_switch: bool,
        problems: &BTreeMap<String, String>,
    ) -> Self {
        let saved = saved.map_or_else(Vec::new, |saved| all(saved, has_one_switch));
        let fields = self.fields.into_iter().map(|field| {
            let theirs = saved.iter().find(|theirs| theirs.name == field.name);
            let theirs = theirs.map(Field::told).filter(|theirs| *theirs != field.told());
            let problem = problems.get(field.name).cloned();
            Field { saved: theirs, problem, ..field }
        });
        Self { fields: fields.collect(), ..self }
    }
}

impl Field {
    /// The ids of what is said beside it.
    pub fn described(&self) -> String {
        let said = [
            (!self.hint.is_empty(), "hint"),
            (self.problem.is_some(), "problem"),
            (self.saved.is_some(), "saved"),
        ];
        let said = said.into_iter().filter(|(is_said, _)| *is_said);
        said.map(|(_, what)| format!("{}-{what}", self.name)).collect::<Vec<_>>().join(" ")
    }

    /// Its value in words.
    pub fn told(&self) -> String {
        match &self.control {
            Control::Choice { value, options } => {
                let found = options.iter().find(|(word, _)| word == value);
                found.map_or_else(|| value.clone(), |(_, label)| (*label).to_owned())
            }
            Control::Check(is_on) => if *is_on { "On" } else { "Off" }.to_owned(),
            Control::Line(text) | Control::Number(text) if text.is_empty() => "nothing".to_owned(),
            Control::Line(text) | Control::Number(text) => text.clone(),
            Control::Lines(text) => {
                let names: Vec<_> = text.lines().map(str::trim).collect();
                if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
            }
        }
    }
}
