//! A rule that is set or deleted: asked about first, with whom it would move, and then done against the version
//! that was shown.
//!
//! Whether it may be done the core says, before and again when it is done.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{
    DeleteGroupRuleRequest, ErrorReason, GroupRulePreview, Role, SetGroupRuleRequest, WriteOptions,
};
use serde::Deserialize;

use super::super::rule_line::{RuleAddress, RuleLine, about};
use super::super::tokens::fresh_id;
use super::foreseen::PreviewedMoves;
use super::form::{FoundRule, TypedRule, found};
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::moment::now;
use crate::signed_in::SignedIn;

/// What can be done about a rule, by the end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleAction {
    Set,
    Delete,
}

impl RuleAction {
    /// The end of its path.
    const fn path(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Delete => "delete",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::Set => "Save the rule",
            Self::Delete => "Delete the rule",
        }
    }
}

/// What the form says.
#[derive(Deserialize)]
pub struct RuleActionForm {
    #[serde(flatten)]
    typed: TypedRule,
    /// The version that was shown; 0 of a rule that there is not yet.
    #[serde(default)]
    version: i64,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    note: String,
}

#[derive(Template)]
#[template(path = "rule_action.html")]
struct RuleActionPage {
    frame: Frame,
    site: String,
    action: RuleAction,
    address: RuleAddress,
    role: String,
    /// Whether there is such a rule.
    is_known: bool,
    question: String,
    version: i64,
    request_id: String,
    note: String,
    /// Whom it would move; none where that is not known.
    preview: Option<PreviewedMoves>,
    /// Whether it can be done as it stands here.
    is_offered: bool,
    problem: String,
}

impl RuleActionPage {
    /// Where one goes who leaves it.
    fn back(&self) -> String {
        let rules = format!("/sites/{}/groups/rules", self.site);
        if self.is_known { format!("{rules}/rule?{}", self.address.query()) } else { rules }
    }
}

type RulePath = Path<(String, RuleAction)>;

/// Asks whether it is to be done, and says whom it would move.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((site, action)): RulePath,
    Query(form): Query<RuleActionForm>,
) -> Result<Response, PageFailure> {
    asked(&core, StatusCode::OK, &site, action, form, String::new()).await
}

/// Does it.
pub async fn act(
    SignedIn { core }: SignedIn,
    Path((site, action)): RulePath,
    Form(form): Form<RuleActionForm>,
) -> Result<Response, PageFailure> {
    let TypedRule { by, group, role } = &form.typed;
    let address = RuleAddress { by: by.clone(), group: group.clone() };
    match decide(&core, &site, action, (&address, role), Some(&form)).await {
        Ok(_) => {
            let way = match action {
                RuleAction::Set => format!("/rule?{}&", address.query()),
                RuleAction::Delete => "?".to_owned(),
            };
            let way = format!("/sites/{site}/groups/rules{way}done&since={}", now());
            Ok(Redirect::to(&way).into_response())
        }
        Err(
            Undecided::NoSuchRule
            | Undecided::Call(CallFailure::Refused { reason: ErrorReason::GroupNotFound, .. }),
        ) => Err(PageFailure::NoSuchPage),
        Err(Undecided::Call(CallFailure::Refused { reason, message, .. })) => {
            let (status, problem) = if reason == ErrorReason::VersionMismatch {
                let problem = "Somebody else has changed this rule since you opened the page. Nothing was \
                               done. Look at what is so now, and confirm again.";
                (StatusCode::CONFLICT, problem.to_owned())
            } else {
                (StatusCode::UNPROCESSABLE_ENTITY, sentence(&message))
            };
            asked(&core, status, &site, action, form, problem).await
        }
        Err(Undecided::Call(failure)) => Err(failure.into()),
    }
}

