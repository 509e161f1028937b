//! Words of the ledger for what was asked about a user.

use super::Change;
use serde::{Deserialize, Serialize};

/// What was asked about a user, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Asked {
    Create,
    SignIn,
    Delete,
    SetActive,
    Activate,
    SetRole,
    SetUserName,
    SetExternalId,
    /// Called `set_text` before values had types.
    #[serde(alias = "set_text")]
    SetAttribute,
    EditList,
    Replace,
    PlaceHold,
    LiftHold,
    LiftExpiredHolds,
    ForgetSubject,
    FollowGroups,
    Ignored,
}

impl From<&Change> for Asked {
    fn from(change: &Change) -> Self {
        match change {
            Change::SetDirectoryStatus(_) => Self::SetActive,
            Change::Activate => Self::Activate,
            Change::SetRole(_) => Self::SetRole,
            Change::SetUserName(_) => Self::SetUserName,
            Change::SetExternalId(_) => Self::SetExternalId,
            Change::SetAttribute(..) => Self::SetAttribute,
            Change::EditList(_) => Self::EditList,
            Change::Replace(_) => Self::Replace,
            Change::PlaceHold { .. } => Self::PlaceHold,
            Change::LiftHold(_) => Self::LiftHold,
            Change::LiftExpiredHolds => Self::LiftExpiredHolds,
            Change::ForgetSubject => Self::ForgetSubject,
            Change::FollowGroups => Self::FollowGroups,
            // Nothing else brings one.
            Change::SetSubject(_) => Self::SignIn,
            Change::Ignored(_) => Self::Ignored,
        }
    }
}
