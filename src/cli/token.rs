//! `provost token`: bearer tokens of identity providers.

use std::io;

use clap::{Args, Subcommand};
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::create_token_request::Expiration;
use provost_proto::v1::{
    CreateTokenRequest, ListTokensRequest, RevealTokenRequest, RevealTokenResponse,
    RevokeTokenRequest, Token,
};
use serde::Serialize;

use super::core::{Form, OperatorFlags, Output, RemoteCore, SiteFlag, WriteFlags};
use super::expiry::Expiry;
use super::print::Head;
use super::{Flags, print, time};
use crate::harmless;
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost token create --name okta-2030 --expires 365d
  provost token create --name typed --value-from-stdin < secret
  provost token create --name typed --value-from-stdin --keep-value < secret
  provost token reveal typed
  provost token list
  provost token revoke okta-2029

To rotate: create a new token, hand it to the identity provider, watch `last used` of both in
the list, then revoke the old one.";

/// What to do with tokens.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TokenArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    site: SiteFlag,
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print its value, this once.
    Create(CreateTokenArgs),
    /// List tokens with their last use; never their values.
    List,
    /// Print the value of a token again that was made with --keep-value; the ledger says so.
    Reveal {
        /// Its name or its id
        which: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// From now on the token opens nothing.
    Revoke {
        /// Its name or its id
        which: String,
        #[command(flatten)]
        write: WriteFlags,
    },
}

#[derive(Debug, Args)]
struct CreateTokenArgs {
    /// To tell tokens apart
    #[arg(long)]
    name: String,
    /// The identity provider's link to the site [default: the one that every site has]
    #[arg(long, default_value = "", hide_default_value = true)]
    connection: String,
    /// After a span (90d, 12h, 30m) or at a time (RFC 3339) [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<Expiry>,
    /// Take the value from standard input instead of making one
    #[arg(long)]
    value_from_stdin: bool,
    /// Keep the value that was typed, so that `provost token reveal` can print it again
    #[arg(long, requires = "value_from_stdin")]
    keep_value: bool,
    #[command(flatten)]
    write: WriteFlags,
}

/// Calls the core and prints its answer.
pub async fn run(args: TokenArgs, flags: &Flags) -> Result<(), RunError> {
    let TokenArgs { operator, site, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    let (site, form) = (site.site, operator.form);
    match command {
        TokenCommand::Create(args) => create(&mut core, site, args, form).await,
        TokenCommand::List => list(&mut core, site, form).await,
        TokenCommand::Reveal { which, write } => reveal(&mut core, site, which, write, form).await,
        TokenCommand::Revoke { which, write } => revoke(&mut core, site, which, write, form).await,
    }
}

async fn create(
    core: &mut RemoteCore,
    site: String,
    args: CreateTokenArgs,
    form: Form,
) -> Result<(), RunError> {
    let CreateTokenArgs { name, connection, expires, value_from_stdin, keep_value, write } = args;
    let scim_base_url = core.scim_base_url(&site);
    let request = CreateTokenRequest {
        site,
        name,
        connection,
        expiration: expires.map(|end| end.into_message(Expiration::ExpireTime, Expiration::Ttl)),
        value: value_from_stdin.then(typed_value).transpose()?,
        options: write.into_options(),
        token_id: String::new(),
        keep_value,
    };
    let request = core.request(request);
    let answered = core.sites.create_token(request).await;
    let created = core.answer(answered)?;
    let token = created.token.unwrap_or_default();
    if form.output == Output::Json {
        let token = TokenView::new(token);
        let value = created.value;
        return print::say_json(&CreatedTokenView { token, value, scim_base_url });
    }
    // The value alone on standard output, so that it can be piped into a vault.
    let name = harmless::in_line(&token.name);
    eprintln!("Token {name} ({}) is made.", token.id);
    eprintln!("SCIM base URL: {scim_base_url}");
    eprintln!("Its value, shown this once:");
    print::say(&created.value)
}

fn typed_value() -> Result<String, RunError> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

async fn list(core: &mut RemoteCore, site: String, form: Form) -> Result<(), RunError> {
    let tokens = all(core, &site).await?;
    if form.output == Output::Json {
        return print::say_json(&tokens.into_iter().map(TokenView::new).collect::<Vec<_>>());
    }
    let now = time::stamp(time::now());
    let row = |token: Token| {
        let state = state(&token, now.seconds);
        let Token {
            id,
            name,
            connection,
            create_time,
            expire_time,
            last_use_time,
            revoke_time,
            version: _,
            is_revealable,
        } = token;
        let texts = [name, connection, state.to_owned()];
        let times = [expire_time, last_use_time, create_time, revoke_time];
        let rest = [print::yes_or_no(is_revealable), id];
        texts.into_iter().chain(times.map(time::short)).chain(rest).collect()
    };
    let head = Head {
        always: &["name", "connection", "state", "expires", "last used"],
        wide: &["created", "revoked", "value kept", "id"],
    };
    let rows = tokens.into_iter().map(row).collect();
    print::say_table(form, &head, rows, "No token yet: provost token create --name NAME")
}

/// All tokens of a site.
async fn all(core: &mut RemoteCore, site: &str) -> Result<Vec<Token>, RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let (site, page_size) = (site.to_owned(), i32::from(MAX_PAGE_SIZE));
        let request = core.request(ListTokensRequest {
            on_behalf_of: String::new(),
            site,
            page_size,
            page_token,
            newest_first: false,
            active_only: false,
        });
        let answered = core.sites.list_tokens(request).await;
        let page = core.answer(answered)?;
        Ok((page.tokens, page.next_page_token))
    };
    core.whole(page).await
}

