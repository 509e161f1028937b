//! Sites, their settings, connections and tokens: what the operator does.
//!
//! Every change is written to the site's ledger in its own transaction. Must never know how
//! requests look on the wire.

use crate::callers::Callers;
use crate::secret::Secret;
use crate::store::{Connection, NewToken, Store, Token, WriteTransaction};
use crate::{Failure, clock};
use provost_domain::{
    Caller, ConnectionPolicy, Event, EventKind, FIRST_CONNECTION, Outcome, Picture, Reason,
    Refusal, Site, SiteName, Timestamp, TokenId, accept_typed_token,
};
use std::sync::Arc;

/// The id of the trace in which something is asked.
type Trace = Option<String>;

/// All sites.
#[derive(Debug)]
pub struct Sites {
    store: Store,
    callers: Arc<Callers>,
}

/// A token to make.
#[derive(Debug)]
pub struct TokenWish {
    /// For people.
    pub name: String,
    /// Its connection; empty means the one that every site has.
    pub connection: String,
    /// From when on it opens nothing.
    pub expires_at: Option<Timestamp>,
    /// A value that a person chose.
    pub value: Option<String>,
}

impl Sites {
    /// Keeps sites in the store, and tells the doorkeeper when something changed.
    pub const fn new(store: Store, callers: Arc<Callers>) -> Self {
        Self { store, callers }
    }

    /// Makes a site.
    pub async fn create(&self, name: &SiteName, trace: Trace) -> Result<Site, Failure> {
        let mut transaction = self.store.begin().await?;
        let policy = ConnectionPolicy::default();
        let site = transaction.create_site(name, &policy, clock::now()).await?;
        let pictures = (None, Some(Picture::Policy(policy)));
        record(&mut transaction, &site, EventKind::SiteCreated, pictures, trace).await?;
        transaction.commit().await?;
        self.callers.forget();
        Ok(site)
    }

    /// All sites, in the order of their names.
    pub async fn list(&self) -> Result<Vec<Site>, Failure> {
        Ok(self.store.sites().await?)
    }

    /// What connections may do in a site, read anew.
    pub async fn policy(&self, name: &SiteName) -> Result<ConnectionPolicy, Failure> {
        let id = self.callers.site(name).await?.id;
        let site = self.store.site_named(name).await?.filter(|site| site.id == id);
        Ok(site.ok_or_else(gone)?.policy)
    }

    /// Changes what connections may do in a site.
    pub async fn change_policy(
        &self,
        name: &SiteName,
        change: impl FnOnce(&mut ConnectionPolicy),
        trace: Trace,
    ) -> Result<ConnectionPolicy, Failure> {
        let (mut transaction, site) = self.open(name).await?;
        let mut policy = site.policy.clone();
        change(&mut policy);
        if policy != site.policy {
            transaction.save_policy(site.id, &policy).await?;
            let pictures =
                (Some(Picture::Policy(site.policy.clone())), Some(Picture::Policy(policy.clone())));
            record(&mut transaction, &site, EventKind::SettingsChanged, pictures, trace).await?;
            transaction.commit().await?;
            self.callers.forget();
        }
        Ok(policy)
    }

