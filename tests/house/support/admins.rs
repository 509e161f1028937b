//! A house whose Admins sign in by an identity provider that nobody here wrote. Owns the file that names it;
//! must never know how somebody signs in.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use provost::config::Config;
use provost_proto::v1::{RegisterSignInRequest, Role, SetUserRoleRequest};

use super::foreign_provider::ForeignProvider;
use super::{Database, House, Shape, Site};

/// What the file of identity providers is called, in the folder of the database.
pub const PROVIDERS_FILE: &str = "providers.toml";

/// A house with the sites `acme` and `globex`, both with this provider, and `initech` without one; each has the
/// Admin `root@example.com`, and values of tokens are kept where that is asked for.
pub async fn house_with(
    shape: Shape,
    database: Database,
    provider: &ForeignProvider,
    user_name_claim: &str,
) -> House {
    let file = database.folder().join(PROVIDERS_FILE);
    let tables = ["acme", "globex"].map(|site| provider.table(site, user_name_claim));
    fs::write(&file, tables.concat()).unwrap();
    let key = database.folder().join("tokens.key");
    fs::write(&key, "5".repeat(64)).unwrap();
    fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let set = |config: &mut Config| {
        config.console.identity_providers = Some(file);
        config.tokens.key_file = Some(key);
    };
    let house = House::open_with(shape, database, set).await;
    let sites = ["acme", "globex", "initech"];
    for site in sites {
        Site::new(&house, site).await;
        user(&house, site, "root@example.com", Role::Admin).await;
    }
    provider.register(house.console().await, &sites).await;
    house
}

/// Somebody in a site, with a role, by their id.
pub async fn user(house: &House, site: &str, name: &str, role: Role) -> String {
    let mut users = house.operator.users();
    let request = RegisterSignInRequest {
        site: site.to_owned(),
        user_name: name.to_owned(),
        ..RegisterSignInRequest::default()
    };
    let made = users.register_sign_in(request).await.unwrap().into_inner();
    let user_id = made.decision.unwrap().user.unwrap().id;
    set_role(house, site, &user_id, role).await;
    user_id
}

pub async fn set_role(house: &House, site: &str, user_id: &str, role: Role) {
    let request = SetUserRoleRequest {
        site: site.to_owned(),
        user_id: user_id.to_owned(),
        role: role.into(),
        options: None,
    };
    house.operator.users().set_user_role(request).await.unwrap();
}
