//! Groups and their rules in events, as scripts read them.

use provost_proto::v1::ruled_group::By;
use provost_proto::v1::{GroupRuleSnapshot, GroupSnapshot};
use serde::Serialize;

/// A group of an event.
#[derive(Serialize)]
pub struct GroupStateView {
    id: String,
    version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Who left, before; who came, after.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_ids: Vec<String>,
}

/// A rule from a group to a role, with either of id and name.
#[derive(Serialize)]
pub struct GroupRuleStateView {
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    role: &'static str,
}

impl GroupStateView {
    pub fn new(group: GroupSnapshot) -> Self {
        let GroupSnapshot { id, version, display_name, external_id, user_ids } = group;
        Self { id, version, display_name, external_id, user_ids }
    }
}

impl GroupRuleStateView {
    pub fn new(shown: GroupRuleSnapshot) -> Self {
        let role = shown.role().into();
        let (group_id, display_name) = match shown.group.and_then(|group| group.by) {
            Some(By::GroupId(id)) => (Some(id), None),
            Some(By::DisplayName(name)) => (None, Some(name)),
            None => (None, None),
        };
        Self { group_id, display_name, role }
    }
}
