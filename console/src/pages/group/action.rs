//! What can be done about a group: asked about first, with what would follow from it, and then done: what is
//! about the whole group against the version that was shown.
//!
//! Whether it may be done the core says, before and again when it is done.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::group_change::Change;
use provost_proto::v1::{
    AddMembers, ChangeGroupRequest, DeleteGroupRequest, ErrorReason, Group, GroupChange,
    GroupDecision, RemoveMembers, SetDisplayName, SetExternalId, WriteOptions,
};
use serde::Deserialize;

use super::super::people;
use super::super::tokens::fresh_id;
use super::{RuleLine, by_id, rules_about};
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

/// What can be done about a group, by the end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskedOfGroup {
    Rename,
    Add,
    Remove,
    Delete,
}

impl AskedOfGroup {
    /// The end of its path.
    const fn path(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Delete => "delete",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Self::Rename => "Rename",
            Self::Add => "Add",
            Self::Remove => "Remove",
            Self::Delete => "Delete the group",
        }
    }
}

/// What the form says.
#[derive(Deserialize)]
pub struct GroupActionForm {
    /// The version that was shown.
    #[serde(default)]
    version: i64,
    #[serde(default)]
    request_id: String,
    /// What it is to be called; absent: as it is.
    name: Option<String>,
    /// What else it is to be known by; absent: as it is.
    external_id: Option<String>,
    /// Who is meant, as somebody types it.
    #[serde(default)]
    who: String,
    /// The id of whoever is meant.
    #[serde(default)]
    user: String,
    #[serde(default)]
    note: String,
}

#[derive(Template)]
#[template(path = "group_action.html")]
struct GroupActionPage {
    frame: Frame,
    site: String,
    id: String,
    display_name: String,
    action: AskedOfGroup,
    question: String,
    /// What follows from it; empty where it can't be done as it stands here.
    consequence: String,
    /// Those who may be meant, where it is more than one: ids and user names.
    choice: Vec<(String, String)>,
    form: GroupActionForm,
    problem: String,
}

type GroupPath = Path<(String, String, AskedOfGroup)>;

/// Asks whether it is to be done, and says what would follow.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): GroupPath,
    Query(form): Query<GroupActionForm>,
) -> Result<Response, PageFailure> {
    let group = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
    asked(&core, StatusCode::OK, &site, action, group, form, String::new()).await
}

