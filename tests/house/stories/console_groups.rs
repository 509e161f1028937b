//! Groups in the console: found, made, renamed, filled and deleted, each asked about first.

use provost_proto::v1::{ChangeGroupRequest, GetGroupRequest, Group, GroupChange, SetDisplayName};
use regex::Regex;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::{House, Site, in_every_house};

in_every_house!(
    a_group_is_found_and_tells_where_it_came_from,
    a_group_is_made_changed_and_deleted_once_that_was_asked,
    members_come_page_by_page,
    no_group_is_changed_unseen,
    what_groups_are_called_is_text,
);

const GROUPS: &str = "/sites/acme/groups";
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

/// A group that the identity provider pushes.
async fn pushed(site: &Site<'_>, name: &str, members: &[&str]) -> String {
    let members: Vec<_> = members.iter().map(|id| json!({"value": id})).collect();
    let group = json!({"displayName": name, "externalId": "00g-1", "members": members});
    let made = site.push("POST", "/Groups").json(&group).send().await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn stored(house: &House, id: &str) -> Group {
    let (site, group_id, member_limit) = ("acme".to_owned(), id.to_owned(), 100);
    let request = GetGroupRequest { site, group_id, member_limit, ..GetGroupRequest::default() };
    let found = house.operator.groups().get_group(request).await.unwrap();
    found.into_inner().group.unwrap()
}

async fn a_group_is_found_and_tells_where_it_came_from(house: &House) {
    let site = Site::new(house, "acme").await;
    Site::new(house, "globex").await;
    let mut browser = Browser::of_operator(house).await;
    let page = browser.get(GROUPS).await.text();
    assert!(page.contains("class=\"empty\"") && page.contains("no group yet"), "{page}");
    let ada = site.user("ada@example.com").await.id;
    let id = pushed(&site, "Tour Guides", &[&ada]).await;
    pushed(&site, "Pilots", &[]).await;
    let link = format!("{GROUPS}/{id}\"");
    for sought in ["", "tour+GUIDES", &id, "00g-1"] {
        let page = browser.get(&format!("{GROUPS}?q={sought}")).await.text();
        assert!(page.contains(&link), "{sought}: {page}");
    }
    let page = browser.get(&format!("{GROUPS}?q=tour")).await.text();
    assert!(!page.contains(&link) && page.contains("?begins&amp;q=tour"), "{page}");
    let page = browser.get(&format!("{GROUPS}?begins&q=tour")).await.text();
    assert!(page.contains(&link) && !page.contains("Pilots"), "{page}");

    let page = browser.get(&format!("{GROUPS}/{id}")).await.text();
    for word in ["Tour Guides", "connection scim", "00g-1"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(page.contains(&format!("/sites/acme/people/{ada}\"")), "{page}");
    let page = browser.get(&format!("/sites/acme/people/{ada}")).await.text();
    assert!(page.contains(&link) && page.contains("Tour Guides"), "{page}");
    for path in [
        format!("/sites/globex/groups/{id}"),
        format!("/sites/globex/groups/{id}/delete"),
        format!("{GROUPS}/nothing"),
        "/sites/nowhere/groups".to_owned(),
        "/sites/nowhere/groups/new".to_owned(),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
}

async fn a_group_is_made_changed_and_deleted_once_that_was_asked(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let ada = site.user("ada@example.com").await.id;
    let form = format!("{GROUPS}/new");
    let made = browser.confirm(&form, &[("name", " Guides "), ("external_id", "")]).await;
    let page = browser.follow(&made).await.text();
    assert!(page.contains("That is done.") && page.contains("operator"), "{page}");
    let path = made.header("location").unwrap().split('?').next().unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    let group = stored(house, &id).await;
    assert_eq!((&*group.display_name, group.external_id), ("Guides", None));
    let taken = browser.confirm(&form, &[("name", "GUIDES"), ("external_id", "x")]).await;
    assert_eq!(taken.status, 422, "{}", taken.text());
    assert!(taken.text().contains("role=\"alert\"") && taken.text().contains("GUIDES"));

    let asked = browser.get(&format!("{path}/add?who=ada%40example.com")).await.text();
    assert!(asked.contains("Add ada@example.com to Guides?"), "{asked}");
    assert!(stored(house, &id).await.members.is_empty(), "asking does nothing");
    let add = format!("{path}/add?user={ada}");
    let done = browser.confirm(&add, &[("note", "asked for it")]).await;
    assert!(browser.follow(&done).await.text().contains(&format!("/people/{ada}\"")));
    assert_eq!(stored(house, &id).await.members[0].user_id, ada);
    let again = browser.get(&add).await.text();
    assert!(again.contains("it is so already") && !again.contains("<button>Add"), "{again}");
    let nobody = browser.get(&format!("{path}/add?who=eve")).await.text();
    assert!(nobody.contains("Nobody is called"), "{nobody}");

    let renamed = [("name", "Pilots"), ("external_id", "00g-2")];
    let done = browser.confirm(&format!("{path}/rename"), &renamed).await;
    assert!(browser.follow(&done).await.text().contains("<h1>Pilots</h1>"));
    assert_eq!(stored(house, &id).await.external_id(), "00g-2");
    let unnamed = [("name", " "), ("external_id", "")];
    let refused = browser.confirm(&format!("{path}/rename"), &unnamed).await;
    assert_eq!(refused.status, 422, "{}", refused.text());

    let remove = format!("{path}/remove?user={ada}");
    assert!(browser.get(&remove).await.text().contains("Remove ada@example.com from Pilots?"));
    let done = browser.confirm(&remove, &[]).await;
    assert!(browser.follow(&done).await.text().contains("Nobody is in this group."));

    let delete = format!("{path}/delete");
    assert!(browser.get(&delete).await.text().contains("Delete the group Pilots?"));
    let done = browser.confirm(&delete, &[("note", "no longer needed")]).await;
    assert!(browser.follow(&done).await.text().contains("class=\"empty\""));
    assert_eq!(browser.get(&path).await.status, 404);
    assert_eq!(browser.post(&delete, &[]).await.status, 404);
    assert!([400, 404].contains(&browser.get(&format!("{path}/explode")).await.status));
}

async fn members_come_page_by_page(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let mut ids = Vec::new();
    for number in 0..55 {
        ids.push(site.user(&format!("many-{number:02}@example.com")).await.id);
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let id = pushed(&site, "Everybody", &ids).await;
    let page = browser.get(&format!("{GROUPS}/{id}")).await.text();
    assert!(page.len() < 60 * 1024, "{}", page.len());
    let next = Regex::new("href=\"([^\"]+)\">Next page<").unwrap();
    let next = next.captures(&page).unwrap()[1].replace("&amp;", "&");
    let rest = browser.get(&next).await.text();
    let count = |page: &str| page.matches("<th scope=\"row\">").count();
    assert_eq!((count(&page), count(&rest)), (50, 5));
}

async fn no_group_is_changed_unseen(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let id = pushed(&site, "Guides", &[]).await;
    let name = SetDisplayName { display_name: "Leaders".to_owned() };
    let change = provost_proto::v1::group_change::Change::SetDisplayName(name);
    let request = ChangeGroupRequest {
        site: site.name.clone(),
        group_id: id.clone(),
        changes: vec![GroupChange { change: Some(change) }],
        options: None,
    };
    house.operator.groups().change_group(request).await.unwrap();
    let late = browser.post(&format!("{GROUPS}/{id}/delete"), &[("version", "1")]).await;
    assert_eq!(late.status, 409, "{}", late.text());
    let page = late.text();
    assert!(page.contains("Somebody else has changed this group"), "{page}");
    assert!(page.contains("Delete the group Leaders?"), "{page}");
    assert_eq!(stored(house, &id).await.version, 2);
    // Whoever else was added or removed meanwhile is no matter for one member.
    let ada = site.user("ada@example.com").await.id;
    for (action, version) in [("add", 3), ("remove", 4)] {
        let form = [("version", "1"), ("user", ada.as_str())];
        let done = browser.post(&format!("{GROUPS}/{id}/{action}"), &form).await;
        assert_eq!(done.status, 303, "{}", done.text());
        assert_eq!(stored(house, &id).await.version, version);
    }
}

async fn what_groups_are_called_is_text(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let user = site.user(SCRIPT).await;
    let id = pushed(&site, SCRIPT, &[&user.id]).await;
    let path = format!("{GROUPS}/{id}");
    let sought = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    for path in [
        GROUPS.to_owned(),
        format!("{GROUPS}?q={sought}"),
        format!("{GROUPS}?begins&q={sought}"),
        format!("{GROUPS}?q={sought}2"),
        path.clone(),
        format!("{path}/rename?name={sought}&external_id={sought}"),
        format!("{path}/add?who={sought}&note={sought}"),
        format!("{path}/remove?user={}", user.id),
        format!("{path}/delete?note={sought}"),
    ] {
        let page = browser.get(&path).await.text();
        assert!(page.contains("alert(1)"), "{path}: {page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
    }
}