/// The page that asks, with whom a confirmation would move.
async fn asked(
    core: &OwnCore,
    status: StatusCode,
    site: &str,
    action: RuleAction,
    form: RuleActionForm,
    problem: String,
) -> Result<Response, PageFailure> {
    let RuleActionForm { typed, note, .. } = form;
    let role = typed.role.clone();
    let (address, name) = match action {
        RuleAction::Delete => {
            let TypedRule { by, group, .. } = typed;
            let name = group.clone();
            (RuleAddress { by, group }, name)
        }
        RuleAction::Set => match found(core, site, typed).await? {
            Some(FoundRule::About(address, name)) => (address, name),
            Some(FoundRule::Unclear(form)) => return form.drawn(status),
            None => return Err(PageFailure::NoSuchPage),
        },
    };
    let known = about(core, site, &address).await?;
    if action == RuleAction::Delete && known.is_none() {
        return Err(PageFailure::NoSuchPage);
    }
    let mut shown = RuleActionPage {
        frame: Frame::of_site(site, "groups"),
        site: site.to_owned(),
        question: question(action, known.as_ref(), &name, &role),
        version: known.as_ref().map_or(0, |rule| rule.version),
        is_known: known.is_some(),
        request_id: fresh_id(),
        preview: None,
        is_offered: true,
        action,
        address,
        role,
        note,
        problem,
    };
    match decide(core, site, action, (&shown.address, &shown.role), None).await {
        Ok(preview) => shown.preview = preview.map(PreviewedMoves::asked),
        // Of very many members it can't be said in time; what is decided takes no longer by that.
        Err(Undecided::Call(CallFailure::TooSlow)) => {}
        Err(Undecided::NoSuchRule) => return Err(PageFailure::NoSuchPage),
        Err(Undecided::Call(CallFailure::Refused { message, .. })) => {
            shown.is_offered = false;
            if shown.problem.is_empty() {
                shown.problem = sentence(&message);
            }
        }
        Err(Undecided::Call(failure)) => return Err(failure.into()),
    }
    page(status, &shown)
}

fn question(action: RuleAction, kept: Option<&RuleLine>, name: &str, role: &str) -> String {
    match (action, kept) {
        (RuleAction::Delete, Some(known)) => {
            format!("Have {} no longer give {}?", known.name, known.role)
        }
        (RuleAction::Set, Some(known)) if known.role == role => {
            format!("Apply the rule for {} once more?", known.name)
        }
        (RuleAction::Set, Some(known)) => {
            format!("Have {} give {role} in place of {}?", known.name, known.role)
        }
        (_, None) => format!("Have {name} give {role}?"),
    }
}

/// Who of the members has not the role that follows from a rule that is in force. None where there is nobody
/// to look at, or too many.
pub async fn standing(
    core: &OwnCore,
    site: &str,
    rule: &RuleLine,
    is_under_way: bool,
) -> Result<Option<PreviewedMoves>, CallFailure> {
    if rule.group_id.is_empty() {
        return Ok(None);
    }
    let told = |preview| PreviewedMoves::standing(preview, is_under_way);
    match decide(core, site, RuleAction::Set, (&rule.address, rule.role), None).await {
        Ok(preview) => Ok(preview.map(told)),
        Err(
            Undecided::NoSuchRule
            | Undecided::Call(
                CallFailure::TooSlow | CallFailure::Unavailable | CallFailure::Refused { .. },
            ),
        ) => Ok(None),
        Err(Undecided::Call(failure)) => Err(failure),
    }
}

/// Why nothing was decided.
enum Undecided {
    /// A link names a rule that there can't be.
    NoSuchRule,
    /// The core said no, or nothing.
    Call(CallFailure),
}

impl From<CallFailure> for Undecided {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

/// Has the core decide it: for good as a form says it, or without keeping anything, which answers whom it would
/// move.
async fn decide(
    core: &OwnCore,
    site: &str,
    action: RuleAction,
    (address, role): (&RuleAddress, &str),
    form: Option<&RuleActionForm>,
) -> Result<Option<GroupRulePreview>, Undecided> {
    let group = Some(address.ruled().ok_or(Undecided::NoSuchRule)?);
    let options = Some(match form {
        None => WriteOptions { validate_only: true, ..WriteOptions::default() },
        Some(form) => WriteOptions {
            expected_version: Some(form.version),
            reason: form.note.trim().to_owned(),
            request_id: form.request_id.clone(),
            ..WriteOptions::default()
        },
    });
    let (site, mut groups) = (site.to_owned(), core.groups());
    Ok(match action {
        RuleAction::Set => {
            let role = role.parse().unwrap_or(Role::Unspecified).into();
            let request = SetGroupRuleRequest { site, group, role, options };
            core.answer(groups.set_group_rule(request)).await?.preview
        }
        RuleAction::Delete => {
            let request = DeleteGroupRuleRequest { site, group, options };
            core.answer(groups.delete_group_rule(request)).await?.preview
        }
    })
}
