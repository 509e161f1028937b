//! The first start: a site and a token.
//!
//! Must never write the token anywhere.

use provost_proto::v1::{CreateSiteRequest, CreateTokenRequest, ListSitesRequest};
use tonic::Code;
use tonic::service::Routes;

use crate::channel::{AsOperator, Clients};
use crate::failure::Failure;

/// The site of an installation that has only one.
pub const DEFAULT_SITE: &str = "default";
/// How the core is named in errors of a start, when there is no address yet.
const IN_PROCESS: &str = "its own process";

/// Makes the default site with a SCIM token where it doesn't exist yet; answers the token.
pub async fn prepare(core: Routes, operator_token: &str) -> Result<Option<String>, Failure> {
    let failed = |status| Failure::answered(&status, IN_PROCESS);
    let mut sites = Clients::new(core, AsOperator::new(operator_token)?).sites;
    let listed = sites.list_sites(ListSitesRequest {}).await.map_err(failed)?;
    if listed.into_inner().sites.iter().any(|site| site.name == DEFAULT_SITE) {
        return Ok(None);
    }
    let name = DEFAULT_SITE.to_owned();
    match sites.create_site(CreateSiteRequest { name }).await {
        Ok(_) => {}
        // Another core on the same database was faster, and prints the token.
        Err(status) if status.code() == Code::AlreadyExists => return Ok(None),
        Err(status) => return Err(failed(status)),
    }
    let request = CreateTokenRequest {
        site: DEFAULT_SITE.to_owned(),
        name: "first".to_owned(),
        connection: "scim".to_owned(),
        expire_time: None,
        value: None,
    };
    let created = sites.create_token(request).await.map_err(failed)?;
    Ok(Some(created.into_inner().value))
}
