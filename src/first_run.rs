//! The first start: a site and a token.
//!
//! Must never write the token anywhere.

use provost_core::SiteName;
use provost_proto::v1::{CreateSiteRequest, CreateTokenRequest, ListSitesRequest};
use tonic::Code;

use crate::channel::{AsOperator, Clients, InProcess};
use crate::failure::Failure;

/// The core's name in errors of a start, when there is no address yet.
const IN_PROCESS: &str = "its own process";

/// Makes the default site with a SCIM token where it doesn't exist yet; answers the token.
pub async fn prepare(core: InProcess, operator_token: &str) -> Result<Option<String>, Failure> {
    let failed = |status| Failure::answered(&status, IN_PROCESS);
    let mut sites = Clients::new(core, AsOperator::new(operator_token)?).sites;
    let listed = sites.list_sites(ListSitesRequest {}).await.map_err(failed)?;
    if listed.into_inner().sites.iter().any(|site| site.name == SiteName::DEFAULT) {
        return Ok(None);
    }
    let name = SiteName::DEFAULT.to_owned();
    match sites.create_site(CreateSiteRequest { name }).await {
        Ok(_) => {}
        // Another core on the same database was faster, and prints the token.
        Err(status) if status.code() == Code::AlreadyExists => return Ok(None),
        Err(status) => return Err(failed(status)),
    }
    let request = CreateTokenRequest {
        site: SiteName::DEFAULT.to_owned(),
        name: "first".to_owned(),
        connection: String::new(),
        expire_time: None,
        value: None,
    };
    let created = sites.create_token(request).await.map_err(failed)?;
    Ok(Some(created.into_inner().value))
}
