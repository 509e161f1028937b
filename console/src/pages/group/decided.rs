//! What is asked of a group, as a form says it, and has the core decide: for good or without keeping anything.
//!
//! Must never know how that is asked or shown.

use provost_proto::v1::group_change::Change;
use provost_proto::v1::{
    AddMembers, ChangeGroupRequest, ChangeGroupResponse, DeleteGroupRequest, GroupChange,
    GroupDecision, GroupRulePreview, RemoveMembers, RenamedGroupRoles, SetDisplayName,
    SetExternalId, WriteOptions,
};
use serde::Deserialize;

use crate::client::{CallFailure, OwnCore};
use crate::failure::sentence;

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
    pub const fn path(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Delete => "delete",
        }
    }

    /// What the button says that does it.
    pub const fn button(self) -> &'static str {
        match self {
            Self::Rename => "Rename",
            Self::Add => "Add",
            Self::Remove => "Remove",
            Self::Delete => "Delete the group",
        }
    }
}

/// What the form says.
#[derive(Clone, Deserialize)]
pub struct GroupActionForm {
    /// The version that was shown.
    #[serde(default)]
    pub version: i64,
    #[serde(default)]
    pub request_id: String,
    /// What it is to be called; absent: as it is.
    pub name: Option<String>,
    /// The name of which it was said whom it moves.
    #[serde(default)]
    pub told: String,
    /// What else it is to be known by; absent: as it is.
    pub external_id: Option<String>,
    /// Who is meant, as somebody types it.
    #[serde(default)]
    pub who: String,
    /// The id of whoever is meant.
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub note: String,
}

impl GroupActionForm {
    /// What the group is to be called.
    pub fn new_name(&self) -> &str {
        self.name.as_deref().unwrap_or_default().trim()
    }

    /// Whether it was said whom the name moves.
    pub fn is_told(&self) -> bool {
        self.told == self.new_name()
    }
}

/// What was decided, or would be.
pub struct GroupOutcome {
    /// Whether anything changes.
    pub changed: bool,
    /// What would be asked and not be in force.
    pub notices: Vec<String>,
    /// Which roles another name would take from it and bring to it; absent where the core has not looked.
    pub renamed_roles: Option<RenamedGroupRoles>,
    /// Whom that would move.
    pub preview: Option<GroupRulePreview>,
}

/// Has the core decide it, and keep it or not.
pub async fn decide(
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
        AskedOfGroup::Add => vec![Change::AddMembers(AddMembers { user_ids, selected: false })],
        AskedOfGroup::Remove => {
            vec![Change::RemoveMembers(RemoveMembers { user_ids, selected: false })]
        }
        AskedOfGroup::Delete => {
            let request = DeleteGroupRequest { site, group_id, options };
            let changed = core.answer(groups.delete_group(request)).await?.changed;
            let (notices, renamed_roles, preview) = (Vec::new(), None, None);
            return Ok(GroupOutcome { changed, notices, renamed_roles, preview });
        }
    };
    let changes = changes.into_iter().map(|change| GroupChange { change: Some(change) }).collect();
    let request = ChangeGroupRequest { site, group_id, changes, options };
    let ChangeGroupResponse { decision, preview, renamed_roles } =
        core.answer(groups.change_group(request)).await?;
    let GroupDecision { changed, notices, .. } = decision.unwrap_or_default();
    let notices = notices.iter().map(|notice| sentence(&notice.message)).collect();
    Ok(GroupOutcome { changed, notices, renamed_roles, preview })
}
