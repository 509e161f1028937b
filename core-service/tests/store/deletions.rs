//! Sites and connections that are deleted: what is gone at once, what goes later, and what stays.

use super::fixture::{Fixture, on_both_databases};
use super::people::{move_in, person, save, set_emails};
use provost_domain::{
    Caller, Changes, Connection, ConnectionName, ConnectionPolicy, Event, EventBody, NameHolder,
    Needs, NewToken, Outcome, Saved, Site, SiteId, SiteName, Timestamp, Token, TokenHash, TokenId,
    TokenName, User,
};
use uuid::Uuid;

on_both_databases!(
    tokens_are_found_by_name_and_by_connection,
    a_connection_goes_with_its_tokens,
    a_deleted_site_is_not_there,
    what_is_left_of_a_site_goes_in_steps_between_which_others_write,
);

fn named(name: &str) -> ConnectionName {
    ConnectionName::parse(name).unwrap()
}

fn token(connection: &Connection, number: u8, name: &str) -> NewToken {
    let token = Token {
        id: TokenId(Uuid::from_u128(number.into())),
        site: connection.site,
        connection: connection.name.clone(),
        name: name.to_owned(),
        created_at: Timestamp(5),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        is_revealable: false,
    };
    NewToken { token, connection: connection.id, hash: hash(number), sealed: None }
}

fn hash(number: u8) -> TokenHash {
    [number; 32]
}

/// A site with a second connection, and two tokens of each.
async fn furnished(fixture: &Fixture, name: &str) -> (Site, Connection) {
    let site = fixture.site(name).await;
    let scim = fixture.store.connections(site.id, None, 10).await.unwrap().remove(0);
    let number = u8::try_from(site.id.0 * 10).unwrap();
    let okta = Connection { id: scim.id + 100, name: named("okta"), ..scim.clone() };
    let new_tokens = vec![
        token(&scim, number, "one"),
        token(&scim, number + 1, "two"),
        token(&okta, number + 2, "one"),
        token(&okta, number + 3, "three"),
    ];
    let new_connections = vec![okta.clone()];
    save(&fixture.store, Changes { new_connections, new_tokens, ..Changes::default() }).await;
    (site, okta)
}

async fn tokens_are_found_by_name_and_by_connection(fixture: &Fixture) {
    let (site, _) = furnished(fixture, "acme").await;
    furnished(fixture, "other").await;
    let mut known = fixture.store.tokens(site.id, None, false, None, 10).await.unwrap();
    let revoked = Token { revoked_at: Some(Timestamp(6)), ..known.remove(0) };
    save(&fixture.store, Changes { changed_tokens: vec![revoked], ..Changes::default() }).await;
    for (name, connection, expected) in [
        (Some("one"), None, &known[1..2]),
        (Some("ONE"), None, &[]),
        (None, Some("okta"), &known[1..]),
        (Some("two"), Some("okta"), &known[..]),
        (None, Some("entra"), &[]),
    ] {
        let name = name.map(|name| (site.id, TokenName::parse(name).unwrap()));
        let of = connection.map(|name| (site.id, named(name)));
        let needs = Needs {
            tokens_named: name.into_iter().collect(),
            tokens_of: of.into_iter().collect(),
            ..Needs::default()
        };
        let mut writer = fixture.store.group_writer();
        let (mut group, _) = writer.begin(&[site.id].into(), &[].into(), &[].into()).await.unwrap();
        let mut found = group.load(&needs).await.unwrap().tokens;
        found.sort_by_key(|token| token.id);
        assert_eq!(found, expected, "{needs:?}");
    }
}

async fn a_connection_goes_with_its_tokens(fixture: &Fixture) {
    let (site, okta) = furnished(fixture, "acme").await;
    let (other, _) = furnished(fixture, "other").await;
    // Another one comes in its place.
    let again = Connection { id: okta.id + 1_000, created_at: Timestamp(9), ..okta.clone() };
    let changes = Changes {
        deleted_connections: vec![okta.id],
        new_connections: vec![again.clone()],
        ..Changes::default()
    };
    save(&fixture.store, changes).await;
    let connections = fixture.store.connections(site.id, None, 10).await.unwrap();
    assert_eq!((connections.len(), &connections[0]), (2, &again));
    let left = fixture.store.tokens(site.id, None, false, None, 10).await.unwrap();
    assert!(
        left.len() == 2 && left.iter().all(|token| token.connection == ConnectionName::first())
    );
    assert_eq!(fixture.store.tokens(other.id, None, false, None, 10).await.unwrap().len(), 4);
    let number = u8::try_from(site.id.0 * 10).unwrap();
    assert!(fixture.store.token_by_hash(&hash(number)).await.unwrap().is_some());
    assert!(fixture.store.token_by_hash(&hash(number + 2)).await.unwrap().is_none());
}

