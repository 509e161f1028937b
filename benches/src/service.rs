//! An internal service, which is let in by its grant where the operator's token would open everything.

use crate::operator;
use crate::outcome::Outcome;
use crate::servers::Running;
use provost::channel::{Clients, Remote};
use provost_core::SiteName;
use provost_proto::v1::{
    CreateServiceRequest, CreateServiceTokenRequest, Grant, Permission, PutGrantRequest, grant,
};

const NAME: &str = "bench";

/// Makes the service, which may read the users of the site; answers its token.
pub fn token(serve: &Running) -> Outcome<String> {
    operator::ask(serve, make)
}

async fn make(clients: Clients<Remote>) -> Outcome<String> {
    let mut services = clients.services;
    services.create_service(CreateServiceRequest { name: NAME.to_owned(), options: None }).await?;
    let scope = grant::Scope::Site(SiteName::DEFAULT.to_owned());
    let grant = Grant {
        scope: Some(scope),
        permissions: vec![Permission::ReadUsers.into()],
        ..Grant::default()
    };
    let service = NAME.to_owned();
    let request = PutGrantRequest { service: service.clone(), grant: Some(grant), options: None };
    services.put_grant(request).await?;
    let name = NAME.to_owned();
    let request = CreateServiceTokenRequest { service, name, ..Default::default() };
    Ok(services.create_service_token(request).await?.into_inner().value)
}