/// What a token is good for, in a word.
fn state(token: &Token, now: i64) -> &'static str {
    let is_over = token.expire_time.is_some_and(|end| end.seconds <= now);
    match token.revoke_time {
        Some(_) => "revoked",
        None if is_over => "expired",
        None => "active",
    }
}

/// The id of a token, which may be called by its name as well.
async fn id_of(core: &mut RemoteCore, site: &str, which: String) -> Result<String, RunError> {
    if uuid::Uuid::parse_str(&which).is_ok() {
        return Ok(which);
    }
    let mut named = all(core, site).await?;
    named.retain(|token| token.name == which);
    // Those that were revoked before give their name to others.
    let is_revoked = |token: &Token| token.revoke_time.is_some();
    if !named.iter().all(is_revoked) {
        named.retain(|token| !is_revoked(token));
    }
    match named.as_slice() {
        [] => Err(RunError::Usage(format!(
            "There is no token with the name \"{which}\" in the site: `provost token list` shows all."
        ))),
        [token] => Ok(token.id.clone()),
        _ => Err(RunError::Usage(format!(
            "Several tokens have the name \"{which}\": name one by its id, from `provost token list --wide`."
        ))),
    }
}

async fn reveal(
    core: &mut RemoteCore,
    site: String,
    which: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let token_id = id_of(core, &site, which).await?;
    let options = write.into_options();
    let request = core.request(RevealTokenRequest { site, token_id, options });
    let answered = core.sites.reveal_token(request).await;
    let RevealTokenResponse { token, value, .. } = core.answer(answered)?;
    match form.output {
        Output::Json => {
            let token = TokenView::new(token.unwrap_or_default());
            print::say_json(&RevealedTokenView { token, value })
        }
        Output::Table => print::say(&value),
    }
}

async fn revoke(
    core: &mut RemoteCore,
    site: String,
    which: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let token_id = id_of(core, &site, which).await?;
    let options = write.into_options();
    let request = core.request(RevokeTokenRequest { site, token_id, options });
    let answered = core.sites.revoke_token(request).await;
    let token = core.answer(answered)?.token.unwrap_or_default();
    match form.output {
        Output::Json => print::say_json(&TokenView::new(token)),
        Output::Table => {
            print::say(&format!("Token {} ({}) opens nothing any more.", token.name, token.id))
        }
    }
}

#[derive(Serialize)]
struct CreatedTokenView {
    token: TokenView,
    value: String,
    scim_base_url: String,
}

#[derive(Serialize)]
struct RevealedTokenView {
    token: TokenView,
    value: String,
}

#[derive(Serialize)]
struct TokenView {
    id: String,
    name: String,
    connection: String,
    create_time: Option<String>,
    expire_time: Option<String>,
    last_use_time: Option<String>,
    revoke_time: Option<String>,
    is_revealable: bool,
}

impl TokenView {
    fn new(token: Token) -> Self {
        let Token {
            id,
            name,
            connection,
            create_time,
            expire_time,
            last_use_time,
            revoke_time,
            version: _,
            is_revealable,
        } = token;
        Self {
            id,
            name,
            connection,
            create_time: create_time.map(time::written),
            expire_time: expire_time.map(time::written),
            last_use_time: last_use_time.map(time::written),
            revoke_time: revoke_time.map(time::written),
            is_revealable,
        }
    }
}
