//! Users and decisions about them, as people and scripts read them.

use std::collections::BTreeMap;

use provost_proto::v1::{Decision, Denial, Hold, RegisterSignInResponse, Role, User};
use serde::Serialize;

use super::super::core::{Form, Output};
use super::super::print::{Head, NoticeView};
use super::super::{print, time};
use super::batch::{LineRefusal, LineResult};
use super::value::{ValueView, views};
use crate::run_error::RunError;

#[derive(Serialize)]
struct UserView {
    id: String,
    site: String,
    user_name: String,
    external_id: Option<String>,
    active: bool,
    directory_status: &'static str,
    holds: Vec<HoldView>,
    role: &'static str,
    /// The role besides groups, where groups give another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_role: Option<&'static str>,
    profile: BTreeMap<String, ValueView>,
    version: i64,
    create_time: Option<String>,
    update_time: Option<String>,
}

/// A hold as JSON has it.
#[derive(Serialize)]
pub struct HoldView {
    name: String,
    owner: String,
    note: String,
    create_time: Option<String>,
    expire_time: Option<String>,
}

#[derive(Serialize)]
struct DecisionView {
    user: UserView,
    changed: bool,
    notices: Vec<NoticeView>,
    revision: i64,
}

#[derive(Serialize)]
struct LineView {
    line: usize,
    user: String,
    decision: Option<DecisionView>,
    error: Option<ErrorView>,
}

#[derive(Serialize)]
struct ErrorView {
    reason: Option<String>,
    message: String,
}

#[derive(Serialize)]
struct DeletedView {
    id: String,
    user_name: String,
    revision: i64,
}

#[derive(Serialize)]
struct SignInView {
    decision: DecisionView,
    admitted: bool,
    created: bool,
    denial: Option<DenialView>,
}

#[derive(Serialize)]
struct DenialView {
    holds: Vec<String>,
    directory_status: &'static str,
}

/// Prints one user.
pub fn say_user(user: User, form: Form) -> Result<(), RunError> {
    let times = [user.create_time, user.update_time].map(time::short);
    let view = UserView::new(user);
    match form.output {
        Output::Json => print::say_json(&view),
        Output::Table => say_card(&view, times, form),
    }
}

/// Prints many users; without any, the sentence that says so.
pub fn say_users(users: Vec<User>, form: Form, nothing: &str) -> Result<(), RunError> {
    if form.output == Output::Json {
        return print::say_json(&users.into_iter().map(UserView::new).collect::<Vec<_>>());
    }
    let row = |user: User| {
        let times = [user.update_time, user.create_time].map(time::short);
        let user = UserView::new(user);
        let [updated, created] = times;
        vec![
            user.user_name,
            print::yes_or_no(user.active),
            user.role.to_owned(),
            user.holds.iter().map(|hold| hold.name.as_str()).collect::<Vec<_>>().join(", "),
            updated,
            created,
            user.external_id.unwrap_or_default(),
            user.id,
        ]
    };
    let head = Head {
        always: &["user name", "active", "role", "holds", "updated"],
        wide: &["created", "external id", "id"],
    };
    print::say_table(form, &head, users.into_iter().map(row).collect(), nothing)
}

/// Prints that a user is no more.
pub fn say_deleted(user: User, revision: i64, form: Form) -> Result<(), RunError> {
    let User { id, user_name, .. } = user;
    match form.output {
        Output::Json => print::say_json(&DeletedView { id, user_name, revision }),
        Output::Table => print::say(&format!(
            "{user_name} ({id}) is deleted. The ledger keeps what was decided about them."
        )),
    }
}

/// Prints what was decided, with notices beside it.
pub fn say_decision(decision: Decision, form: Form) -> Result<(), RunError> {
    print::warn_of(&decision.notices);
    let view = DecisionView::new(decision);
    match form.output {
        Output::Json => print::say_json(&view),
        Output::Table => print::say(&format!("{}{}", view.user.sentence(), view.unchanged())),
    }
}

/// Prints what became of the lines of a file, each in a row.
pub fn say_batch(results: Vec<LineResult>, form: Form) -> Result<(), RunError> {
    for decision in results.iter().filter_map(|result| result.became.as_ref().ok()) {
        print::warn_of(&decision.notices);
    }
    let views = results.into_iter().map(LineView::new).collect::<Vec<_>>();
    if form.output == Output::Json {
        return print::say_json(&views);
    }
    let head = Head { always: &["line", "user", "result", "says"], wide: &[] };
    let rows = views.into_iter().map(LineView::row).collect();
    print::say_table(form, &head, rows, "The file has no line that says something.")
}

