//! The file of identity providers, changed while the service runs.

use std::fs;

use provost_proto::v1::Role;
use provost_test_kit::Authority;

use super::{browser, signed_in};
use crate::support::admins::{PROVIDERS_FILE, house_with, user};
use crate::support::foreign_provider::ForeignProvider;
use crate::support::{Answer, Database, Engine, House, Shape, until};

/// Puts another file in its place, whole.
fn put(house: &House, text: &str) {
    let folder = house.database().folder();
    let written = folder.join("providers.new");
    fs::write(&written, text).unwrap();
    fs::rename(written, folder.join(PROVIDERS_FILE)).unwrap();
}

/// What a browser sees that is to be led to the provider of a site.
async fn led(house: &House, site: &str) -> Answer {
    browser(house).await.get(&format!("/sign-in/site?site={site}")).await
}

pub async fn a_file_that_changes_counts_without_a_restart(
    house: &House,
    provider: &ForeignProvider,
) {
    user(house, "acme", "ada@example.com", Role::Admin).await;
    let mut ada = signed_in(house, provider, ("acme", "ada@example.com")).await;
    assert_eq!(led(house, "initech").await.status, 403);
    let tables = ["globex", "initech"].map(|site| provider.table(site, "sub"));
    put(house, &tables.concat());
    // Nobody signs in any more where it is gone; who is signed in stays.
    let told = until("the new file", async || {
        let told = led(house, "acme").await;
        (told.status != 200).then_some(told)
    })
    .await;
    assert_eq!(told.status, 403);
    assert!(told.text().contains("is not set up"), "{}", told.text());
    assert_eq!(ada.get("/sites/acme/people").await.status, 200);
    assert_eq!(led(house, "globex").await.status, 200);
    signed_in(house, provider, ("initech", "root@example.com")).await;
}

/// Behind TLS by an authority that nobody else knows, whom the operator names in the file.
async fn an_authority_of_ones_own_counts_once_the_file_names_it(shape: Shape) {
    let authority = Authority::new();
    let Some(provider) = ForeignProvider::start_over_tls(&authority, "claims-in-tokens").await
    else {
        return;
    };
    let database = Database::fresh(Engine::Sqlite).unwrap();
    let house = house_with(shape, database, &provider, "sub").await;
    let told = led(&house, "acme").await;
    assert_eq!(told.status, 502);
    assert!(told.text().contains("be reached, or does not answer as one"), "{}", told.text());
    let authorities = house.database().folder().join("ca.pem");
    fs::write(&authorities, authority.pem()).unwrap();
    let table = provider.table("acme", "sub");
    put(&house, &format!("{table}tls_ca = \"{}\"\n", authorities.display()));
    until("the provider is believed", async || {
        (led(&house, "acme").await.status == 200).then_some(())
    })
    .await;
    let mut root = signed_in(&house, &provider, ("acme", "root@example.com")).await;
    assert_eq!(root.get("/sites/acme/people").await.status, 200);
    house.stop().await;
}

mod joined_over_tls {
    use crate::support::Shape;

    #[tokio::test]
    async fn an_authority_of_ones_own_counts_once_the_file_names_it() {
        Box::pin(super::an_authority_of_ones_own_counts_once_the_file_names_it(Shape::AllInOne))
            .await;
    }
}

mod split_over_tls {
    use crate::support::Shape;

    #[tokio::test]
    async fn an_authority_of_ones_own_counts_once_the_file_names_it() {
        Box::pin(super::an_authority_of_ones_own_counts_once_the_file_names_it(Shape::Split)).await;
    }
}
