//! What can be done about somebody: asked about first, with what would follow from it, and then done
//! against the version that was shown.
//!
//! Whether it may be done the core says, before and again when it is done.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::place_hold_request::Expiration;
use provost_proto::v1::{
    ActivateUserRequest, DeactivateUserRequest, Decision, ErrorReason, LiftHoldRequest,
    PlaceHoldRequest, Role, SetUserRoleRequest, User, WriteOptions,
};
use serde::Deserialize;

use super::super::lifetime::lifetime;
use super::super::people::by_id;
use super::super::tokens::fresh_id;
use super::standing;
use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};

use crate::signed_in::SignedIn;

/// What can be done about somebody, by the end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonAction {
    Activate,
    Deactivate,
    Hold,
    Lift,
    Role,
}

impl PersonAction {
    /// The end of its path.
    const fn path(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Hold => "hold",
            Self::Lift => "lift",
            Self::Role => "role",
        }
    }
}

/// What the form says.
#[derive(Deserialize)]
pub struct ActionForm {
    /// The version that was shown.
    #[serde(default)]
    version: i64,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    note: String,
    /// The hold that is meant.
    #[serde(default)]
    hold: String,
    /// After how many days it ends; empty: never.
    #[serde(default)]
    days: String,
    /// The role that is meant.
    #[serde(default)]
    role: String,
}

#[derive(Template)]
#[template(path = "person_action.html")]
struct ActionPage {
    frame: Frame,
    site: String,
    id: String,
    user_name: String,
    action: PersonAction,
    question: String,
    button: &'static str,
    form: ActionForm,
    /// What is so, and what would be; none where it is refused.
    before: String,
    after: Option<String>,
    /// What would be asked and not be in force.
    notices: Vec<String>,
    problem: String,
}

type PersonPath = Path<(String, String, PersonAction)>;

/// Asks whether it is to be done, and says what would follow.
pub async fn confirm(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): PersonPath,
    Query(mut form): Query<ActionForm>,
) -> Result<Response, PageFailure> {
    let user = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
    if action == PersonAction::Hold && form.hold.is_empty() {
        "security".clone_into(&mut form.hold);
    }
    asked(&core, StatusCode::OK, &site, action, user, form, String::new()).await
}

/// Does it.
pub async fn act(
    SignedIn { core }: SignedIn,
    Path((site, id, action)): PersonPath,
    Form(form): Form<ActionForm>,
) -> Result<Response, PageFailure> {
    match decide(&core, &site, &id, action, &form, false).await {
        Ok(_) => Ok(Redirect::to(&format!("/sites/{site}/people/{id}?done")).into_response()),
        Err(CallFailure::Refused { reason: ErrorReason::UserNotFound, .. }) => {
            Err(PageFailure::NoSuchPage)
        }
        Err(CallFailure::Refused { reason, message, .. }) => {
            let user = by_id(&core, &site, &id).await?.ok_or(PageFailure::NoSuchPage)?;
            let (status, problem) = if reason == ErrorReason::VersionMismatch {
                let problem = "Somebody else has changed this user since you opened the page. Nothing \
                               was done. Look at what is so now, and confirm again.";
                (StatusCode::CONFLICT, problem.to_owned())
            } else {
                (StatusCode::UNPROCESSABLE_ENTITY, sentence(&message))
            };
            asked(&core, status, &site, action, user, form, problem).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The page that asks, with what would follow from a confirmation.
async fn asked(
    core: &OwnCore,
    status: StatusCode,
    site: &str,
    action: PersonAction,
    user: User,
    form: ActionForm,
    problem: String,
) -> Result<Response, PageFailure> {
    let form = ActionForm { version: user.version, request_id: fresh_id(), ..form };
    let mut shown = ActionPage {
        frame: Frame::of_site(site, "people"),
        site: site.to_owned(),
        before: told(&user),
        question: question(action, &user.user_name, &form),
        button: button(action),
        user_name: user.user_name,
        id: user.id,
        action,
        after: None,
        notices: Vec::new(),
        problem,
        form,
    };
    match decide(core, site, &shown.id, action, &shown.form, true).await {
        Ok(Decision { user, notices, .. }) => {
            shown.after = user.as_ref().map(told);
            shown.notices = notices.iter().map(|notice| sentence(&notice.message)).collect();
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

/// Status and role of somebody.
fn told(user: &User) -> String {
    let role: &str = user.role().into();
    format!("{role}. {}", standing::explained(user))
}

fn question(action: PersonAction, name: &str, form: &ActionForm) -> String {
    match action {
        PersonAction::Activate => format!("Activate {name}?"),
        PersonAction::Deactivate => format!("Deactivate {name}?"),
        PersonAction::Hold => format!("Place a hold on {name}?"),
        PersonAction::Lift => format!("Lift the hold {} of {name}?", form.hold),
        PersonAction::Role => format!("Make {name} {}?", form.role),
    }
}

const fn button(action: PersonAction) -> &'static str {
    match action {
        PersonAction::Activate => "Activate",
        PersonAction::Deactivate => "Deactivate",
        PersonAction::Hold => "Place the hold",
        PersonAction::Lift => "Lift the hold",
        PersonAction::Role => "Set the role",
    }
}

/// Has the core decide it, and keep it or not.
async fn decide(
    core: &OwnCore,
    site: &str,
    id: &str,
    action: PersonAction,
    form: &ActionForm,
    validate_only: bool,
) -> Result<Decision, CallFailure> {
    let note = form.note.trim().to_owned();
    // The note of a hold is kept with the hold; why all else was asked is for the ledger.
    let is_of_hold = matches!(action, PersonAction::Deactivate | PersonAction::Hold);
    let options = Some(WriteOptions {
        expected_version: Some(form.version),
        validate_only,
        reason: if is_of_hold { String::new() } else { note.clone() },
        request_id: form.request_id.clone(),
        ..WriteOptions::default()
    });
    let (site, user_id, mut users) = (site.to_owned(), id.to_owned(), core.users());
    let name = form.hold.trim().to_owned();
    let decision = match action {
        PersonAction::Activate => {
            let request = ActivateUserRequest { site, user_id, options };
            core.answer(users.activate_user(request)).await?.decision
        }
        PersonAction::Deactivate => {
            let request = DeactivateUserRequest { site, user_id, note, options };
            core.answer(users.deactivate_user(request)).await?.decision
        }
        PersonAction::Hold => {
            let expiration = lifetime("days", &form.days)?.map(Expiration::Ttl);
            let request = PlaceHoldRequest { site, user_id, name, note, options, expiration };
            core.answer(users.place_hold(request)).await?.decision
        }
        PersonAction::Lift => {
            let request = LiftHoldRequest { site, user_id, name, options };
            core.answer(users.lift_hold(request)).await?.decision
        }
        PersonAction::Role => {
            let role = form.role.parse().unwrap_or(Role::Unspecified).into();
            let request = SetUserRoleRequest { site, user_id, role, options };
            core.answer(users.set_user_role(request)).await?.decision
        }
    };
    Ok(decision.unwrap_or_default())
}
