//! `GroupService`.

use super::call::{RequestMetadata, call};
use super::decode_groups::{LIST_GROUPS, creation, group_changes, group_id, listing, member_limit};
use super::decode_users::Lister;
use super::encode_groups::{LIST_MEMBERS, member, question};
use super::status::published;
use super::{encode_group_rules, encode_groups, paging};
use crate::authenticator::Admitted;
use crate::page_key::PagedQuestion;
use crate::{AppState, Failure, clock};
use provost_domain::{
    Action, Decision, GroupAction, GroupChange, GroupId, GroupName, Refusal, Site, SortPosition,
    TokenId, UserId, UserScope,
};
use provost_proto::limits::MAX_MEMBERS_OF_PAGE;
use provost_proto::v1;
use provost_proto::v1::group_service_server::GroupService;
use provost_telemetry::record_reason;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};
use uuid::Uuid;

/// The door to the groups.
pub(super) struct GroupHandlers(pub Arc<AppState>);

impl GroupHandlers {
    /// Admits the caller of a read: to the site, and whom of its users they get to see.
    async fn admit(
        &self,
        metadata: RequestMetadata,
        site: &str,
        on_behalf_of: &str,
    ) -> Result<(Arc<Site>, UserScope, Option<TokenId>), Failure> {
        let admitted = self.0.admit_to_read(metadata.bearer, site, on_behalf_of).await?;
        Ok((admitted.site, admitted.caller.scope(), admitted.token))
    }

    /// Has something decided about a group, or about rules.
    pub(super) async fn decide(
        &self,
        metadata: RequestMetadata,
        site: &str,
        action: impl FnOnce() -> Result<GroupAction, Refusal>,
        options: Option<v1::WriteOptions>,
    ) -> Result<(Decision, Arc<Site>), Failure> {
        let bearer = metadata.bearer.clone();
        let admitted = self.0.admit_to_write(bearer, site, options.as_ref()).await?;
        let Admitted { caller, token, on_behalf_of: _, site, activity } = admitted;
        let action = Action::Group(action()?);
        let asker = (caller, token);
        let decision = self.0.submit(metadata, asker, Some(site.id), action, options).await?;
        if let Some(activity) = &activity {
            activity.decided(&decision);
        }
        for notice in &decision.notices {
            record_reason(published(notice.reason).name(), notice.reason.is_judgement());
        }
        Ok((decision, site))
    }

    async fn list(
        &self,
        metadata: RequestMetadata,
        message: v1::ListGroupsRequest,
    ) -> Result<v1::ListGroupsResponse, Failure> {
        let (site, scope, token) =
            self.admit(metadata, &message.site, &message.on_behalf_of).await?;
        let limit = member_limit(message.member_limit)?;
        let (key, now) = (&self.0.page_key, clock::now());
        let asked_by = Lister { site: &site.name, scope, token, key, now };
        let (question, listing) = listing(message, &asked_by)?;
        let listed = self.0.groups.list(&site, &listing).await?;
        let next_page_token = match listed.groups.last() {
            Some(last) if listed.more => {
                let SortPosition { id, value } = listing.sort.position(last);
                let asked = PagedQuestion { rpc: LIST_GROUPS, message: &question };
                key.token(&SortPosition { id: id.0, value }, asked, now)
            }
            _ => String::new(),
        };
        let ids: Vec<_> = listed.groups.iter().map(|group| group.id).collect();
        let members = self.0.groups.members((&site, scope), &ids, None, limit).await?;
        Ok(v1::ListGroupsResponse {
            groups: encode_groups::groups(listed.groups, &site.name, members),
            next_page_token,
            total: listed.total.map(u64::cast_signed),
        })
    }

    async fn change(
        &self,
        metadata: RequestMetadata,
        message: v1::ChangeGroupRequest,
    ) -> Result<v1::ChangeGroupResponse, Failure> {
        let v1::ChangeGroupRequest { site, group_id: id, changes, options } = message;
        let tried = options.as_ref().filter(|options| options.validate_only);
        let reader = tried.map(|options| (metadata.bearer.clone(), options.on_behalf_of.clone()));
        let mut renamed = None;
        let action = || {
            let (group, changes) = (group_id(&id)?, group_changes(changes)?);
            renamed = last_name(&changes).map(|name| (group, name.clone()));
            Ok(GroupAction::Change { group, changes })
        };
        let (decision, site) = self.decide(metadata, &site, action, options).await?;
        let foreseen = match reader.zip(renamed) {
            Some((reader, renamed)) => Box::pin(self.foresee_name(reader, &site, renamed)).await?,
            None => None,
        };
        let decision = Some(encode_groups::decision(decision, &site.name)?);
        let (renamed_roles, preview) = encode_group_rules::renamed(foreseen);
        Ok(v1::ChangeGroupResponse { decision, preview, renamed_roles })
    }