fn line(site: SiteId) -> Event {
    Event {
        on_behalf_of: None,
        site,
        revision: 1,
        user: None,
        previous: None,
        standing: None,
        at: Timestamp(7),
        caller: Caller::Operator,
        outcome: Outcome::Accepted,
        notices: Vec::new(),
        body: EventBody::SiteDeleted { before: ConnectionPolicy::default() },
        trace_id: None,
        reason: None,
    }
}

async fn delete(fixture: &Fixture, site: SiteId) {
    let changes = Changes {
        deleted_sites: vec![(site, Timestamp(7))],
        events: vec![line(site)],
        ..Changes::default()
    };
    save(&fixture.store, changes).await;
}

async fn a_deleted_site_is_not_there(fixture: &Fixture) {
    let (site, _) = furnished(fixture, "acme").await;
    let (other, _) = furnished(fixture, "other").await;
    let protected = vec!["glass@example.com".to_owned()];
    let policy = ConnectionPolicy { protected, ..site.policy.clone() };
    let changed_sites = vec![Site { policy, ..site.clone() }];
    save(&fixture.store, Changes { changed_sites, ..Changes::default() }).await;
    move_in(&fixture.store, &[person(site.id, 1, "ada")]).await;
    delete(fixture, site.id).await;

    let names = ["acme", "other"].map(|name| SiteName::parse(name).unwrap());
    assert_eq!(fixture.store.site_named(&names[0]).await.unwrap(), None);
    assert_eq!(fixture.store.sites(None, 10).await.unwrap(), std::slice::from_ref(&other));
    let number = u8::try_from(site.id.0 * 10).unwrap();
    let (token, ..) = fixture.store.token_by_hash(&hash(number)).await.unwrap().unwrap();
    assert_eq!(token.revoked_at, Some(Timestamp(7)));
    let mut writer = fixture.store.group_writer();
    let (sites, callers) = ([site.id, other.id].into(), [(site.id, token.id)].into());
    let (mut group, found) = writer.begin(&sites, &[].into(), &callers).await.unwrap();
    assert_eq!((found.sites, found.callers), (vec![other.clone()], vec![]));
    let site_names = names.clone().into();
    let needs = Needs { site_names, next_site: true, ..Needs::default() };
    let found = group.load(&needs).await.unwrap();
    drop(group);
    let mut holders = found.site_names;
    holders.sort_by(|(one, _), (other, _)| one.cmp(other));
    let [acme, other_name] = names;
    assert_eq!(holders, [(acme, NameHolder::DeletedSite), (other_name, NameHolder::Site)]);
    assert!(found.next_site.unwrap() > other.id.0);

    // Of whom it protected, nothing is left beside the ledger.
    let sql = "SELECT protected_user_names FROM sites WHERE name = 'acme'";
    assert_eq!(fixture.rows(sql).await, [["[]"]]);
    let tokens = fixture.store.tokens(other.id, None, false, None, 10).await.unwrap();
    assert!(tokens.len() == 4 && tokens.iter().all(|token| token.revoked_at.is_none()));
}

/// How much is left of a site: users, their addresses, tokens, connections.
async fn left(fixture: &Fixture, site: SiteId) -> [usize; 4] {
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(["users", "user_emails", "tokens", "connections"]) {
        let id = site.0;
        let sql = format!("SELECT cast(count(*) AS text) FROM {table} WHERE site_id = {id}");
        *count = fixture.rows(&sql).await[0][0].parse().unwrap();
    }
    counts
}

async fn what_is_left_of_a_site_goes_in_steps_between_which_others_write(fixture: &Fixture) {
    let (site, _) = furnished(fixture, "acme").await;
    let (other, _) = furnished(fixture, "other").await;
    let crowd: Vec<_> = (1..=1_201)
        .map(|number| {
            let mut user = person(site.id, number, &format!("user{number}"));
            set_emails(&mut user, &["a@example.com"]);
            user
        })
        .collect();
    move_in(&fixture.store, &crowd).await;
    move_in(&fixture.store, &[person(other.id, 1, "eve")]).await;
    assert!(!fixture.store.remove_remains().await.unwrap(), "no site is deleted");
    delete(fixture, site.id).await;

    let mut before = person(other.id, 1, "eve");
    for expected in [[701, 701, 4, 2], [201, 201, 4, 2], [0, 0, 4, 2], [0, 0, 0, 2], [0, 0, 0, 0]] {
        assert!(fixture.store.remove_remains().await.unwrap());
        assert_eq!(left(fixture, site.id).await, expected);
        let after = User { version: before.version + 1, ..before.clone() };
        let saved_users = vec![Saved { before: Some(before), after: after.clone() }];
        save(&fixture.store, Changes { saved_users, ..Changes::default() }).await;
        before = after;
    }
    assert!(!fixture.store.remove_remains().await.unwrap());
    assert_eq!(left(fixture, other.id).await, [1, 0, 4, 2]);
    let kept = fixture.store.event(site.id, 1).await.unwrap();
    assert_eq!(kept.map(|event| event.body), Some(line(site.id).body), "the ledger stays");
}
