//! Profiles of the form before this one: texts and lists apart.

use super::home::{Home, on_both_databases};
use super::people::{element, move_in, person, save, set_list, set_text};
use provost_core::store::{Batch, migrate};
use provost_domain::{
    Caller, Event, EventKind, Outcome, Picture, Portrait, Timestamp, User, Value,
};

on_both_databases!(old_documents_become_new_ones);

const STEP: &str = "m20260201_000002_profile_documents";
const OLD_PROFILE: &str = r#"{"texts":{"display_name":"Ada \"x\" \u0001\\ 日本","title":"Countess"},"lists":{"emails":[{"texts":{"type":"work","value":"a@x"},"primary":true},{"texts":{"value":"b@x"}}],"ims":[{"texts":{"value":"ada"}}]}}"#;
const OLD_SNAPSHOT: &str = r#"{"version":2,"role":"Admin","texts":{"nick_name":"","title":"Countess"},"lists":{"emails":[{"texts":{"value":"a@x"},"primary":true}],"ims":[]}}"#;

async fn old_documents_become_new_ones(home: &Home) {
    let site = home.site("acme").await.id;
    let bare = person(site, 2, "bob");
    let mut ada = person(site, 1, "ada");
    move_in(&home.store, &[ada.clone(), bare.clone()]).await;
    let event = Event {
        site,
        revision: 1,
        user: Some(ada.id),
        at: Timestamp(5),
        caller: Caller::Operator,
        kind: EventKind::UserChanged,
        outcome: Outcome::Accepted,
        asked: Vec::new(),
        notices: Vec::new(),
        before: Some(Picture::User(Portrait { version: 1, ..Portrait::default() })),
        after: Some(Picture::User(Portrait { version: 2, ..Portrait::default() })),
        trace_id: None,
    };
    save(&home.store, Batch { events: vec![event], ..Batch::default() }).await;
    for statement in [
        format!("UPDATE users SET profile = '{OLD_PROFILE}' WHERE user_name = 'ada'"),
        format!("UPDATE events SET after = '{OLD_SNAPSHOT}'"),
        format!("DELETE FROM seaql_migrations WHERE version = '{STEP}'"),
    ] {
        home.rows(&statement).await;
    }
    assert_eq!(migrate(&home.url).await.unwrap(), [STEP]);

    set_text(&mut ada, "display_name", "Ada \"x\" \u{1}\\ 日本");
    set_text(&mut ada, "title", "Countess");
    let emails = vec![
        element("emails", &[("type", "work"), ("value", "a@x")], true),
        element("emails", &[("value", "b@x")], false),
    ];
    set_list(&mut ada, "emails", emails);
    set_list(&mut ada, "ims", vec![element("ims", &[("value", "ada")], false)]);
    assert_eq!(found(home, &ada).await, ada);
    assert_eq!(found(home, &bare).await, bare);

    let lines = home.rows("SELECT before, after FROM events").await;
    let [before, after] = lines.concat().try_into().unwrap();
    assert_eq!(before, r#"{"version":1}"#);
    let Portrait { version, attributes, .. } = serde_json::from_str(&after).unwrap();
    let known: Vec<_> = attributes.iter().map(|(name, value)| (name.as_str(), value)).collect();
    let primary = Value::List(vec![element("emails", &[("value", "a@x")], true)]);
    let title = Value::Text("Countess".to_owned());
    let expected =
        [("emails", Some(primary)), ("ims", None), ("nick_name", None), ("title", Some(title))];
    assert_eq!(version, 2);
    assert!(known.into_iter().eq(expected.iter().map(|(name, value)| (*name, value))), "{after}");
}

async fn found(home: &Home, user: &User) -> User {
    let found = home.store.user(user.site, user.id).await.unwrap();
    User::clone(&found.unwrap())
}