/// Does it.
pub async fn act(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): GroupPath,
    Form(form): Form<GroupActionForm>,
) -> Result<Response, PageFailure> {
    match decide(&core, &site, &id, action, &form, false).await {
        Ok(_) => {
            let way = match action {
                AskedOfGroup::Delete => format!("/sites/{site}/groups"),
                AskedOfGroup::Rename | AskedOfGroup::Add | AskedOfGroup::Remove => {
                    format!("/sites/{site}/groups/{id}?done")
                }
            };
            Ok(Redirect::to(&way).into_response())
        }
        Err(CallFailure::Refused { reason: ErrorReason::GroupNotFound, .. }) => {
            Err(PageFailure::NoSuchPage)
        }
        Err(CallFailure::Refused { reason, message, .. }) => {
            let group = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
            let (status, problem) = if reason == ErrorReason::VersionMismatch {
                let problem = "Somebody else has changed this group since you opened the page. Nothing \
                               was done. Look at what is so now, and confirm again.";
                (StatusCode::CONFLICT, problem.to_owned())
            } else {
                (StatusCode::UNPROCESSABLE_ENTITY, sentence(&message))
            };
            asked(&core, status, &site, action, group, form, problem).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The page that asks, with what would follow from a confirmation.
async fn asked(
    core: &OwnCore,
    status: StatusCode,
    site: &str,
    action: AskedOfGroup,
    group: Group,
    form: GroupActionForm,
    problem: String,
) -> Result<Response, PageFailure> {
    let form = GroupActionForm { version: group.version, request_id: fresh_id(), ..form };
    let rules = rules_about(core, site, &group.id).await?.unwrap_or_default();
    let mut shown = GroupActionPage {
        frame: Frame::of_site(site, "groups"),
        site: site.to_owned(),
        question: format!("{} {}?", action.button(), group.display_name),
        consequence: String::new(),
        choice: Vec::new(),
        action,
        problem,
        form,
        id: group.id,
        display_name: group.display_name,
    };
    match action {
        AskedOfGroup::Rename => {
            shown.question = format!("Rename {}", shown.display_name);
            let name = shown.form.name.get_or_insert_with(|| shown.display_name.clone());
            let is_typed = *name != shown.display_name;
            let known = group.external_id.unwrap_or_default();
            shown.form.external_id.get_or_insert(known);
            if !is_typed && shown.problem.is_empty() {
                let told = "The identity provider that pushed it may name it anew.";
                shown.consequence = format!("{told}{}", role_follows(action, &rules));
                return page(status, &shown);
            }
        }
        AskedOfGroup::Add | AskedOfGroup::Remove => {
            shown.name_user(core).await?;
            if shown.form.user.is_empty() {
                return page(status, &shown);
            }
        }
        AskedOfGroup::Delete => {
            shown.question = format!("Delete the group {}?", shown.display_name);
        }
    }
    match decide(core, site, &shown.id, action, &shown.form, true).await {
        Ok(GroupOutcome { changed: true, notices }) => {
            let told = [shown.told(), role_follows(action, &rules)].concat();
            let notices = notices.iter().map(|notice| format!(" {notice}"));
            shown.consequence = notices.fold(told, |told, notice| told + &notice);
        }
        Ok(GroupOutcome { changed: false, .. }) => {
            if shown.problem.is_empty() {
                "Nothing would change: it is so already.".clone_into(&mut shown.problem);
            }
        }
        Err(CallFailure::Refused { message, .. }) => {
            if shown.problem.is_empty() {
                shown.problem = sentence(&message);
            }
        }
        Err(failure) => return Err(failure.into()),
    }
    page(status, &shown)
}

impl GroupActionPage {
    /// Finds who is meant, and asks about them by their name.
    async fn name_user(&mut self, core: &OwnCore) -> Result<(), CallFailure> {
        let found = if self.form.user.is_empty() {
            people::exactly(core, &self.site, self.form.who.trim()).await?
        } else {
            people::by_id(core, &self.site, &self.form.user).await?.into_iter().collect()
        };
        match &found[..] {
            [] => {
                // Whoever is gone is a member of nothing.
                self.form.user.clear();
                "Nobody is called or known exactly so. Type a user name, an e-mail address, an external id or \
                 an id."
                    .clone_into(&mut self.problem);
            }
            [one] => {
                let (name, group) = (&one.user_name, &self.display_name);
                self.question = match self.action {
                    AskedOfGroup::Remove => format!("Remove {name} from {group}?"),
                    _ => format!("Add {name} to {group}?"),
                };
                self.form.user.clone_from(&one.id);
            }
            several => {
                let line =
                    |user: &provost_proto::v1::User| (user.id.clone(), user.user_name.clone());
                self.choice = several.iter().map(line).collect();
            }
        }
        Ok(())
    }

    fn told(&self) -> String {
        match self.action {
            AskedOfGroup::Rename => "It is called so from then on.".to_owned(),
            AskedOfGroup::Add => "The user is a member from then on.".to_owned(),
            AskedOfGroup::Remove => {
                "The user is no member any more. The identity provider may add them again."
                    .to_owned()
            }
            AskedOfGroup::Delete => {
                "Its members stay users. The ledger keeps what was decided about it. The identity \
                 provider that pushed it makes it anew only where the push is linked again."
                    .to_owned()
            }
        }
    }
}

/// What follows for the roles of members from what is done about a group with rules; it begins with a space.
fn role_follows(action: AskedOfGroup, rules: &[RuleLine]) -> String {
    // A name that is given up takes nothing from a rule for this very group.
    let is_meant = |rule: &&RuleLine| action != AskedOfGroup::Rename || !rule.address.is_of_one();
    let highest = rules.iter().filter(is_meant).max_by_key(|rule| rule.given);
    let Some(role) = highest.map(|rule| rule.role) else { return String::new() };
    match action {
        AskedOfGroup::Rename => {
            format!(" It gives {role} by the rule for its name, and with another name no longer.")
        }
        AskedOfGroup::Add => format!(" The group gives {role}, as far as the switches admit it."),
        AskedOfGroup::Remove => {
            format!(" The group gives {role}; the user keeps the role that comes from elsewhere.")
        }
        AskedOfGroup::Delete => {
            format!(" It gives {role}; they keep the roles that come from elsewhere.")
        }
    }
}

/// What was decided, or would be.
struct GroupOutcome {
    /// Whether anything changes.
    changed: bool,
    /// What would be asked and not be in force.
    notices: Vec<String>,
}

/// Has the core decide it, and keep it or not.
async fn decide(
    core: &OwnCore,
    site: &str,
    id: &str,
    action: AskedOfGroup,
    form: &GroupActionForm,
    validate_only: bool,
) -> Result<GroupOutcome, CallFailure> {
    // One member more or less is so whoever else came or went meanwhile, which in a busy group is always.
    let is_of_all = matches!(action, AskedOfGroup::Rename | AskedOfGroup::Delete);
    let options = Some(WriteOptions {
        expected_version: is_of_all.then_some(form.version),
        validate_only,
        reason: form.note.trim().to_owned(),
        request_id: form.request_id.clone(),
        ..WriteOptions::default()
    });
    let (site, group_id, mut groups) = (site.to_owned(), id.to_owned(), core.groups());
    let user_ids = vec![form.user.clone()];
    let changes = match action {
        AskedOfGroup::Rename => {
            let name = form.name.clone().map(|name| {
                Change::SetDisplayName(SetDisplayName { display_name: name.trim().to_owned() })
            });
            let external_id = form.external_id.as_ref().map(|id| {
                let external_id = Some(id.trim().to_owned()).filter(|id| !id.is_empty());
                Change::SetExternalId(SetExternalId { external_id })
            });
            name.into_iter().chain(external_id).collect()
        }
        AskedOfGroup::Add => vec![Change::AddMembers(AddMembers { user_ids })],
        AskedOfGroup::Remove => vec![Change::RemoveMembers(RemoveMembers { user_ids })],
        AskedOfGroup::Delete => {
            let request = DeleteGroupRequest { site, group_id, options };
            let changed = core.answer(groups.delete_group(request)).await?.changed;
            return Ok(GroupOutcome { changed, notices: Vec::new() });
        }
    };
    let changes = changes.into_iter().map(|change| GroupChange { change: Some(change) }).collect();
    let request = ChangeGroupRequest { site, group_id, changes, options };
    let decision = core.answer(groups.change_group(request)).await?.decision;
    let GroupDecision { changed, notices, .. } = decision.unwrap_or_default();
    let notices = notices.iter().map(|notice| sentence(&notice.message)).collect();
    Ok(GroupOutcome { changed, notices })
}
