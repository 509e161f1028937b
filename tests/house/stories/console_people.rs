//! People in the console: found as one types, and changed with what would follow said before.

use provost_proto::v1::{Role, UpdateScimSettingsRequest};
use regex::Regex;
use serde_json::json;

use crate::support::browser::Browser;
use crate::support::{House, Site, in_every_house};

in_every_house!(
    somebody_is_found_by_what_they_are_known_by,
    both_facts_and_one_timeline_are_on_somebody_s_page,
    what_is_done_is_asked_about_first,
    what_the_law_refuses_is_told_before_and_when_it_is_tried,
    nobody_is_changed_unseen,
    what_people_are_called_is_text,
);

const PEOPLE: &str = "/sites/acme/people";
const SCRIPT: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

async fn somebody_is_found_by_what_they_are_known_by(house: &House) {
    let site = Site::new(house, "acme").await;
    let other = Site::new(house, "globex").await;
    other.user("eve@globex.example").await;
    let mut browser = Browser::of_operator(house).await;
    let page = browser.get(PEOPLE).await.text();
    assert!(page.contains("class=\"empty\"") && page.contains("first sign-in"), "{page}");

    let ada = site.user_as("ada@example.com", Role::Moderator).await;
    site.user("bob@example.com").await;
    let known = json!([{"op": "replace", "path": "externalId", "value": "00u-Ada"}]);
    site.patch(&ada.id, &known).await.expect(200);
    let page = browser.get(PEOPLE).await.text();
    for word in ["ada@example.com", "bob@example.com", "Moderator", "00u-Ada", "active"] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(!page.contains("globex"), "{page}");
    let link = format!("{PEOPLE}/{}\"", ada.id);
    for sought in ["ADA@example.com", "00u-Ada", &ada.id, " ada@example.com "] {
        let sought = sought.replace(' ', "+").replace('@', "%40");
        let page = browser.get(&format!("{PEOPLE}?q={sought}")).await;
        assert_eq!(page.status, 200, "{sought}: {}", page.text());
        let page = page.text();
        assert!(page.contains(&link) && !page.contains("bob@"), "{sought}: {page}");
    }
    // The beginning of a name is looked for where that is asked for.
    let page = browser.get(&format!("{PEOPLE}?q=ada")).await.text();
    assert!(!page.contains(&link) && page.contains("?begins&amp;q=ada"), "{page}");
    let page = browser.get(&format!("{PEOPLE}?begins&q=ada")).await.text();
    assert!(page.contains(&link) && !page.contains("bob@"), "{page}");
    let page = browser.get(&format!("{PEOPLE}?q=eve%40globex.example")).await.text();
    assert!(page.contains("class=\"empty\""), "{page}");
    assert_eq!(browser.get("/sites/nowhere/people").await.status, 404);

    for number in 0..55 {
        site.user(&format!("many-{number:02}@example.com")).await;
    }
    let page = browser.get(&format!("{PEOPLE}?begins&q=many")).await.text();
    assert!(page.len() < 60 * 1024, "{}", page.len());
    let next = Regex::new("href=\"([^\"]+)\">Next page<").unwrap();
    let next = next.captures(&page).unwrap()[1].replace("&amp;", "&");
    let rest = browser.get(&next).await.text();
    let count = |page: &str| page.matches("<th scope=\"row\">").count();
    assert_eq!((count(&page), count(&rest)), (50, 5));
}

async fn both_facts_and_one_timeline_are_on_somebody_s_page(house: &House) {
    let site = Site::new(house, "acme").await;
    Site::new(house, "globex").await;
    let mut browser = Browser::of_operator(house).await;
    let ada = site.user("ada@example.com").await;
    let path = format!("{PEOPLE}/{}", ada.id);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let active = "Active, because the directory says active and no hold stands.";
    assert!(page.text().contains(active), "{}", page.text());

    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    site.patch(&ada.id, &off).await.expect(200);
    let held = browser
        .confirm(&format!("{path}/hold"), &[("hold", "security"), ("note", "incident 42")])
        .await;
    let page = browser.follow(&held).await.text();
    let both = "Deactivated, because the hold security stands, and the directory would not let the user \
                in either.";
    assert!(page.contains(both), "{page}");
    for word in [
        "incident 42",
        "place a hold",
        "hold security placed",
        "operator",
        "connection scim",
        "the directory says inactive",
        "created as Registered, active",
    ] {
        assert!(page.contains(word), "{word}: {page}");
    }
    assert!(page.len() < 60 * 1024, "{}", page.len());
    // Under another site there is nobody of this id, deleted or not.
    assert_eq!(browser.get(&format!("/sites/globex/people/{}", ada.id)).await.status, 404);
    assert_eq!(browser.get(&format!("{PEOPLE}/nobody")).await.status, 404);
    for action in ["activate", "explode"] {
        let path = format!("/sites/globex/people/{}/{action}", ada.id);
        assert!([400, 404].contains(&browser.get(&path).await.status), "{action}");
        assert!([400, 404].contains(&browser.post(&path, &[]).await.status), "{action}");
    }
    // Who was deleted is still told of.
    let delete = UpdateScimSettingsRequest {
        deletion: provost_proto::v1::DeletionPolicy::Delete.into(),
        ..UpdateScimSettingsRequest::default()
    };
    site.settings(delete).await;
    site.push("DELETE", &format!("/Users/{}", ada.id)).send().await;
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let page = page.text();
    assert!(page.contains("A deleted user") && page.contains("delete the user"), "{page}");
}

