//! Connections and their tokens, as a group needs them.

use super::super::{StoreError, connections, tokens};
use super::WriteGroup;
use provost_domain::{Loaded, Needs};

impl WriteGroup<'_> {
    pub(super) async fn load_access(
        &mut self,
        needs: &Needs,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let Needs { connections, tokens, tokens_named, tokens_of, token_ids, token_hashes, .. } =
            needs;
        if !connections.is_empty() {
            let named = connections::named(connections.iter());
            let found = self.run("SELECT connections", &named).await?;
            loaded.connections = found.iter().map(connections::read).collect::<Result<_, _>>()?;
        }
        if !tokens.is_empty() {
            let found = self.run("SELECT tokens", &tokens::by_id(tokens.iter())).await?;
            loaded.tokens = found.iter().map(tokens::read).collect::<Result<_, _>>()?;
        }
        if !(tokens_named.is_empty() && tokens_of.is_empty()) {
            let unrevoked = tokens::unrevoked(tokens_named.iter(), tokens_of.iter());
            for row in self.run("SELECT tokens", &unrevoked).await? {
                loaded.tokens.push(tokens::read(&row)?);
            }
        }
        if !token_ids.is_empty() {
            let found = self.run("SELECT tokens", &tokens::taken_ids(token_ids.iter())).await?;
            loaded.token_ids = found.iter().map(tokens::id).collect::<Result<_, _>>()?;
        }
        if !token_hashes.is_empty() {
            let taken = tokens::taken_hashes(token_hashes.iter());
            let found = self.run("SELECT tokens", &taken).await?;
            loaded.token_hashes = found.iter().map(tokens::hash).collect::<Result<_, _>>()?;
        }
        Ok(())
    }
}
