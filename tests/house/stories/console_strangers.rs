//! What strangers do at the console, and what that must not do to others: crafted links, and tokens that are
//! not good.

use provost_proto::v1::CheckTokenRequest;

use crate::support::browser::Browser;
use crate::support::{House, Shape, in_every_house};

in_every_house!(a_console_is_not_told_to_wait_for_its_people, no_path_leads_a_form_elsewhere,);

/// Its core sees one address for everybody, and tells it to wait: that is told to nobody behind it.
async fn a_console_is_not_told_to_wait_for_its_people(house: &House) {
    if house.shape() == Shape::AllInOne {
        return;
    }
    let mut browser = Browser::at(house.console().await);
    let callers = house.operator.with_token("wrong");
    for _ in 0..80 {
        let asked = callers.users().check_token(CheckTokenRequest::default()).await;
        asked.unwrap_err();
    }
    browser.cookie = Some("__Host-provost-session=provost_ses_00".to_owned());
    let ended = browser.get("/sites").await;
    let page = browser.follow(&ended).await;
    assert!(page.text().contains("Your session has ended"), "{}", page.text());
    let sent = browser.post("/sign-in", &[("token", "wrong")]).await;
    assert_eq!(sent.status, 403, "{}", sent.text());
    assert_eq!(browser.sign_in(&house.operator_token).await.status, 200);
}

/// What came escaped would lead a form or a link elsewhere.
async fn no_path_leads_a_form_elsewhere(house: &House) {
    let mut browser = Browser::of_operator(house).await;
    let forms = [
        "/sites/{}/services/billing/remove?version=1",
        "/sites/default/services/{}/remove?version=1",
        "/sites/{}/consumers/remove?consumer=a&caller=b",
        "/services/{}/tokens/1/revoke",
        "/services/billing/tokens/{}/revoke",
        "/sites/{}/tokens/1/revoke",
        "/sites/{}/settings",
        "/sites/{}/guides",
        "/sites/{}/log",
        "/sites/{}/people",
        "/sites/default/people/{}",
        "/sites/default/people/{}/cutoff",
        "/sites/default/people/{}/deactivate",
        "/sites/{}/groups",
        "/sites/{}/groups/new",
        "/sites/default/groups/{}",
        "/sites/default/groups/{}/delete",
        "/sites/{}/services",
        "/services/{}",
    ];
    let hostile = [
        "%2e%2e",
        "..%2F..%2Fsign-out%3F",
        "%2Fevil.example",
        "a%3Fb",
        "a%23b",
        "a%5Cb",
        "a%252Fb",
        "a%20b",
        "%00",
        "%FF",
        "%E2%80%AE",
    ];
    for (form, part) in forms.iter().flat_map(|form| hostile.map(|part| (form, part))) {
        let path = form.replace("{}", part);
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        let page = answer.text();
        assert!(page.contains("There is no such page") && !page.contains("evil"), "{path}: {page}");
    }
    // Nothing is asked about what there is not.
    for path in [
        "/sites/default/services/evil/remove?version=1",
        "/sites/evil/consumers/remove?consumer=evil&caller=evil",
        "/sites/default/consumers/remove?consumer=evil&caller=evil",
        "/services/evil/tokens/1/revoke",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}
