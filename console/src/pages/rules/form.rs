//! The form of a new rule: which group gives which role. What follows from it is asked about first.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::super::group::by_id;
use super::super::groups::exactly;
use super::super::rule_line::{RuleAddress, given_roles, list};
use crate::client::{CallFailure, OwnCore};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

/// What is typed of a rule.
#[derive(Debug, Default, Deserialize)]
pub struct TypedRule {
    /// `group`: the one that is known so; else as rules tell it.
    #[serde(default)]
    pub by: String,
    #[serde(default)]
    pub group: String,
    #[serde(default)]
    pub role: String,
}

/// What was typed, as it turned out.
pub enum FoundRule {
    /// A rule about this, with what the group is called.
    About(RuleAddress, String),
    /// The form again.
    Unclear(Box<RuleFormPage>),
}

#[derive(Template)]
#[template(path = "rule_form.html")]
pub struct RuleFormPage {
    frame: Frame,
    site: String,
    typed: TypedRule,
    roles: Vec<&'static str>,
    /// Those groups that may be meant, where it is more than one: ids and names.
    choice: Vec<(String, String)>,
    problem: &'static str,
}

/// The form of a new rule.
pub async fn begin(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(typed): Query<TypedRule>,
) -> Result<Response, PageFailure> {
    // Where there is no such site, no rule can be made in it.
    list(&core, &site).await?;
    RuleFormPage::of(&site, typed).drawn(StatusCode::OK)
}

impl RuleFormPage {
    fn of(site: &str, typed: TypedRule) -> Self {
        Self {
            frame: Frame::of_site(site, "groups"),
            site: site.to_owned(),
            typed,
            roles: given_roles().collect(),
            choice: Vec::new(),
            problem: "",
        }
    }

    /// Whether the rule is about one group, as it is taken to be where nothing is said.
    fn is_of_one(&self) -> bool {
        self.typed.by != "name"
    }

    /// The page.
    pub fn drawn(&self, status: StatusCode) -> Result<Response, PageFailure> {
        page(status, self)
    }
}

/// Finds out which group is meant; none where a link says what there is not.
pub async fn found(
    core: &OwnCore,
    site: &str,
    typed: TypedRule,
) -> Result<Option<FoundRule>, CallFailure> {
    let group = typed.group.trim().to_owned();
    let unclear = |problem| {
        let TypedRule { by, group, role } = &typed;
        let typed = TypedRule { by: by.clone(), group: group.clone(), role: role.clone() };
        FoundRule::Unclear(Box::new(RuleFormPage { problem, ..RuleFormPage::of(site, typed) }))
    };
    if group.is_empty() {
        return Ok(Some(unclear("Say which group the rule is about.")));
    }
    if !given_roles().any(|role| role == typed.role) {
        return Ok(Some(unclear("Choose the role that the group gives.")));
    }
    Ok(match typed.by.as_str() {
        "name" => {
            let address = RuleAddress { by: typed.by, group };
            let name = address.group.clone();
            Some(FoundRule::About(address, name))
        }
        "id" => by_id(core, site, &group)
            .await?
            .map(|group| FoundRule::About(RuleAddress::of_id(&group.id), group.display_name)),
        _ => Some(match &exactly(core, site, &group).await?[..] {
            [] => unclear(
                "No group is called or known exactly so. Type its name, external id or id, or make a rule \
                 for whichever group has the name.",
            ),
            [one] => FoundRule::About(RuleAddress::of_id(&one.id), one.display_name.clone()),
            several => {
                let choice = several.iter().map(|it| (it.id.clone(), it.display_name.clone()));
                let choice = choice.collect();
                let form = RuleFormPage { choice, ..RuleFormPage::of(site, typed) };
                FoundRule::Unclear(Box::new(form))
            }
        }),
    })
}
