//! Admins of a site in the console, signed in by an identity provider that nobody here wrote.

mod changing_file;
mod own_site;

use changing_file::a_file_that_changes_counts_without_a_restart;
use own_site::{
    every_page_of_their_site_opens_and_none_of_another, no_link_on_their_pages_leads_nowhere,
    what_they_do_is_done_and_told_as_theirs,
};
use provost_proto::v1::{DeactivateUserRequest, ListEventsRequest, Role};
use regex::Regex;

use crate::support::admins::{house_with, set_role, user};
use crate::support::browser::Browser;
use crate::support::foreign_provider::ForeignProvider;
use crate::support::{Answer, Database, Engine, House, Shape};

/// Makes four tests of each story, an `async fn(&House, &ForeignProvider)`, in a house that has the sites
/// `acme` and `globex`, both with that provider, and `initech` without one.
macro_rules! with_a_foreign_provider {
    ($($story:ident: $claims:literal, $claim:literal;)*) => {
        with_a_foreign_provider!(@ joined_on_sqlite, AllInOne, Sqlite; $($story, $claims, $claim;)*);
        with_a_foreign_provider!(@ joined_on_postgres, AllInOne, Postgres; $($story, $claims, $claim;)*);
        with_a_foreign_provider!(@ split_on_sqlite, Split, Sqlite; $($story, $claims, $claim;)*);
        with_a_foreign_provider!(@ split_on_postgres, Split, Postgres; $($story, $claims, $claim;)*);
    };
    (@ $name:ident, $shape:ident, $engine:ident; $($story:ident, $claims:literal, $claim:literal;)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $story() {
                    use crate::support::{Engine, Shape};
                    let house = super::house(Shape::$shape, Engine::$engine, $claims, $claim).await;
                    let Some((house, provider)) = house else { return };
                    super::$story(&house, &provider).await;
                    house.stop().await;
                }
            )*
        }
    };
}

with_a_foreign_provider!(
    an_admin_signs_in_and_has_the_pages_of_their_site: "claims-in-tokens", "preferred_username";
    who_is_demoted_or_deactivated_is_out_at_once: "claims-of-user-info", "email";
    whoever_is_no_admin_here_is_told_so: "claims-in-tokens", "sub";
    an_answer_of_the_provider_is_good_once_and_in_its_browser: "claims-in-tokens", "email";
    no_page_says_which_sites_there_are: "claims-in-tokens", "sub";
    every_page_of_their_site_opens_and_none_of_another: "claims-in-tokens", "preferred_username";
    no_link_on_their_pages_leads_nowhere: "claims-in-tokens", "preferred_username";
    what_they_do_is_done_and_told_as_theirs: "claims-in-tokens", "preferred_username";
    a_file_that_changes_counts_without_a_restart: "claims-in-tokens", "sub";
);

async fn house(
    shape: Shape,
    engine: Engine,
    claims: &str,
    claim: &str,
) -> Option<(House, ForeignProvider)> {
    let database = Database::fresh(engine)?;
    let provider = ForeignProvider::start(claims).await?;
    let house = house_with(shape, database, &provider, claim).await;
    Some((house, provider))
}

async fn browser(house: &House) -> Browser {
    Browser::at(house.console().await)
}

/// Where the page leads at once.
fn leads_to(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let refresh = Regex::new(r#"<meta http-equiv="refresh" content="0; url=([^"]+)">"#).unwrap();
    let text = page.text();
    let url = refresh.captures(&text).unwrap_or_else(|| panic!("{text}"))[1].to_owned();
    url.replace("&#38;", "&")
}

/// The way back from the provider, to which somebody has signed in under a name.
async fn way_back(
    browser: &mut Browser,
    provider: &ForeignProvider,
    (site, name): (&str, &str),
) -> String {
    let page = browser.get(&format!("/sign-in/site?site={site}")).await;
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-provost-attempt="), "{}", cookie.len());
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{attribute}");
    }
    let url = leads_to(&page);
    let secret = browser.cookie.as_ref().unwrap().split_once('=').unwrap().1;
    assert!(!url.contains(secret), "what the browser keeps is in no URL");
    provider.sign_in(&url, name).await
}

