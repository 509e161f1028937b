//! Making the users, through the product's own core: every one is decided by the law, stored
//! durably and written into the ledger.

use crate::outcome::Outcome;
use crate::person::Person;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use provost::channel::{AsOperator, Clients, InProcess, in_process};
use provost::config::Config;
use provost::mode::Mode;
use provost::telemetry;
use provost_core::SiteName;
use provost_core::{Core, Secret};
use provost_proto::v1::{CreateSiteRequest, CreateTokenRequest};
use provost_telemetry::{Grpc, Meters, ServerSpansLayer};
use std::fs;
use std::path::Path;

/// The SCIM token of every database made here. It opens nothing but loopback listeners.
pub const SCIM_TOKEN: &str = "bench-token-of-at-least-24-characters";
/// Callers who wait at the same time; the core decides them in groups.
const CALLERS: usize = 512;
/// How often the maker says how far it is.
const MILESTONE: usize = 100_000;

/// Fills a fresh database with users, and a file with their ids in the order of their numbers.
pub fn make(url: &str, users: usize, ids: &Path) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let config = Config::embedded()?;
    // Without it, nobody would hear why the core failed.
    let _guard = telemetry::start(&config.log, &config.telemetry, Mode::Core)?;
    let spans = telemetry::grpc_spans(&config.telemetry, &Meters::uncollected());
    let found = runtime.block_on(fill(url, users, &spans))?;
    fs::write(ids, found.concat())?;
    Ok(())
}

async fn fill(url: &str, users: usize, spans: &ServerSpansLayer<Grpc>) -> Outcome<Vec<[u8; 16]>> {
    let operator = "operator-of-the-bench";
    let core = Core::open(provost_core::CoreSettings {
        command: "core",
        profile: provost_core::ProfileSchema::STANDARD,
        identity_providers: provost_core::IdentityProviders::default(),
        meters: Meters::uncollected(),
        token_key: None,
        database_url: url.to_owned(),
        operator_token: Secret::from_text(operator),
    })
    .await?;
    let clients = Clients::new(in_process(&core, spans), AsOperator::new(operator)?);
    open_site(&clients).await?;
    let ids = stream::iter(0..users)
        .map(|number| create(&clients, number))
        .buffered(CALLERS)
        .try_collect()
        .await?;
    drop(clients);
    core.close().await;
    Ok(ids)
}

async fn open_site(clients: &Clients<InProcess>) -> Outcome {
    let mut sites = clients.sites.clone();
    sites
        .create_site(CreateSiteRequest { name: SiteName::DEFAULT.to_owned(), options: None })
        .await?;
    let token = CreateTokenRequest {
        site: SiteName::DEFAULT.to_owned(),
        name: "bench".to_owned(),
        value: Some(SCIM_TOKEN.to_owned()),
        ..CreateTokenRequest::default()
    };
    sites.create_token(token).await?;
    Ok(())
}

async fn create(clients: &Clients<InProcess>, number: usize) -> Outcome<[u8; 16]> {
    let answer = clients.users.clone().create_user(Person::new(number).creation()).await?;
    let user = answer.into_inner().decision.and_then(|decision| decision.user);
    let id = user.ok_or("a creation was answered without a user")?.id;
    if (number + 1).is_multiple_of(MILESTONE) {
        eprintln!("  {} users", number + 1);
    }
    Ok(u128::from_str_radix(&id.replace('-', ""), 16)?.to_be_bytes())
}
