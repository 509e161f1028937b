//! `provost service token`: bearer tokens of services.

use clap::Subcommand;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::create_service_token_request::Expiration;
use provost_proto::v1::{
    CreateServiceTokenRequest, ListServiceTokensRequest, RevokeServiceTokenRequest, ServiceToken,
};
use serde::Serialize;

use super::super::core::{Form, Output, RemoteCore, WriteFlags};
use super::super::expiry::Expiry;
use super::super::print::Head;
use super::super::{print, time};
use crate::harmless;
use crate::run_error::RunError;

/// What to do with tokens of services.
#[derive(Debug, Subcommand)]
pub enum ServiceTokenCommand {
    /// Make a token and print its value, this once.
    Create {
        /// The service
        service: String,
        /// To tell tokens apart
        #[arg(long)]
        name: String,
        /// After a span (90d, 12h, 30m) or at a time (RFC 3339) [default: never]
        #[arg(long, value_name = "WHEN")]
        expires: Option<Expiry>,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// List tokens with their last use; never their values.
    List {
        /// The service
        service: String,
    },
    /// From now on the token opens nothing.
    Revoke {
        /// The service
        service: String,
        /// The token's name or id
        which: String,
        #[command(flatten)]
        write: WriteFlags,
    },
}

/// Calls the core and prints its answer.
pub async fn run(
    core: &mut RemoteCore,
    command: ServiceTokenCommand,
    form: Form,
) -> Result<(), RunError> {
    match command {
        ServiceTokenCommand::Create { service, name, expires, write } => {
            let expiration =
                expires.map(|end| end.into_message(Expiration::ExpireTime, Expiration::Ttl));
            let options = write.into_options();
            create(core, CreateServiceTokenRequest { service, name, expiration, options }, form)
                .await
        }
        ServiceTokenCommand::List { service } => list(core, &service, form).await,
        ServiceTokenCommand::Revoke { service, which, write } => {
            revoke(core, service, which, write, form).await
        }
    }
}

async fn create(
    core: &mut RemoteCore,
    request: CreateServiceTokenRequest,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(request);
    let answered = core.services.create_service_token(request).await;
    let created = core.answer(answered)?;
    let token = ServiceTokenView::new(created.token.unwrap_or_default());
    let value = created.value;
    if form.output == Output::Json {
        return print::say_json(&CreatedServiceTokenView { token, value });
    }
    // The value alone on standard output, so that it can be piped into a vault.
    eprintln!("Token {} ({}) is made.", harmless::in_line(&token.name), token.id);
    eprintln!("Its value, shown this once:");
    print::say(&value)
}

async fn list(core: &mut RemoteCore, service: &str, form: Form) -> Result<(), RunError> {
    let tokens = all(core, service).await?;
    if form.output == Output::Json {
        return print::say_json(&tokens.into_iter().map(ServiceTokenView::new).collect::<Vec<_>>());
    }
    let now = time::stamp(time::now());
    let row = |token: ServiceToken| {
        let state = state(&token, now.seconds);
        let texts = [token.name, state.to_owned()];
        let times = [token.expire_time, token.last_use_time, token.create_time, token.revoke_time];
        texts.into_iter().chain(times.map(time::short)).chain([token.id]).collect()
    };
    let head = Head {
        always: &["name", "state", "expires", "last used"],
        wide: &["created", "revoked", "id"],
    };
    let rows = tokens.into_iter().map(row).collect();
    print::say_table(form, &head, rows, "No token yet: provost service token create")
}

async fn all(core: &mut RemoteCore, service: &str) -> Result<Vec<ServiceToken>, RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let (service, page_size) = (service.to_owned(), i32::from(MAX_PAGE_SIZE));
        let request = core.request(ListServiceTokensRequest { service, page_size, page_token });
        let answered = core.services.list_service_tokens(request).await;
        let page = core.answer(answered)?;
        Ok((page.tokens, page.next_page_token))
    };
    core.whole(page).await
}

/// What a token is good for, in a word.
fn state(token: &ServiceToken, now: i64) -> &'static str {
    let is_over = token.expire_time.is_some_and(|end| end.seconds <= now);
    match token.revoke_time {
        Some(_) => "revoked",
        None if is_over => "expired",
        None => "active",
    }
}

async fn revoke(
    core: &mut RemoteCore,
    service: String,
    which: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let token_id = id_of(core, &service, which).await?;
    let options = write.into_options();
    let request = core.request(RevokeServiceTokenRequest { service, token_id, options });
    let answered = core.services.revoke_service_token(request).await;
    let token = core.answer(answered)?.token.unwrap_or_default();
    match form.output {
        Output::Json => print::say_json(&ServiceTokenView::new(token)),
        Output::Table => {
            print::say(&format!("Token {} ({}) opens nothing any more.", token.name, token.id))
        }
    }
}

/// The id of a token, which may be called by its name as long as it is not revoked.
async fn id_of(core: &mut RemoteCore, service: &str, which: String) -> Result<String, RunError> {
    if uuid::Uuid::parse_str(&which).is_ok() {
        return Ok(which);
    }
    let mut named = all(core, service).await?;
    named.retain(|token| token.name == which && token.revoke_time.is_none());
    match named.as_slice() {
        [token] => Ok(token.id.clone()),
        [] => Err(RunError::Usage(format!(
            "No token of the service is called \"{which}\": `provost service token list {service}` shows all."
        ))),
        _ => Err(RunError::Usage(format!(
            "Several tokens are called \"{which}\": name one by its id, from `provost service token list {service} --wide`."
        ))),
    }
}

#[derive(Serialize)]
struct CreatedServiceTokenView {
    token: ServiceTokenView,
    value: String,
}

#[derive(Serialize)]
struct ServiceTokenView {
    id: String,
    service: String,
    name: String,
    create_time: Option<String>,
    expire_time: Option<String>,
    last_use_time: Option<String>,
    revoke_time: Option<String>,
}

impl ServiceTokenView {
    fn new(token: ServiceToken) -> Self {
        Self {
            id: token.id,
            service: token.service,
            name: token.name,
            create_time: token.create_time.map(time::written),
            expire_time: token.expire_time.map(time::written),
            last_use_time: token.last_use_time.map(time::written),
            revoke_time: token.revoke_time.map(time::written),
        }
    }
}