    async fn list_members(
        &self,
        metadata: RequestMetadata,
        message: v1::ListGroupMembersRequest,
    ) -> Result<v1::ListGroupMembersResponse, Failure> {
        let v1::ListGroupMembersRequest { site, group_id: id, page_size, page_token, on_behalf_of } =
            message;
        let (site, scope, _) = self.admit(metadata, &site, &on_behalf_of).await?;
        let limit = paging::page_size_within(page_size, MAX_MEMBERS_OF_PAGE)?;
        let id = group_id(&id)?;
        let question = question(&site.name, &id.0.to_string());
        let after = paging::position(&page_token, LIST_MEMBERS, &question)?;
        let after = after.map(|user| UserId(Uuid::from_bytes(user)));
        self.0.groups.get(&site, id).await?;
        let listed = self.0.groups.members((&site, scope), &[id], after, limit).await?;
        let next_page_token = match listed.members.last() {
            Some(last) if listed.more => {
                paging::token(last.user.0.as_bytes(), LIST_MEMBERS, &question)
            }
            _ => String::new(),
        };
        let members = listed.members.into_iter().map(member).collect();
        Ok(v1::ListGroupMembersResponse { members, next_page_token })
    }
}

/// What a group would be called in the end.
fn last_name(changes: &[GroupChange]) -> Option<&GroupName> {
    changes.iter().rev().find_map(|change| match change {
        GroupChange::SetDisplayName(name) => Some(name),
        _ => None,
    })
}

#[async_trait]
impl GroupService for GroupHandlers {
    async fn get_group(
        &self,
        request: Request<v1::GetGroupRequest>,
    ) -> Result<Response<v1::GetGroupResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::GetGroupRequest { site, group_id: id, member_limit: limit, on_behalf_of } =
                message;
            let (site, scope, _) = self.admit(metadata, &site, &on_behalf_of).await?;
            let (id, limit): (GroupId, u64) = (group_id(&id)?, member_limit(limit)?);
            let group = self.0.groups.get(&site, id).await?;
            let members = self.0.groups.members((&site, scope), &[id], None, limit).await?;
            let group = encode_groups::groups(vec![group], &site.name, members).pop();
            Ok(v1::GetGroupResponse { group })
        })
        .await
    }

    async fn list_groups(
        &self,
        request: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        call(request, async |metadata, message| self.list(metadata, message).await).await
    }

    async fn list_group_members(
        &self,
        request: Request<v1::ListGroupMembersRequest>,
    ) -> Result<Response<v1::ListGroupMembersResponse>, Status> {
        call(request, async |metadata, message| self.list_members(metadata, message).await).await
    }

    async fn create_group(
        &self,
        request: Request<v1::CreateGroupRequest>,
    ) -> Result<Response<v1::CreateGroupResponse>, Status> {
        call(request, async |metadata, message| {
            let (site, options) = (message.site.clone(), message.options.clone());
            let action = || Ok(GroupAction::Create(creation(message)?));
            let (decision, site) = self.decide(metadata, &site, action, options).await?;
            let decision = Some(encode_groups::decision(decision, &site.name)?);
            Ok(v1::CreateGroupResponse { decision })
        })
        .await
    }

    async fn change_group(
        &self,
        request: Request<v1::ChangeGroupRequest>,
    ) -> Result<Response<v1::ChangeGroupResponse>, Status> {
        call(request, async |metadata, message| self.change(metadata, message).await).await
    }

    async fn delete_group(
        &self,
        request: Request<v1::DeleteGroupRequest>,
    ) -> Result<Response<v1::DeleteGroupResponse>, Status> {
        call(request, async |metadata, message| {
            let v1::DeleteGroupRequest { site, group_id: id, options } = message;
            let action = || Ok(GroupAction::Delete { group: group_id(&id)? });
            let (decision, _) = self.decide(metadata, &site, action, options).await?;
            let Decision { revision, changed, .. } = decision;
            Ok(v1::DeleteGroupResponse { revision, changed })
        })
        .await
    }

    async fn list_group_rules(
        &self,
        request: Request<v1::ListGroupRulesRequest>,
    ) -> Result<Response<v1::ListGroupRulesResponse>, Status> {
        call(request, async |metadata, message| self.list_rules(metadata, message).await).await
    }

    async fn set_group_rule(
        &self,
        request: Request<v1::SetGroupRuleRequest>,
    ) -> Result<Response<v1::SetGroupRuleResponse>, Status> {
        call(request, async |metadata, message| self.set_rule(metadata, message).await).await
    }

    async fn delete_group_rule(
        &self,
        request: Request<v1::DeleteGroupRuleRequest>,
    ) -> Result<Response<v1::DeleteGroupRuleResponse>, Status> {
        call(request, async |metadata, message| self.delete_rule(metadata, message).await).await
    }
}