async fn what_is_done_is_asked_about_first(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    site.user_as("chief@example.com", Role::Admin).await;
    let ada = site.user("ada@example.com").await;
    let path = format!("{PEOPLE}/{}", ada.id);

    let asked = browser.get(&format!("{path}/deactivate")).await.text();
    assert!(asked.contains("Deactivate ada@example.com?"), "{asked}");
    assert!(asked.contains("Deactivated, because the hold manual stands"), "{asked}");
    assert!(site.stored(&ada.id).await.active, "asking does nothing");
    let done = browser.confirm(&format!("{path}/deactivate"), &[("note", "on leave")]).await;
    assert!(browser.follow(&done).await.text().contains("That is done."));
    let user = site.stored(&ada.id).await;
    assert_eq!((user.active, user.holds[0].note.as_str()), (false, "on leave"));

    let done = browser.confirm(&format!("{path}/activate"), &[("note", "back")]).await;
    let page = browser.follow(&done).await.text();
    assert!(page.contains("because: back"), "{page}");
    assert!(site.stored(&ada.id).await.active);

    let role = format!("{path}/role?role=Admin");
    assert!(browser.get(&role).await.text().contains("Make ada@example.com Admin?"));
    let done = browser.confirm(&role, &[]).await;
    browser.follow(&done).await;
    assert_eq!(site.stored(&ada.id).await.role(), Role::Admin);

    for (name, days) in [("security", ""), ("legal", "7")] {
        let typed = [("hold", name), ("note", "case 7"), ("days", days)];
        let done = browser.confirm(&format!("{path}/hold"), &typed).await;
        browser.follow(&done).await;
    }
    let lift = format!("{path}/lift?hold=security");
    let done = browser.confirm(&lift, &[("note", "closed")]).await;
    browser.follow(&done).await;
    let names: Vec<_> =
        site.stored(&ada.id).await.holds.into_iter().map(|hold| hold.name).collect();
    assert_eq!(names, ["legal"]);
    assert!(site.stored(&ada.id).await.holds[0].expire_time.is_some());
}

async fn what_the_law_refuses_is_told_before_and_when_it_is_tried(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let chief = site.user_as("chief@example.com", Role::Admin).await;
    let path = format!("{PEOPLE}/{}", chief.id);
    for way in ["deactivate", "hold", "role?role=Registered"] {
        let asked = browser.get(&format!("{path}/{way}")).await.text();
        assert!(asked.contains("role=\"alert\"") && asked.contains("Admin"), "{way}: {asked}");
        assert!(asked.contains("refused"), "{way}: {asked}");
    }
    let version = chief.version.to_string();
    let form = [("version", version.as_str()), ("role", "Registered"), ("hold", "legal")];
    for way in ["deactivate", "hold", "role"] {
        let refused = browser.post(&format!("{path}/{way}"), &form).await;
        assert_eq!(refused.status, 422, "{way}: {}", refused.text());
        assert!(refused.text().contains("role=\"alert\""), "{way}: {}", refused.text());
    }
    let form = [("version", version.as_str()), ("hold", "No Name"), ("note", "kept")];
    let endless = [("version", version.as_str()), ("hold", "legal"), ("days", "soon")];
    let refused = browser.post(&format!("{path}/hold"), &endless).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("whole number"), "{}", refused.text());
    let refused = browser.post(&format!("{path}/hold"), &form).await.text();
    assert!(refused.contains("lower-case") && refused.contains("value=\"kept\""), "{refused}");
    let stored = site.stored(&chief.id).await;
    assert_eq!((stored.version, stored.active), (chief.version, true));
}

async fn nobody_is_changed_unseen(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let ada = site.user("ada@example.com").await;
    let path = format!("{PEOPLE}/{}", ada.id);
    let shown = ada.version.to_string();
    site.set_role(&ada.id, Role::Moderator).await;
    let late = browser.post(&format!("{path}/deactivate"), &[("version", &shown)]).await;
    assert_eq!(late.status, 409, "{}", late.text());
    let page = late.text();
    assert!(page.contains("Somebody else has changed this user"), "{page}");
    assert!(page.contains("Moderator. Active"), "{page}");
    assert!(site.stored(&ada.id).await.active);
    let now = format!("name=\"version\" value=\"{}\"", site.stored(&ada.id).await.version);
    assert!(page.contains(&now), "{page}");
}

async fn what_people_are_called_is_text(house: &House) {
    let site = Site::new(house, "acme").await;
    let mut browser = Browser::of_operator(house).await;
    let user = site.user_as(SCRIPT, Role::Moderator).await;
    let path = format!("{PEOPLE}/{}", user.id);
    let held =
        browser.confirm(&format!("{path}/hold"), &[("hold", "legal"), ("note", SCRIPT)]).await;
    let mut pages = vec![browser.follow(&held).await.text(), browser.get(PEOPLE).await.text()];
    let sought = percent_encoding::utf8_percent_encode(SCRIPT, percent_encoding::NON_ALPHANUMERIC);
    for path in [
        format!("{PEOPLE}?q={sought}"),
        format!("{PEOPLE}?begins&q={sought}"),
        format!("{PEOPLE}?q={sought}2"),
        format!("{path}/deactivate?note={sought}"),
        format!("{path}/lift?hold={sought}"),
        format!("{path}/role?role={sought}"),
    ] {
        pages.push(browser.get(&path).await.text());
    }
    for page in pages {
        assert!(page.contains("alert(1)"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
    }
}