/// Prints whether the user may enter.
pub fn say_sign_in(answer: RegisterSignInResponse, form: Form) -> Result<(), RunError> {
    let RegisterSignInResponse { decision, admitted, created, denial } = answer;
    let decision = decision.unwrap_or_default();
    print::warn_of(&decision.notices);
    let decision = DecisionView::new(decision);
    if form.output == Output::Json {
        return print::say_json(&SignInView {
            decision,
            admitted,
            created,
            denial: denial.map(DenialView::new),
        });
    }
    let door = if admitted { "may enter" } else { "may not enter" };
    let first = if created { " This was the first sign-in." } else { "" };
    print::say(&format!("{} The user {door}.{first}", decision.user.sentence()))
}

fn say_card(user: &UserView, times: [String; 2], form: Form) -> Result<(), RunError> {
    let [created, updated] = times;
    let mut pairs = vec![
        ("id", user.id.clone()),
        ("site", user.site.clone()),
        ("user_name", user.user_name.clone()),
        ("external_id", user.external_id.clone().unwrap_or_default()),
        ("active", print::yes_or_no(user.active)),
        ("directory_status", user.directory_status.to_owned()),
        ("role", user.role.to_owned()),
        ("version", user.version.to_string()),
        ("create_time", created),
        ("update_time", updated),
    ];
    for hold in &user.holds {
        let note = if hold.note.is_empty() { String::new() } else { format!(": {}", hold.note) };
        let end = hold.expire_time.as_ref().map_or(String::new(), |at| format!(" until {at}"));
        pairs.push(("hold", format!("{} by {}{end}{note}", hold.name, hold.owner)));
    }
    for (name, value) in &user.profile {
        pairs.extend(value.lines().into_iter().map(|line| (name.as_str(), line)));
    }
    print::say_pairs(form, &pairs)
}

impl LineView {
    fn new(result: LineResult) -> Self {
        let LineResult { number: line, who: user, became } = result;
        let (decision, error) = match became {
            Ok(decision) => (Some(DecisionView::new(decision)), None),
            Err(LineRefusal { message, reason }) => (None, Some(ErrorView { reason, message })),
        };
        Self { line, user, decision, error }
    }

    fn row(self) -> Vec<String> {
        let (result, says) = match (self.decision, self.error) {
            (_, Some(ErrorView { reason, message })) => {
                let reason = reason.map_or_else(String::new, |reason| format!(" [{reason}]"));
                ("refused", format!("{message}{reason}"))
            }
            (Some(decision), None) => {
                let result = if decision.changed { "changed" } else { "unchanged" };
                // Users that don't fit into an answer are left out of it.
                let is_told = !decision.user.id.is_empty();
                (result, if is_told { decision.user.sentence() } else { String::new() })
            }
            (None, None) => ("unchanged", String::new()),
        };
        vec![self.line.to_string(), self.user, result.to_owned(), says]
    }
}

impl DecisionView {
    fn new(decision: Decision) -> Self {
        let Decision { user, changed, notices, revision } = decision;
        Self {
            user: UserView::new(user.unwrap_or_default()),
            changed,
            notices: notices.into_iter().map(NoticeView::new).collect(),
            revision,
        }
    }

    fn unchanged(&self) -> &'static str {
        if self.changed { "" } else { " Nothing had to change." }
    }
}

impl UserView {
    fn new(user: User) -> Self {
        let (role, directory_status) = (user.role().into(), user.directory_status().into());
        let base = user.base_role();
        let base_role = (base != Role::Unspecified).then(|| base.into());
        let User {
            id,
            site,
            user_name,
            external_id,
            active,
            directory_status: _,
            holds,
            role: _,
            profile,
            version,
            create_time,
            update_time,
            // Nobody asked for them.
            groups: _,
            has_more_groups: _,
            base_role: _,
        } = user;
        Self {
            id,
            site,
            user_name,
            external_id,
            active,
            directory_status,
            holds: holds.into_iter().map(HoldView::new).collect(),
            role,
            base_role,
            profile: views(profile.unwrap_or_default().attributes),
            version,
            create_time: create_time.map(time::written),
            update_time: update_time.map(time::written),
        }
    }

    fn sentence(&self) -> String {
        let state = if self.active { "active" } else { "deactivated" };
        let names: Vec<&str> = self.holds.iter().map(|hold| hold.name.as_str()).collect();
        let holds = match names.as_slice() {
            [] => String::new(),
            names => format!(", held by {}", names.join(" and ")),
        };
        let base = self.base_role.map(|base| format!(", {base} besides groups"));
        let base = base.unwrap_or_default();
        format!("{} is {state}{holds}; the role is {}{base}.", self.user_name, self.role)
    }
}

impl DenialView {
    fn new(denial: Denial) -> Self {
        let directory_status = denial.directory_status().into();
        Self { holds: denial.holds, directory_status }
    }
}

impl HoldView {
    /// From the contract's hold.
    pub fn new(hold: Hold) -> Self {
        let Hold { name, owner, note, create_time, expire_time } = hold;
        let [create_time, expire_time] = [create_time, expire_time].map(|at| at.map(time::written));
        Self { name, owner, note, create_time, expire_time }
    }
}