    /// Makes a connection.
    pub async fn create_connection(
        &self,
        site: &SiteName,
        name: &str,
        trace: Trace,
    ) -> Result<Connection, Failure> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=63).contains(&name.len()) || !name.bytes().all(good) {
            return Err(invalid(
                "name",
                "a connection's name is 1 to 63 lower-case letters, digits and hyphens, for \
                 example okta",
            ));
        }
        let (mut transaction, site) = self.open(site).await?;
        let connection = transaction.create_connection(site.id, name, clock::now()).await?;
        let pictures = (None, Some(Picture::Connection { connection: name.to_owned() }));
        record(&mut transaction, &site, EventKind::ConnectionCreated, pictures, trace).await?;
        transaction.commit().await?;
        Ok(connection)
    }

    /// The connections of a site.
    pub async fn connections(&self, site: &SiteName) -> Result<Vec<Connection>, Failure> {
        let site = self.callers.site(site).await?;
        Ok(self.store.connections(site.id).await?)
    }

    /// Makes a token; its value is shown this once.
    pub async fn create_token(
        &self,
        site: &SiteName,
        wish: TokenWish,
        trace: Trace,
    ) -> Result<(Token, Secret), Failure> {
        let TokenWish { name, connection, expires_at, value } = wish;
        if name.is_empty() || name.len() > 128 || name.chars().any(char::is_control) {
            return Err(invalid(
                "name",
                "name the token, in at most 128 visible bytes, to tell it apart",
            ));
        }
        let now = clock::now();
        if expires_at.is_some_and(|end| end <= now) {
            return Err(invalid("expire_time", "the token would have expired already"));
        }
        let secret = match value {
            Some(value) => {
                accept_typed_token(&value)?;
                Secret::from_text(&value)
            }
            None => Secret::generate()?,
        };
        let site = self.callers.site(site).await?;
        let connection = if connection.is_empty() { FIRST_CONNECTION } else { &connection };
        let connection =
            self.store.connection_named(site.id, connection).await?.ok_or_else(|| {
                Refusal::about(
                    Reason::ConnectionNotFound,
                    "connection",
                    format!("there is no connection named {connection} in this site"),
                )
            })?;
        let (mut transaction, site) = self.open(&SiteName::parse(&site.name)?).await?;
        let hash = secret.hash();
        let new = NewToken {
            id: clock::fresh_token_id(),
            connection: &connection,
            name: &name,
            hash: *hash.as_bytes(),
            at: now,
            expires_at,
        };
        let token = transaction.create_token(&new).await?;
        let pictures = (None, Some(picture(&token)));
        record(&mut transaction, &site, EventKind::TokenCreated, pictures, trace).await?;
        transaction.commit().await?;
        Ok((token, secret))
    }

    /// The tokens of a site.
    pub async fn tokens(&self, site: &SiteName) -> Result<Vec<Token>, Failure> {
        // What this core knows and has not stored yet is part of the answer.
        self.callers.flush_uses().await?;
        let site = self.callers.site(site).await?;
        Ok(self.store.tokens(site.id).await?)
    }

    /// Revokes a token.
    pub async fn revoke_token(
        &self,
        site: &SiteName,
        id: TokenId,
        trace: Trace,
    ) -> Result<Token, Failure> {
        let (mut transaction, site) = self.open(site).await?;
        let found = transaction.revoke_token(site.id, id, clock::now()).await?;
        let (token, changed) = found.ok_or_else(unknown_token)?;
        if changed {
            let pictures = (Some(picture(&token)), None);
            record(&mut transaction, &site, EventKind::TokenRevoked, pictures, trace).await?;
            transaction.commit().await?;
            self.callers.forget();
        }
        Ok(token)
    }

    /// Begins to write to a site: its row is held until the end.
    async fn open(&self, name: &SiteName) -> Result<(WriteTransaction, Site), Failure> {
        let id = self.callers.site(name).await?.id;
        let mut transaction = self.store.begin().await?;
        let site = transaction.sites(&[id]).await?.pop().ok_or_else(gone)?;
        Ok((transaction, site))
    }
}

fn gone() -> Refusal {
    Refusal::about(Reason::SiteNotFound, "site", "the site was removed a moment ago")
}

fn picture(token: &Token) -> Picture {
    Picture::Token {
        token: token.id,
        name: token.name.clone(),
        connection: token.connection.clone(),
        expires_at: token.expires_at,
    }
}

/// Writes a line to the site's ledger, with what was before and what is after.
async fn record(
    transaction: &mut WriteTransaction,
    site: &Site,
    kind: EventKind,
    (before, after): (Option<Picture>, Option<Picture>),
    trace_id: Trace,
) -> Result<(), Failure> {
    let revision = site.revision + 1;
    let event = Event {
        site: site.id,
        revision,
        user: None,
        at: clock::now(),
        caller: Caller::Operator,
        kind,
        outcome: Outcome::Accepted,
        asked: vec![kind.word()],
        notices: Vec::new(),
        before,
        after,
        trace_id,
    };
    Ok(transaction.append(&event).await?)
}

/// What a caller is told who names a token that the site does not have.
pub fn unknown_token() -> Refusal {
    Refusal::about(Reason::TokenNotFound, "token_id", "there is no such token in this site")
}

fn invalid(attribute: &str, message: &str) -> Failure {
    Refusal::about(Reason::ValueInvalid, attribute, message).into()
}
