//! Sites, their policies and connections.

use super::fixture::{Fixture, on_both_databases};
use super::people::{save, try_to_save};
use provost_core::StoreError;
use provost_domain::{
    AssertionName, Caller, Changes, Connection, ConnectionDialect, ConnectionName,
    ConnectionPolicy, ConnectionSettings, CreationPolicy, DeletionPolicy, Event, EventBody,
    KnownUserPolicy, LedgerRetention, NameHolder, Needs, Outcome, RefusalPolicy, Site, SiteId,
    SiteName, StatusAuthority, Timestamp,
};

on_both_databases!(
    a_site_comes_with_its_first_connection,
    a_site_exists_once,
    a_policy_comes_back,
    the_last_event_of_each_site_is_kept,
    a_connection_exists_once_in_its_site,
    a_connection_keeps_how_it_is_understood,
);

async fn a_site_comes_with_its_first_connection(fixture: &Fixture) {
    let name = SiteName::parse("acme").unwrap();
    assert_eq!(fixture.store.site_named(&name).await.unwrap(), None);
    let site = fixture.site("acme").await;
    assert_eq!((&*site.name, site.revision, site.created_at), ("acme", 0, Timestamp(1)));
    assert_eq!(site.policy, ConnectionPolicy::default());
    assert_eq!(fixture.store.site_named(&name).await.unwrap(), Some(site.clone()));
    let connections = fixture.store.connections(site.id, None, 10).await.unwrap();
    assert_eq!(connections.len(), 1);
    assert_eq!((connections[0].name.as_str(), connections[0].site), ("scim", site.id));
    let other = fixture.site("a-first").await;
    assert_eq!(
        fixture.store.sites(None, 10).await.unwrap(),
        [other, site],
        "in the order of names"
    );
}

async fn a_site_exists_once(fixture: &Fixture) {
    let site = fixture.site("acme").await;
    let names = ["acme", "free"].map(|name| SiteName::parse(name).unwrap());
    let mut writer = fixture.store.group_writer();
    let (mut group, _) = writer.begin(&[].into(), &[].into(), &[].into()).await.unwrap();
    let needs = Needs {
        site_names: names.clone().into(),
        next_site: true,
        next_connection: true,
        ..Needs::default()
    };
    let loaded = group.load(&needs).await.unwrap();
    drop(group);
    assert_eq!(loaded.site_names, [(names[0].clone(), NameHolder::Site)]);
    let (site_key, connection_key) = (loaded.next_site.unwrap(), loaded.next_connection.unwrap());
    assert!(site_key > site.id.0 && connection_key > 1);
    // As where another core made it meanwhile: by name, or by key.
    for id in [SiteId(site_key), site.id] {
        let twin = Site { id, ..site.clone() };
        let changes = Changes { new_sites: vec![twin], ..Changes::default() };
        let refused = try_to_save(&fixture.store, &changes).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
    }
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
        status_authority: StatusAuthority::Local,
        single_sign_on: false,
        user_name_assertion: AssertionName::parse("NameID").unwrap(),
        ledger_retention: LedgerRetention::of_days(90).unwrap(),
        known_users: KnownUserPolicy::Link,
    };
    let deleting = ConnectionPolicy {
        allow_admin_promotion: true,
        deletion: DeletionPolicy::Delete,
        status_authority: StatusAuthority::Directory,
        ..ConnectionPolicy::default()
    };
    for policy in [open, deleting, ConnectionPolicy::default()] {
        let changed_sites = vec![Site { policy: policy.clone(), ..site.clone() }];
        save(&fixture.store, Changes { changed_sites, ..Changes::default() }).await;
        let mut writer = fixture.store.group_writer();
        let asked = [other.id, site.id].into();
        let (_group, found) = writer.begin(&asked, &[].into(), &[].into()).await.unwrap();
        let found = found.sites;
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0].policy, &*found[0].name), (&policy, "acme"));
        assert_eq!(found[1], other);
    }
}

async fn the_last_event_of_each_site_is_kept(fixture: &Fixture) {
    let (one, two, three) = (
        fixture.site("one").await.id,
        fixture.site("two").await.id,
        fixture.site("three").await.id,
    );
    let event = |site, revision| Event {
        on_behalf_of: None,
        site,
        revision,
        previous: None,
        standing: None,
        user: None,
        at: Timestamp(100 * revision),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SiteCreated { after: ConnectionPolicy::default() },
        trace_id: None,
        reason: None,
    };
    let events = vec![event(three, 6), event(one, 1), event(three, 7)];
    save(&fixture.store, Changes { events, ..Changes::default() }).await;
    let asked = [three, two, one, SiteId(99)].into();
    let mut writer = fixture.store.group_writer();
    let (_group, found) = writer.begin(&asked, &[].into(), &[].into()).await.unwrap();
    let sites = found.sites.iter();
    let found: Vec<_> = sites.map(|site| (site.id, site.revision, site.last_event_at)).collect();
    let [first, seventh] = [100, 700].map(|at| Some(Timestamp(at)));
    assert_eq!(found, [(one, 1, first), (two, 0, None), (three, 7, seventh)]);
}

async fn a_connection_exists_once_in_its_site(fixture: &Fixture) {
    let (site, other) = (fixture.site("acme").await.id, fixture.site("other").await.id);
    let [okta, entra] = ["okta", "entra"].map(|name| ConnectionName::parse(name).unwrap());
    let connection = |id, site| Connection::new(id, site, okta.clone(), Timestamp(3));
    let new_connections = vec![connection(8, site), connection(9, other)];
    save(&fixture.store, Changes { new_connections, ..Changes::default() }).await;
    let mut writer = fixture.store.group_writer();
    let (mut group, _) = writer.begin(&[site].into(), &[].into(), &[].into()).await.unwrap();
    let connections = [(site, okta.clone()), (site, entra)].into();
    let needs = Needs { connections, next_connection: true, ..Needs::default() };
    let loaded = group.load(&needs).await.unwrap();
    drop(group);
    assert_eq!(loaded.connections, [connection(8, site)]);
    assert_eq!(loaded.next_connection, Some(10));
    let found = fixture.store.connections(site, None, 10).await.unwrap();
    let names: Vec<_> = found.iter().map(|connection| connection.name.as_str()).collect();
    assert_eq!(names, ["okta", "scim"]);
    let changes = Changes { new_connections: vec![connection(10, site)], ..Changes::default() };
    let refused = try_to_save(&fixture.store, &changes).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(_)), "{refused}");
}

async fn a_connection_keeps_how_it_is_understood(fixture: &Fixture) {
    let site = fixture.site("acme").await.id;
    let found = async || fixture.store.connections(site, None, 10).await.unwrap().remove(0);
    let known = found().await;
    assert_eq!((known.settings, known.version), (ConnectionSettings::USUAL, 1));
    for (dialect, version) in [(ConnectionDialect::Strict, 2), (ConnectionDialect::Auto, 3)] {
        let settings = ConnectionSettings { dialect };
        let changed = Connection { settings, version, ..known.clone() };
        let changed_connections = vec![changed.clone()];
        save(&fixture.store, Changes { changed_connections, ..Changes::default() }).await;
        assert_eq!(found().await, changed);
    }
}
