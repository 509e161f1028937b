//! The rules from groups to roles, as `GroupService` tells and takes them.

use super::call::RequestMetadata;
use super::encode_group_rules::{self, preview};
use super::groups::GroupHandlers;
use crate::Failure;
use crate::authenticator::Bearer;
use crate::queries::ForeseenName;
use provost_domain::{Decision, GroupAction, GroupId, GroupName, Permission, Site};
use provost_proto::v1;

impl GroupHandlers {
    pub(super) async fn list_rules(
        &self,
        metadata: RequestMetadata,
        message: v1::ListGroupRulesRequest,
    ) -> Result<v1::ListGroupRulesResponse, Failure> {
        let v1::ListGroupRulesRequest { site, on_behalf_of } = message;
        let admitted = self.0.admit_to_read(metadata.bearer, &site, &on_behalf_of).await?;
        Ok(encode_group_rules::rules(self.0.rules.of_site(&admitted.site).await?))
    }

    pub(super) async fn set_rule(
        &self,
        metadata: RequestMetadata,
        message: v1::SetGroupRuleRequest,
    ) -> Result<v1::SetGroupRuleResponse, Failure> {
        let v1::SetGroupRuleRequest { site, group, role, options } = message;
        let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
        let mut asked = None;
        let action = || {
            let (group, role) = encode_group_rules::setting(group, role)?;
            asked = Some((group.clone(), role)).filter(|_| is_tried);
            Ok(GroupAction::SetRule { group, role })
        };
        let (decision, site) = self.decide(metadata, &site, action, options).await?;
        let foreseen = match asked {
            Some((group, role)) => self.0.rules.foresee(&site, &group, Some(role)).await?,
            None => None,
        };
        encode_group_rules::decision(decision, foreseen)
    }

    /// Which roles a group would give by another name, and whom that would move, for a caller who may manage rules.
    pub(super) async fn foresee_name(
        &self,
        (reader, on_behalf_of): (Bearer, String),
        site: &Site,
        (group, name): (GroupId, GroupName),
    ) -> Result<Option<ForeseenName>, Failure> {
        let reader = reader.with(Permission::ManageSettings);
        if self.0.admit_to_read(reader, &site.name, &on_behalf_of).await.is_err() {
            return Ok(None);
        }
        self.0.rules.foresee_name(site, group, &name).await
    }

    pub(super) async fn delete_rule(
        &self,
        metadata: RequestMetadata,
        message: v1::DeleteGroupRuleRequest,
    ) -> Result<v1::DeleteGroupRuleResponse, Failure> {
        let v1::DeleteGroupRuleRequest { site, group, options } = message;
        let is_tried = options.as_ref().is_some_and(|options| options.validate_only);
        let mut asked = None;
        let action = || {
            let group = encode_group_rules::group(group)?;
            asked = Some(group.clone()).filter(|_| is_tried);
            Ok(GroupAction::DeleteRule { group })
        };
        let (decision, site) = self.decide(metadata, &site, action, options).await?;
        let foreseen = match asked {
            Some(group) => self.0.rules.foresee(&site, &group, None).await?,
            None => None,
        };
        let Decision { changed, revision, .. } = decision;
        Ok(v1::DeleteGroupRuleResponse { changed, revision, preview: foreseen.map(preview) })
    }
}
