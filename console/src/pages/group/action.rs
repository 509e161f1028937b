//! What can be done about a group: asked about first, with what would follow from it, and then done: what is
//! about the whole group against the version that was shown. A name by which roles move is asked about with whom
//! that moves.
//!
//! Whether it may be done the core says, before and again when it is done.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{ErrorReason, Group};

use super::super::rules::PreviewedMoves;
use super::super::tokens::fresh_id;
use super::super::{people, rule_line};
use super::decided::{AskedOfGroup, GroupActionForm, GroupOutcome, decide};
use super::{RuleLine, by_id, renamed_roles};
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

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
    /// Whom another name moves, where it moves roles and that is known.
    preview: Option<PreviewedMoves>,
    /// Why it is not known; empty where it is, or there is nothing to know.
    unforeseen: &'static str,
    /// Those who may be meant, where it is more than one: ids and user names.
    choice: Vec<(String, String)>,
    form: GroupActionForm,
    problem: String,
}

/// What is said where it can't be found out now whom another name moves.
const UNFORESEEN: &str = "Whom it would move can't be said now: there are too many members, or too many who ask. \
                          Open this page again in a minute, or rename it all the same.";

/// What is said where the core does not look for it.
const UNTOLD: &str = "Whom it would move is not known: the core does not say that, because its version is older than that of \
                      this console. Bring the core up to date first, or rename it all the same.";

type GroupPath = Path<(String, String, AskedOfGroup)>;

/// Asks whether it is to be done, and says what would follow.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): GroupPath,
    Query(form): Query<GroupActionForm>,
) -> Result<Response, PageFailure> {
    let group = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
    page(StatusCode::OK, &ask(&core, &site, action, group, form, String::new()).await?)
}

/// Does it.
pub async fn act(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): GroupPath,
    Form(form): Form<GroupActionForm>,
) -> Result<Response, PageFailure> {
    if action == AskedOfGroup::Rename && !form.is_told() {
        let group = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
        // Where somebody else was faster, that is said first.
        if group.version == form.version {
            let shown = ask(&core, &site, action, group, form.clone(), String::new()).await?;
            if shown.preview.is_some() || !shown.unforeseen.is_empty() {
                return page(StatusCode::OK, &shown);
            }
        }
    }
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
            page(status, &ask(&core, &site, action, group, form, problem).await?)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The page that asks, with what would follow from a confirmation.
async fn ask(
    core: &OwnCore,
    site: &str,
    action: AskedOfGroup,
    group: Group,
    form: GroupActionForm,
    problem: String,
) -> Result<GroupActionPage, PageFailure> {
    let form = GroupActionForm { version: group.version, request_id: fresh_id(), ..form };
    let rules = rule_line::managed(core, site).await?.unwrap_or_default();
    let rules: Vec<_> = rules.into_iter().filter_map(RuleLine::of).collect();
    let mut shown = GroupActionPage {
        frame: Frame::of_site(site, "groups"),
        site: site.to_owned(),
        question: group.display_name.clone(),
        consequence: String::new(),
        preview: None,
        unforeseen: "",
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
                shown.consequence = format!("{told}{}", shown.role_follows(&rules));
                return Ok(shown);
            }
        }
        AskedOfGroup::Add | AskedOfGroup::Remove => {
            let name = &shown.display_name;
            shown.question = match action {
                AskedOfGroup::Remove => format!("Remove a member from {name}"),
                _ => format!("Add a member to {name}"),
            };
            shown.name_user(core).await?;
            if shown.form.user.is_empty() {
                return Ok(shown);
            }
        }
        AskedOfGroup::Delete => {
            shown.question = format!("Delete the group {}?", shown.display_name);
        }
    }
    match decide(core, site, &shown.id, action, &shown.form, true).await {
        Ok(GroupOutcome { changed: true, notices, renamed_roles, preview }) => {
            let follows = if shown.is_named_anew() {
                shown.unforeseen = match renamed_roles {
                    None => UNTOLD,
                    Some(both) if preview.is_none() && renamed_roles::moves(both) => UNFORESEEN,
                    Some(_) => "",
                };
                shown.preview = preview.map(PreviewedMoves::asked);
                shown.form.told = shown.form.new_name().to_owned();
                renamed_roles::told(renamed_roles)
            } else {
                shown.role_follows(&rules)
            };
            let told = [shown.told(), follows].concat();
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
        // Of very many members, or where many ask, it can't be said in time. What is decided waits for neither.
        Err(CallFailure::TooSlow | CallFailure::Unavailable) if action == AskedOfGroup::Rename => {
            shown.consequence = shown.told();
            shown.unforeseen = UNFORESEEN;
            shown.form.told = shown.form.new_name().to_owned();
        }
        Err(failure) => return Err(failure.into()),
    }
    Ok(shown)
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

    /// Whether it is asked about with another name.
    fn is_named_anew(&self) -> bool {
        self.action == AskedOfGroup::Rename && self.form.new_name() != self.display_name
    }

    /// What follows for the roles of members, where there are rules and the name stays; it begins with a space.
    fn role_follows(&self, rules: &[RuleLine]) -> String {
        let is_renamed = self.action == AskedOfGroup::Rename;
        let about = rules.iter().filter(|rule| rule.group_id == self.id);
        // A name that is given up takes nothing from a rule for this very group.
        let about = about.filter(|rule| !is_renamed || !rule.address.is_of_one());
        let Some(role) = about.max_by_key(|rule| rule.given).map(|rule| rule.role) else {
            return String::new();
        };
        match self.action {
            AskedOfGroup::Rename => {
                format!(
                    " It gives {role} by the rule for its name, and with another name no longer."
                )
            }
            AskedOfGroup::Add => {
                format!(" The group gives {role}, as far as the switches admit it.")
            }
            AskedOfGroup::Remove => {
                format!(
                    " The group gives {role}; the user keeps the role that comes from elsewhere."
                )
            }
            AskedOfGroup::Delete => {
                format!(" It gives {role}; they keep the roles that come from elsewhere.")
            }
        }
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
