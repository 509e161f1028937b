//! Readers of changes: who asks again and again for what changed after the last change they saw
//! sees every change, and comes to an end.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::{House, Site, in_every_house};

in_every_house!(a_reader_of_changes_misses_none, a_time_that_is_shown_is_the_time_that_is_found);

/// Times and versions as they are shown, by user.
#[derive(Default)]
struct Reader {
    since: String,
    versions: BTreeMap<String, String>,
}

impl Reader {
    /// Answers how many users it was told of.
    async fn read_on(&mut self, site: &Site<'_>) -> usize {
        let found = find(site, &format!("meta.lastModified gt \"{}\"", self.since)).await;
        for user in &found {
            let [id, at, version] = ["/id", "/meta/lastModified", "/meta/version"]
                .map(|path| user.pointer(path).unwrap().as_str().unwrap());
            assert!(at > self.since.as_str(), "{at}");
            self.versions.insert(id.to_owned(), version.to_owned());
        }
        let times = found.iter().map(shown);
        self.since = times.chain([self.since.clone()]).max().unwrap();
        found.len()
    }
}

fn shown(user: &Value) -> String {
    user["meta"]["lastModified"].as_str().unwrap().to_owned()
}

async fn find(site: &Site<'_>, filter: &str) -> Vec<Value> {
    let filter = utf8_percent_encode(filter, NON_ALPHANUMERIC);
    let mut page = site.get(&format!("/Users?count=1000&filter={filter}")).await.expect(200);
    page.get_mut("Resources").map(|users| users.as_array().unwrap().clone()).unwrap_or_default()
}

async fn a_reader_of_changes_misses_none(house: &House) {
    let site = &Site::new(house, "acme").await;
    let mut users = Vec::new();
    for number in 0..4 {
        users.push(site.user(&format!("user{number}@example.com")).await.id);
    }
    let mut reader = Reader { since: "2000-01-01T00:00:00Z".to_owned(), ..Reader::default() };
    assert_eq!(reader.read_on(site).await, users.len());
    let write = users.iter().map(async |id| {
        for title in 0..10 {
            let title = json!([{"op": "replace", "path": "title", "value": format!("{title}")}]);
            site.patch(id, &title).await.expect(200);
        }
    });
    let write = futures::future::join_all(write);
    let read = async {
        for _ in 0..20 {
            reader.read_on(site).await;
        }
    };
    tokio::join!(write, read);
    reader.read_on(site).await;
    assert_eq!(reader.read_on(site).await, 0, "nothing changed since");
    for user in find(site, "userName pr").await {
        let seen = &reader.versions[user["id"].as_str().unwrap()];
        assert_eq!(user["meta"]["version"], **seen, "the last change was seen");
    }
}

async fn a_time_that_is_shown_is_the_time_that_is_found(house: &House) {
    let site = &Site::new(house, "acme").await;
    for number in 0..3 {
        site.user(&format!("user{number}@example.com")).await;
    }
    for user in find(site, "userName pr").await {
        for part in ["created", "lastModified"] {
            let at = user["meta"][part].as_str().unwrap();
            let plain = at.trim_end_matches('Z');
            for (operator, asked, holds) in [
                ("eq", at.to_owned(), true),
                ("ge", at.to_owned(), true),
                ("le", at.to_owned(), true),
                ("gt", at.to_owned(), false),
                ("lt", at.to_owned(), false),
                ("eq", plain.to_owned(), true),
                ("eq", format!("{plain}0000Z"), true),
                ("eq", format!("{plain}-00:00"), true),
                // A little later.
                ("eq", format!("{plain}1Z"), false),
                ("ge", format!("{plain}0000000001Z"), false),
                ("lt", format!("{plain}0000000001Z"), true),
            ] {
                let filter = format!("id eq {} and meta.{part} {operator} \"{asked}\"", user["id"]);
                assert_eq!(find(site, &filter).await.len(), usize::from(holds), "{filter}");
            }
        }
    }
    let filter = utf8_percent_encode("meta.created gt \"-0044-03-15T00:00:00Z\"", NON_ALPHANUMERIC);
    let refused = site.get(&format!("/Users?filter={filter}")).await.expect(400);
    assert_eq!(refused["scimType"], "invalidFilter");
    assert!(refused["detail"].as_str().unwrap().contains("the years 1 to 9999"), "{refused}");
}
