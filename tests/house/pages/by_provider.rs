//! Admins who sign in by the identity provider of their site: to it and back in a real browser, out again, and
//! out at once when they are no Admin any more.
//!
//! To the browser the provider is another site than the console, as it is for people.

use provost_proto::v1::{CreateTokenRequest, Role};

use super::{axe, readable, seen};
use crate::support::admins::{house_with, set_role, user};
use crate::support::chromium::{Chromium, SCREENS};
use crate::support::foreign_provider::ForeignProvider;
use crate::support::{Database, Engine, House, Shape};

macro_rules! in_a_house_with_a_provider {
    ($name:ident, $shape:ident, $($story:ident),*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $story() {
                    let Some(house) = super::house(super::Shape::$shape).await else { return };
                    super::$story(&house.0).await;
                    house.0.stop().await;
                }
            )*
        }
    };
}

in_a_house_with_a_provider!(
    joined,
    AllInOne,
    an_admin_signs_in_by_the_identity_provider,
    an_admin_signs_in_without_script,
    what_admins_see_can_be_read_by_everybody
);
in_a_house_with_a_provider!(
    split,
    Split,
    an_admin_signs_in_by_the_identity_provider,
    an_admin_signs_in_without_script
);

async fn house(shape: Shape) -> Option<(House, ForeignProvider)> {
    let provider = ForeignProvider::start("claims-in-tokens").await?;
    let database = Database::fresh(Engine::Sqlite)?;
    let house = house_with(shape, database, &provider, "preferred_username").await;
    Some((house, provider))
}

async fn an_admin_signs_in_by_the_identity_provider(house: &House) {
    let Some(chromium) = Chromium::start(true).await else { return };
    let complaints = there_and_back(&chromium, house).await;
    assert_eq!(complaints, [""; 0], "the policy stops nothing of ours");
    chromium.end().await;
}

async fn an_admin_signs_in_without_script(house: &House) {
    let Some(chromium) = Chromium::start(false).await else { return };
    there_and_back(&chromium, house).await;
    chromium.end().await;
}

/// From the page where one signs in to the provider's, where somebody types who they are.
async fn sign_in(chromium: &Chromium, console: &str, name: &str) {
    chromium.go(&format!("{console}/sign-in")).await;
    chromium.type_into("#site", "acme").await;
    chromium.click("form[action='/sign-in/site'] button").await;
    chromium.type_into("input[name=login]", name).await;
    chromium.type_into("input[name=password]", "x").await;
    chromium.click("form:has(input[value=login]) button").await;
    chromium.click("form:has(input[value=consent]) button").await;
    chromium.shows("h1", "SCIM").await;
}

/// Answers what the browser complained of about pages of the console.
async fn there_and_back(chromium: &Chromium, house: &House) -> Vec<String> {
    let console = super::console(house).await;
    let ada = user(house, "acme", "ada@example.com", Role::Admin).await;
    sign_in(chromium, &console, "ada@example.com").await;
    chromium.shows("header", "ada@example.com").await;
    // Their own site's pages, and of others nothing.
    let ways = chromium.text("nav").await;
    assert!(ways.contains("acme") && ways.contains("People"), "{ways}");
    for other in ["globex", "services", "Services", "Sites"] {
        assert!(!ways.contains(other), "{other}: {ways}");
    }
    chromium.click("nav a[href$=people]").await;
    chromium.shows("main", "root@example.com").await;
    chromium.click("header a.brand").await;
    chromium.shows("h1", "SCIM").await;
    let own = |line: &String| line.contains(&console);
    let complaints = chromium.complaints().await.into_iter().filter(own).collect();

    chromium.go(&format!("{console}/sites/globex/people")).await;
    chromium.shows("main", "There is no site named globex").await;
    chromium.go(&format!("{console}/services")).await;
    chromium.shows("h1", "There is no such page").await;

    chromium.go(&format!("{console}/sites/acme/people")).await;
    chromium.click("header button").await;
    chromium.shows("h1", "Sign in").await;
    chromium.go(&format!("{console}/sites/acme/people")).await;
    chromium.shows("h1", "Sign in").await;

    // The provider still knows the browser, so it leads back by itself.
    chromium.type_into("#site", "acme").await;
    chromium.click("form[action='/sign-in/site'] button").await;
    chromium.shows("h1", "SCIM").await;
    set_role(house, "acme", &ada, Role::Moderator).await;
    chromium.click("nav a[href$=people]").await;
    chromium.shows("h1", "Sign in").await;
    chromium.shows(".note", "Your session has ended").await;
    chromium.type_into("#site", "acme").await;
    chromium.click("form[action='/sign-in/site'] button").await;
    chromium.shows("#site-problem", "You are no active Admin of this site").await;
    complaints
}

async fn what_admins_see_can_be_read_by_everybody(house: &House) {
    let Some(chromium) = Chromium::start(true).await else { return };
    let axe = axe();
    let console = super::console(house).await;
    // As a provider sends somebody back whom it does not let in.
    let denied = format!("{console}/sign-in/acme/callback?error=access_denied");
    for screen in SCREENS {
        chromium.look_with(screen).await;
        chromium.go(&denied).await;
        chromium.shows("#site-problem", "it says access_denied").await;
        seen(&chromium, axe.as_deref(), "sign-in-denied", screen).await;
    }
    sign_in(&chromium, &console, "root@example.com").await;
    // What the provider's pages made the browser say is none of ours.
    chromium.complaints().await;
    let show = format!("{console}/sites/acme/tokens/{}/show", kept_token(house).await);
    for screen in SCREENS {
        chromium.look_with(screen).await;
        chromium.go(&show).await;
        chromium.shows("h1", "typed").await;
        seen(&chromium, axe.as_deref(), "token-show", screen).await;
        chromium.click("button.danger").await;
        chromium.shows("#token-value", "correct-horse").await;
        readable(&chromium, axe.as_deref(), "token-shown", screen).await;
        chromium.go(&format!("{console}/sites/acme/people")).await;
        seen(&chromium, axe.as_deref(), "admin-people", screen).await;
        chromium.go(&format!("{console}/sites/acme/settings")).await;
        readable(&chromium, axe.as_deref(), "admin-settings", screen).await;
    }
    chromium.end().await;
}

/// A token that somebody typed, whose value is kept, by its id.
async fn kept_token(house: &House) -> String {
    let request = CreateTokenRequest {
        site: "acme".to_owned(),
        name: "typed".to_owned(),
        value: Some("correct-horse-battery-staple".to_owned()),
        keep_value: true,
        ..CreateTokenRequest::default()
    };
    let made = house.operator.sites().create_token(request).await.unwrap().into_inner();
    made.token.unwrap().id
}
