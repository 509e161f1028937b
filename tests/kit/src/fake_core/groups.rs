//! The groups of a core that answers from a script.

use super::{Asked, Fake, Reply, not_for_scim};
use provost_proto::v1;
use provost_proto::v1::group_service_server::GroupService;
use std::pin::Pin;
use tonic::{Request, Response, Status, async_trait};

#[async_trait]
impl GroupService for Fake {
    async fn get_group(
        &self,
        request: Request<v1::GetGroupRequest>,
    ) -> Result<Response<v1::GetGroupResponse>, Status> {
        self.answer(request, Asked::GetGroup, |reply| match reply {
            Reply::Group(group) => Some(v1::GetGroupResponse { group: Some(group) }),
            _ => None,
        })
        .await
    }

    async fn list_groups(
        &self,
        request: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        self.answer(request, Asked::ListGroups, |reply| match reply {
            Reply::GroupPage(page) => Some(page),
            _ => None,
        })
        .await
    }

    async fn list_group_members(
        &self,
        request: Request<v1::ListGroupMembersRequest>,
    ) -> Result<Response<v1::ListGroupMembersResponse>, Status> {
        self.answer(request, Asked::ListMembers, |reply| match reply {
            Reply::MemberPage(page) => Some(page),
            _ => None,
        })
        .await
    }

    async fn create_group(
        &self,
        request: Request<v1::CreateGroupRequest>,
    ) -> Result<Response<v1::CreateGroupResponse>, Status> {
        self.answer(request, Asked::CreateGroup, |reply| match reply {
            Reply::GroupDecided(decision) => {
                Some(v1::CreateGroupResponse { decision: Some(decision) })
            }
            _ => None,
        })
        .await
    }

    async fn change_group(
        &self,
        request: Request<v1::ChangeGroupRequest>,
    ) -> Result<Response<v1::ChangeGroupResponse>, Status> {
        self.answer(request, Asked::ChangeGroup, |reply| match reply {
            Reply::GroupDecided(decision) => {
                let decision = Some(decision);
                Some(v1::ChangeGroupResponse { decision, preview: None, renamed_roles: None })
            }
            _ => None,
        })
        .await
    }

    async fn delete_group(
        &self,
        request: Request<v1::DeleteGroupRequest>,
    ) -> Result<Response<v1::DeleteGroupResponse>, Status> {
        self.answer(request, Asked::DeleteGroup, |reply| match reply {
            Reply::Deleted => Some(v1::DeleteGroupResponse { revision: 7, changed: true }),
            _ => None,
        })
        .await
    }

    not_for_scim! {
        list_group_rules(ListGroupRulesRequest) -> ListGroupRulesResponse;
        set_group_rule(SetGroupRuleRequest) -> SetGroupRuleResponse;
        delete_group_rule(DeleteGroupRuleRequest) -> DeleteGroupRuleResponse;
    }
}

/// A group the core may answer, without members.
pub fn group() -> v1::Group {
    v1::Group {
        id: "0198b3a0-0000-7000-8000-00000000000a".to_owned(),
        site: "acme".to_owned(),
        display_name: "Tour Guides".to_owned(),
        version: 2,
        ..v1::Group::default()
    }
}

/// A page of these groups, of so many in all.
pub fn group_page(groups: Vec<v1::Group>, total: i64) -> Reply {
    let next_page_token = String::new();
    Reply::GroupPage(v1::ListGroupsResponse { groups, next_page_token, total: Some(total) })
}

/// A decision that left this group and gave these notices.
pub fn group_decided(group: v1::Group, notices: Vec<v1::Notice>) -> Reply {
    Reply::GroupDecided(v1::GroupDecision {
        group: Some(group),
        changed: true,
        notices,
        revision: 9,
    })
}