async fn signed_in(house: &House, provider: &ForeignProvider, who: (&str, &str)) -> Browser {
    let mut browser = browser(house).await;
    let back = way_back(&mut browser, provider, who).await;
    let page = browser.get(&back).await;
    assert_eq!(leads_to(&page), "/sites?signed-in", "{}", page.text());
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-provost-session=provost_ses_adm_"), "{}", cookie.len());
    assert!(cookie.contains("SameSite=Strict"));
    browser
}

async fn an_admin_signs_in_and_has_the_pages_of_their_site(
    house: &House,
    provider: &ForeignProvider,
) {
    let ada = user(house, "acme", "ada@example.com", Role::Admin).await;
    let mut browser = signed_in(house, provider, ("acme", "ADA@example.com")).await;
    let led = browser.get("/sites?signed-in").await;
    let page = browser.follow(&led).await.text();
    assert!(page.contains("ada@example.com") && page.contains("/sites/acme/people"), "{page}");
    for hidden in ["href=\"/services\"", "All services", "/sites/acme/services", "provost_"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    let rules = ["groups/rules", "groups/rules/new"];
    for own in ["settings", "guides", "log", "people", "groups"].iter().chain(&rules) {
        assert_eq!(browser.get(&format!("/sites/acme/{own}")).await.status, 200, "{own}");
    }
    let person = browser.get(&format!("/sites/acme/people/{ada}")).await;
    assert_eq!(person.status, 200, "{}", person.text());
    let rule = [("by", "name"), ("group", "Moderators"), ("role", "Moderator"), ("version", "0")];
    let made = browser.post("/sites/acme/groups/rules/set", &rule).await;
    let page = browser.follow(&made).await;
    assert!(page.text().contains("Moderators gives Moderator"), "{}", page.text());
    let foreign = browser.post("/sites/globex/groups/rules/set", &rule).await;
    assert_eq!(foreign.status, 404, "{}", foreign.text());
    // What is another site's is as if there were none, and the operator's is the operator's.
    let unknown = browser.get("/sites/narnia/settings").await;
    assert_eq!(unknown.status, 404);
    for path in ["settings", "guides", "log", "people", "groups", "groups/rules"] {
        let foreign = browser.get(&format!("/sites/globex/{path}")).await;
        let unknown = browser.get(&format!("/sites/narnia/{path}")).await;
        assert_eq!(foreign.status, 404, "{path}");
        assert_eq!(foreign.text().replace("globex", "narnia"), unknown.text(), "{path}");
    }
    for path in ["/services", "/sites/acme/services", "/services/billing"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let made = browser.post("/sites", &[("name", "mine")]).await;
    assert_ne!(made.header("location"), Some("/sites/mine/settings"));
    let token = browser.post("/sites/globex/tokens", &[("name", "mine"), ("request", "1")]).await;
    assert_ne!(token.status, 200, "{}", token.text());

    browser.post("/sign-out", &[]).await;
    let request = ListEventsRequest { site: "acme".to_owned(), ..ListEventsRequest::default() };
    let ledger = house.operator.ledgers().list_events(request).await.unwrap().into_inner().events;
    let told = ledger.iter().filter(|event| event.kind.starts_with("session_"));
    let told: Vec<_> = told.map(|event| (event.kind.as_str(), event.caller.as_str())).collect();
    let caller = format!("user:{ada}");
    // The newest comes first.
    assert_eq!(told, [("session_ended", caller.as_str()), ("session_created", caller.as_str())]);
}

async fn who_is_demoted_or_deactivated_is_out_at_once(house: &House, provider: &ForeignProvider) {
    let ada = user(house, "acme", "ada@example.com", Role::Admin).await;
    let grace = user(house, "acme", "grace@example.com", Role::Admin).await;
    let mut of_ada = signed_in(house, provider, ("acme", "ada@example.com")).await;
    let mut of_grace = signed_in(house, provider, ("acme", "grace@example.com")).await;
    for browser in [&mut of_ada, &mut of_grace] {
        assert_eq!(browser.get("/sites/acme/people").await.status, 200);
    }
    set_role(house, "acme", &ada, Role::Moderator).await;
    let request = DeactivateUserRequest {
        site: "acme".to_owned(),
        user_id: grace,
        ..DeactivateUserRequest::default()
    };
    house.operator.users().deactivate_user(request).await.unwrap();
    for browser in [&mut of_ada, &mut of_grace] {
        let out = browser.get("/sites/acme/people").await;
        let page = browser.follow(&out).await;
        assert!(page.text().contains("Your session has ended"), "{}", page.text());
    }
    // The provider lets in whoever it knows; here they are no Admin any more.
    let mut browser = browser(house).await;
    let back = way_back(&mut browser, provider, ("acme", "ada@example.com")).await;
    let page = browser.get(&back).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("You are no active Admin of this site"), "{}", page.text());
}

async fn whoever_is_no_admin_here_is_told_so(house: &House, provider: &ForeignProvider) {
    user(house, "acme", "mod@example.com", Role::Moderator).await;
    user(house, "globex", "eve@example.com", Role::Admin).await;
    for (name, told) in [
        ("mod@example.com", "You are no active Admin of this site"),
        ("eve@example.com", "No user of this site has the user name"),
        ("nobody", "No user of this site has the user name"),
    ] {
        let mut browser = browser(house).await;
        let back = way_back(&mut browser, provider, ("acme", name)).await;
        let page = browser.get(&back).await;
        assert_eq!(page.status, 403, "{name}");
        assert!(page.text().contains(told), "{name}: {}", page.text());
        assert_eq!(browser.cookie, None, "nothing of it stays in the browser");
        assert_eq!(browser.get("/sites").await.status, 303);
    }
}

async fn an_answer_of_the_provider_is_good_once_and_in_its_browser(
    house: &House,
    provider: &ForeignProvider,
) {
    let who = ("acme", "root@example.com");
    let refused = |page: &Answer, told: &str| {
        assert_eq!(page.status, 403, "{}", page.text());
        assert!(page.text().contains(told), "{}", page.text());
    };
    let mut first = browser(house).await;
    let back = way_back(&mut first, provider, who).await;
    let kept = first.cookie.clone();
    let mut other = browser(house).await;
    refused(&other.get(&back).await, "did not begin the sign-in");
    way_back(&mut other, provider, who).await;
    refused(&other.get(&back).await, "belongs to another sign-in");
    // The same answer at another site, and with another state.
    let elsewhere = back.replace("/acme/", "/globex/");
    first.cookie.clone_from(&kept);
    refused(&first.get(&elsewhere).await, "belongs to another sign-in");
    let states = Regex::new("state=[^&]+").unwrap();
    first.cookie.clone_from(&kept);
    refused(&first.get(&states.replace(&back, "state=other")).await, "belongs to another sign-in");
    let issuers = Regex::new("iss=[^&]+").unwrap();
    first.cookie.clone_from(&kept);
    let mixed_up = issuers.replace(&back, "iss=https%3A%2F%2Fevil.example");
    refused(&first.get(&mixed_up).await, "another identity provider");
    first.cookie.clone_from(&kept);
    leads_to(&first.get(&back).await);
    // Replayed, by whoever has all of it.
    first.cookie.clone_from(&kept);
    refused(&first.get(&back).await, "each is good once");
    // What the provider says instead of a code is told only if it is a word.
    let denied = first.get("/sign-in/acme/callback?error=access_denied&state=x").await;
    refused(&denied, "it says access_denied.");
    let crafted = first.get("/sign-in/acme/callback?error=%3Cb%3ECall+555").await;
    refused(&crafted, "it says an error.");
}

async fn no_page_says_which_sites_there_are(house: &House, _: &ForeignProvider) {
    let mut told = Vec::new();
    for site in ["initech", "narnia1"] {
        let mut browser = browser(house).await;
        let page = browser.get(&format!("/sign-in/site?site={site}")).await;
        told.push((page.status, page.text().replace(site, "SITE")));
        assert_eq!(browser.cookie, None);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].0, 403);
    assert!(told[0].1.contains("is not set up"), "{}", told[0].1);
}
