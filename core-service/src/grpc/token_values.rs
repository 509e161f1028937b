//! Values of tokens that are kept to be shown again. Must never decide who sees one.

use crate::sealing::TokenKey;
use crate::secret::{Secret, SecretHash};
use crate::{AppState, Failure};
use provost_domain::{Reason, Refusal, SealedValue, Site, TokenId, value_can_not_be_shown};

impl AppState {
    /// The value of a token, sealed, where that is asked.
    pub(super) fn sealed(
        &self,
        value: &Secret,
        (is_kept, is_typed): (bool, bool),
    ) -> Result<Option<SealedValue>, Failure> {
        if !is_kept {
            return Ok(None);
        }
        let refused = |message| Refusal::about(Reason::ValueInvalid, "keep_value", message);
        if !is_typed {
            let message =
                "only a value that somebody typed is kept; leave keep_value out, or send a value";
            return Err(refused(message).into());
        }
        let key = self.token_key.as_ref().ok_or_else(|| {
            refused("this installation keeps no values of tokens: it has no [tokens] key_file; leave keep_value out")
        })?;
        Ok(Some(key.seal(value)?))
    }

    /// The value of a token, where it is kept and can be opened. None where it is not kept, which the law tells
    /// better.
    pub(super) async fn kept_value(
        &self,
        site: &Site,
        token: TokenId,
    ) -> Result<Option<Secret>, Failure> {
        let Some((sealed, hash)) = self.sites.sealed_value(site, token).await? else {
            return Ok(None);
        };
        let open = |key: &TokenKey| key.open(&sealed, &SecretHash::as_stored(hash));
        let value = self.token_key.as_ref().and_then(open).ok_or_else(|| {
            value_can_not_be_shown(
                "the value of this token was kept under another key than [tokens] key_file has",
            )
        })?;
        Ok(Some(value))
    }
}
