//! Rules from groups to roles, as pages show them and links name them.
//!
//! Must never know which page that is.

mod address;

use provost_proto::v1::{GroupRule, ListGroupRulesRequest, ListGroupRulesResponse, Role};

use crate::client::{CallFailure, OwnCore};
use crate::moment::Moment;

pub use address::RuleAddress;

/// A rule, as pages show it.
pub struct RuleLine {
    pub address: RuleAddress,
    /// What the group is called; its id where it is gone.
    pub name: String,
    pub given: Role,
    /// The word for it.
    pub role: &'static str,
    /// Of the group that it is about; empty where there is none.
    pub group_id: String,
    pub version: i64,
    pub updated: Option<Moment>,
}

impl RuleLine {
    /// None where the core says of no group what it is about.
    pub fn of(rule: GroupRule) -> Option<Self> {
        let given = rule.role();
        let address = RuleAddress::of(rule.group?)?;
        let name = match rule.current_display_name {
            name if name.is_empty() => address.group.clone(),
            name => name,
        };
        let updated = rule.update_time.and_then(Moment::of);
        let version = rule.version;
        let group_id = match rule.current_group_id {
            // A core that does not say it keeps no rule about one group longer than the group.
            id if id.is_empty() && address.is_of_one() => address.group.clone(),
            id => id,
        };
        Some(Self { address, name, given, role: given.into(), group_id, version, updated })
    }
}

/// The roles that a group can give.
pub fn given_roles() -> impl Iterator<Item = &'static str> {
    [Role::Moderator, Role::Admin].into_iter().map(Role::into)
}

/// The rules of a site, and what is about to follow from them.
pub async fn list(core: &OwnCore, site: &str) -> Result<ListGroupRulesResponse, CallFailure> {
    let site = site.to_owned();
    let request = ListGroupRulesRequest { site, on_behalf_of: String::new() };
    core.answer(core.groups().list_group_rules(request)).await
}

/// The rules of a site for its other pages, which do without them: none where whoever is signed in manages
/// none, or the core has no time to list them now.
pub async fn managed(core: &OwnCore, site: &str) -> Result<Option<Vec<GroupRule>>, CallFailure> {
    match list(core, site).await {
        Ok(found) => Ok(Some(found.rules)),
        Err(CallFailure::Refused { .. } | CallFailure::TooSlow | CallFailure::Unavailable) => {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The rule that is kept about a group, if there is one.
pub async fn about(
    core: &OwnCore,
    site: &str,
    address: &RuleAddress,
) -> Result<Option<RuleLine>, CallFailure> {
    let rules = list(core, site).await?.rules;
    Ok(rules.into_iter().filter_map(RuleLine::of).find(|rule| rule.address.is(address)))
}
