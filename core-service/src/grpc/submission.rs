//! Commands that are not about a user: from what was asked to what was decided. Must never know what an
//! action means.

use super::admission::acting;
use super::call::RequestMetadata;
use super::decode;
use crate::{AppState, Failure};
use provost_domain::{Action, Caller, Command, Decision, SiteId, TokenId};
use provost_proto::v1;

/// Whoever asks, and by which token.
pub(super) type Asker = (Caller, Option<TokenId>);

impl AppState {
    /// Has something decided about a site, or about the installation.
    pub(super) async fn submit(
        &self,
        metadata: RequestMetadata,
        (caller, token): Asker,
        site: Option<SiteId>,
        action: Action,
        options: Option<v1::WriteOptions>,
    ) -> Result<Decision, Failure> {
        // Where nobody is acted for the law refuses it, rather than that nobody hears of it.
        let on_behalf_of = acting(options.as_ref())?;
        let decode::CommandOptions { expected_version, request, validate_only, reason } =
            decode::options(options, metadata.fingerprint)?;
        let command = Command {
            site,
            caller,
            token,
            on_behalf_of,
            action,
            expected_version,
            request,
            validate_only,
            reason,
            trace_id: metadata.trace_id,
        };
        self.writer.submit(command, metadata.deadline).await
    }
}
