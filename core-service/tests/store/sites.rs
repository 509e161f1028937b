//! Sites, their policies and connections.

use super::fixture::{Fixture, on_both_databases};
use super::people::save;
use provost_core::store::{Batch, StoreError};
use provost_domain::{
    ConnectionPolicy, CreationPolicy, DeletionPolicy, RefusalPolicy, SiteId, SiteName, Timestamp,
};

on_both_databases!(
    a_site_comes_with_its_first_connection,
    a_site_exists_once,
    a_policy_comes_back,
    revisions_are_kept_per_site,
    a_connection_exists_once_in_its_site,
);

async fn a_site_comes_with_its_first_connection(fixture: &Fixture) {
    let name = SiteName::parse("acme").unwrap();
    assert_eq!(fixture.store.site_named(&name).await.unwrap(), None);
    let site = fixture.site("acme").await;
    assert_eq!((&*site.name, site.revision, site.created_at), ("acme", 0, Timestamp(1)));
    assert_eq!(site.policy, ConnectionPolicy::default());
    assert_eq!(fixture.store.site_named(&name).await.unwrap(), Some(site.clone()));
    let connections = fixture.store.connections(site.id).await.unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!((&*connections[0].name, connections[0].site), ("scim", site.id));
    let other = fixture.site("a-first").await;
    assert_eq!(fixture.store.sites().await.unwrap(), [other, site], "in the order of names");
}

async fn a_site_exists_once(fixture: &Fixture) {
    fixture.site("acme").await;
    let mut transaction = fixture.store.begin().await.unwrap();
    let name = SiteName::parse("acme").unwrap();
    let policy = ConnectionPolicy::default();
    let refused = transaction.create_site(&name, &policy, Timestamp(2)).await.unwrap_err();
    assert!(matches!(refused, StoreError::SiteExists), "{refused}");
}

async fn a_policy_comes_back(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await, fixture.site("other").await);
    let open = ConnectionPolicy {
        enabled: false,
        allow_moderator_promotion: true,
        allow_admin_promotion: false,
        creation: CreationPolicy::Create,
        deletion: DeletionPolicy::Deactivate,
        refusals: RefusalPolicy::Reject,
        protected: vec!["Break \"Glass\"".to_owned(), "Éva".to_owned()],
    };
    let deleting = ConnectionPolicy {
        allow_admin_promotion: true,
        deletion: DeletionPolicy::Delete,
        ..ConnectionPolicy::default()
    };
    for policy in [open, deleting, ConnectionPolicy::default()] {
        let mut transaction = fixture.store.begin().await.unwrap();
        transaction.save_policy(site.id, &policy).await.unwrap();
        transaction.commit().await.unwrap();
        let mut transaction = fixture.store.begin().await.unwrap();
        let found = transaction.sites(&[other.id, site.id]).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0].policy, &*found[0].name), (&policy, "acme"));
        assert_eq!(found[1], other);
    }
}

async fn revisions_are_kept_per_site(fixture: &Fixture) {
    let (one, two, three) = (
        fixture.site("one").await.id,
        fixture.site("two").await.id,
        fixture.site("three").await.id,
    );
    let revisions = vec![(three, 7), (one, 1)];
    save(&fixture.store, Batch { revisions, ..Batch::default() }).await;
    let asked = [three, two, one, SiteId(99)];
    let mut transaction = fixture.store.begin().await.unwrap();
    let locked = transaction.sites(&asked).await.unwrap();
    drop(transaction);
    let mut writer = fixture.store.group_writer();
    let (_group, found) = writer.begin(&asked, &[]).await.unwrap();
    for found in [locked, found.sites] {
        let found: Vec<_> = found.iter().map(|site| (site.id, site.revision)).collect();
        assert_eq!(found, [(one, 1), (two, 0), (three, 7)]);
    }
}

async fn a_connection_exists_once_in_its_site(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let mut transaction = fixture.store.begin().await.unwrap();
    let okta = transaction.create_connection(site, "okta", Timestamp(3)).await.unwrap();
    transaction.create_connection(other, "okta", Timestamp(3)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(fixture.store.connection_named(site, "okta").await.unwrap(), Some(okta));
    assert_eq!(fixture.store.connection_named(site, "entra").await.unwrap(), None);
    let names: Vec<_> =
        fixture.store.connections(site).await.unwrap().into_iter().map(|c| c.name).collect();
    assert_eq!(names, ["okta", "scim"]);
    let mut transaction = fixture.store.begin().await.unwrap();
    let refused = transaction.create_connection(site, "okta", Timestamp(4)).await.unwrap_err();
    assert!(matches!(refused, StoreError::ConnectionExists), "{refused}");
}
