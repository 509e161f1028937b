//! `UserService.ListUsers`: a page of users, with the turn at which a large one was read.

use super::call::RequestMetadata;
use super::decode_users::{LIST_USERS, listing};
use super::users::UserHandlers;
use super::{encode, paging};
use crate::Failure;
use crate::queries::TurnPermit;
use provost_proto::v1;
use std::sync::Arc;

impl UserHandlers {
    /// A page of users.
    pub(super) async fn list(
        &self,
        metadata: RequestMetadata,
        message: v1::ListUsersRequest,
    ) -> Result<(v1::ListUsersResponse, Option<TurnPermit>), Failure> {
        let context = self.admit(metadata, &message.site, &message.on_behalf_of).await?;
        let shows_groups = message.include_groups;
        let name = &context.site.name;
        let (question, listing) = listing(self.0.profile, message, name, context.caller.scope())?;
        let listed = self.0.users.list(&context.site, &listing).await?;
        let next_page_token = match listed.users.last() {
            Some(last) if listed.more => paging::token(last.id.0.as_bytes(), LIST_USERS, &question),
            _ => String::new(),
        };
        if let [only] = &listed.users[..] {
            context.saw(only.id);
        }
        let users = listed.users.into_iter().map(Arc::unwrap_or_clone);
        let mut users: Vec<_> = users.map(|user| encode::user(user, name)).collect();
        self.0.show_groups(&context.site, shows_groups, &mut users).await?;
        let page = v1::ListUsersResponse {
            users,
            next_page_token,
            total: listed.total.map(u64::cast_signed),
        };
        Ok((page, listed.turn))
    }
}
