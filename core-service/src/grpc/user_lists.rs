//! `UserService.ListUsers`: a page of users, with the turn at which a large one was read.

use super::call::RequestMetadata;
use super::decode_users::{LIST_USERS, Lister, listing};
use super::encode;
use super::users::UserHandlers;
use crate::page_key::PagedQuestion;
use crate::queries::TurnPermit;
use crate::{Failure, clock};
use provost_domain::{SortPosition, User};
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
        let shows_groups = message.include_groups && context.site.has_groups();
        let name = &context.site.name;
        let (scope, token) = (context.caller.scope(), context.token);
        let (key, now) = (&self.0.page_key, clock::now());
        let asker = Lister { site: name, scope, token, key, now };
        let (message, listing) = listing(self.0.profile, message, &asker)?;
        let listed = self.0.users.list(&context.site, &listing).await?;
        // Where the page may end: with the last user, or before one whose groups don't fit.
        let end = |user: &Arc<User>| {
            let SortPosition { id, value } = listing.position(user);
            SortPosition { id: id.0, value }
        };
        let may_end = if shows_groups { 0 } else { listed.users.len().saturating_sub(1) };
        let ends: Vec<_> = listed.users[may_end..].iter().map(end).collect();
        if let [only] = &listed.users[..] {
            context.saw(only.id);
        }
        let users = listed.users.into_iter().map(Arc::unwrap_or_clone);
        let mut users: Vec<_> = users.map(|user| encode::user(user, name)).collect();
        self.0.show_groups(&context.site, shows_groups, &mut users).await?;
        // Nobody is told with a part of their groups, unless these alone are too many.
        let cut = users.iter().position(|user| user.has_more_groups);
        let told = cut.map_or(users.len(), |at| at.max(1));
        if cut == Some(0) {
            self.0.show_groups(&context.site, shows_groups, &mut users[..1]).await?;
        }
        let more = listed.more || told < users.len();
        users.truncate(told);
        let next_page_token = match ends.get(told.saturating_sub(may_end + 1)) {
            Some(end) if more => {
                key.token(end, PagedQuestion { rpc: LIST_USERS, message: &message }, now)
            }
            _ => String::new(),
        };
        let page = v1::ListUsersResponse {
            users,
            next_page_token,
            total: listed.total.map(u64::cast_signed),
        };
        Ok((page, listed.turn))
    }
}
