//! Where things are, and what is answered where there is nothing.

use crate::exchange::{House, ONE, ask, ask_at};
use provost_test_kit::fake_core::{Asked, Reply, page, user};

/// The site that was asked about, and the URL that the user is told to have.
async fn site_and_location(uri: &str, host: Option<&str>) -> (String, String) {
    let house = House::answering([Reply::User(user())]);
    let mut asking = ask_at("GET", uri);
    if let Some(host) = host {
        asking = asking.header("Host", host);
    }
    let answer = house.send(asking).await.expect(200);
    let Asked::Get(asked) = house.asked() else { panic!("no get") };
    (asked.site, answer.json()["meta"]["location"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_base_url_is_the_one_by_which_the_caller_came() {
    let id = user().id;
    for (uri, host, site, base) in [
        ("/api/scim/v2", None, "default", "https://id.example.com/api/scim/v2"),
        ("/api/scim/v2", Some("10.0.0.1:8080"), "default", "https://id.example.com/api/scim/v2"),
        ("/c/acme/auth/scim/v2", None, "acme", "https://id.example.com/c/acme/auth/scim/v2"),
        (
            "/c/Beta/auth/scim/v2",
            Some("acme.example.com"),
            "beta",
            "https://id.example.com/c/beta/auth/scim/v2",
        ),
        ("/api/scim/v2", Some("Acme.example.com"), "acme", "https://Acme.example.com/api/scim/v2"),
        (
            "/api/scim/v2",
            Some("acme.example.com:8443"),
            "acme",
            "https://acme.example.com:8443/api/scim/v2",
        ),
        (
            "/api/scim/v2",
            Some("acme.example.com."),
            "acme",
            "https://acme.example.com./api/scim/v2",
        ),
        // A URL that names the host wins.
        (
            "https://acme.example.com/api/scim/v2",
            Some("other.example.com"),
            "acme",
            "https://acme.example.com/api/scim/v2",
        ),
        (
            "https://acme.example.com:8443/api/scim/v2",
            None,
            "acme",
            "https://acme.example.com:8443/api/scim/v2",
        ),
    ] {
        let found = site_and_location(&format!("{uri}/Users/{id}"), host).await;
        assert_eq!(found, (site.to_owned(), format!("{base}/Users/{id}")), "{uri} {host:?}");
    }
}

/// RFC 9112 section 3.2.
#[tokio::test]
async fn two_hosts_or_no_host_are_refused_before_anything_is_asked() {
    for path in ["/Users", "/Schemas", "/Me", "/Shoes"] {
        let house = House::answering([]);
        let two = ask("GET", path).header("Host", "a.example.com").header("Host", "b.example.com");
        assert!(house.send(two).await.expect(400).detail().contains("Host"));
        let none = house.send(ask("GET", path).header("Host", "a b")).await.expect(400);
        assert!(none.detail().contains("Host"));
        assert_eq!(house.calls().len(), 0);
    }
}

#[tokio::test]
async fn an_id_is_decoded_and_left_to_the_core_to_know() {
    for (path, id) in [
        ("/Users/no-uuid", "no-uuid"),
        ("/users/jo%40example.com", "jo@example.com"),
        ("/USERS/7.json?", "7"),
        ("/Users//7//?&", "7"),
        ("/Users/a%2Fb", "a/b"),
    ] {
        let house = House::answering([Reply::Refused(
            tonic::Code::NotFound,
            provost_proto::v1::ErrorReason::UserNotFound,
            "there is no such user in this site",
        )]);
        let answer = house.send(ask("GET", path)).await.expect(404);
        assert_eq!(
            answer.detail(),
            "There is no such user in this site; look the user up by userName, or create the user."
        );
        assert!(matches!(house.asked(), Asked::Get(asked) if asked.user_id == id), "{path}");
    }
}

#[tokio::test]
async fn the_base_itself_says_what_it_is() {
    for uri in ["/c/acme/auth/scim/v2", "/c/acme/auth/scim/v2/"] {
        let house = House::answering([]);
        let answer = house.send(ask_at("GET", uri).without_token()).await.expect(200);
        let about = answer.json();
        assert!(about["detail"].as_str().unwrap().contains("SCIM 2.0 base URL"), "{about}");
        let url = "https://id.example.com/c/acme/auth/scim/v2/ServiceProviderConfig";
        assert_eq!(about["readOn"][0], url);
        house.send(ask_at("POST", uri)).await.expect(405);
        assert_eq!(house.calls().len(), 0);
    }
}

#[tokio::test]
async fn nothing_is_asked_about_what_is_not_there() {
    for (method, uri, status) in [
        ("GET", "/", 404),
        ("GET", "/Users", 404),
        ("GET", "/c/acme/auth/scim", 404),
        ("GET", "/api/scim/v2/Shoes", 404),
        ("POST", "/api/scim/v2/Users/1/2", 404),
        ("GET", "/api/scim/v2/Schemas/urn:x", 404),
        ("GET", "/api/scim/v2/ResourceTypes/Shoe", 404),
    ] {
        let house = House::answering([]);
        for asking in [ask_at(method, uri), ask_at(method, uri).without_token()] {
            house.send(asking).await.expect(status);
        }
        assert_eq!(house.calls().len(), 0, "{uri}");
    }
}

/// So that people who look why a provider's requests fail find them.
#[tokio::test]
async fn what_is_not_served_is_told_to_anybody_and_noted_of_who_is_let_in() {
    for (method, uri) in [
        ("GET", "/api/scim/v2/Me"),
        ("PATCH", "/api/scim/v2/me"),
        ("POST", "/c/acme/auth/scim/v2/me/more"),
    ] {
        let house = House::answering([Reply::Admitted]);
        house.send(ask_at(method, uri)).await.expect(501);
        let Asked::CheckToken(asked) = house.asked() else { panic!("{uri}") };
        let refused = asked.refused.unwrap();
        assert_eq!(refused.status, 501, "{refused:?}");
        assert!(refused.operation.starts_with(method), "{refused:?}");
        let wrong = "the token is not valid";
        let rejected = Reply::Refused(
            tonic::Code::Unauthenticated,
            provost_proto::v1::ErrorReason::TokenInvalid,
            wrong,
        );
        let house = House::answering([rejected]);
        house.send(ask_at(method, uri)).await.expect(401);
        assert_eq!(house.calls().len(), 1, "{uri}");
    }
    let house = House::answering([]);
    house.send(ask_at("POST", "/api/scim/v2/Me").without_token()).await.expect(501);
    assert_eq!(house.calls().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_done_says_what_can() {
    for (method, path, allowed) in [
        ("PATCH", "/Users", "GET, HEAD, POST"),
        ("DELETE", "/Users", "GET, HEAD, POST"),
        ("OPTIONS", "/Users", "GET, HEAD, POST"),
        ("POST", ONE, "GET, HEAD, PUT, PATCH, DELETE"),
        ("BREW", ONE, "GET, HEAD, PUT, PATCH, DELETE"),
        ("PUT", "/Groups", "GET, HEAD, POST"),
        ("POST", "/Groups/1", "GET, HEAD, PUT, PATCH, DELETE"),
        ("POST", "/Schemas", "GET, HEAD"),
        ("GET", "/Bulk", "POST"),
        ("DELETE", "/ServiceProviderConfig", "GET, HEAD"),
    ] {
        let house = House::answering([]);
        let answer = house.send(ask(method, path)).await.expect(405);
        assert_eq!(answer.header("Allow"), Some(allowed), "{method} {path}");
        assert!(answer.detail().contains(method), "{}", answer.detail());
        assert_eq!(house.calls().len(), 0);
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let house = House::answering([Reply::User(user()), page(vec![user()], 1)]);
    let answer = house.send(ask("HEAD", ONE)).await.expect(200);
    assert_eq!((answer.text(), answer.header("ETag")), ("", Some("W/\"3\"")));
    assert_eq!(house.send(ask("HEAD", "/Users")).await.expect(200).text(), "");
    assert_eq!(house.send(ask("HEAD", "/Schemas")).await.expect(200).text(), "");
    assert_eq!(house.send(ask("HEAD", "/Shoes")).await.expect(404).text(), "");
    assert_eq!(house.calls().len(), 2);
}

/// The same for everybody (RFC 7644 section 4).
#[tokio::test]
async fn discovery_needs_no_token_and_no_core() {
    let house = House::answering([]);
    for path in [
        "/ServiceProviderConfig",
        "/serviceproviderconfigs/",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
        "/schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser",
    ] {
        house.send(ask("GET", path).without_token()).await.expect(200);
    }
    let at_site = ask_at("GET", "/c/acme/auth/scim/v2/ResourceTypes/User").without_token();
    let location = "https://id.example.com/c/acme/auth/scim/v2/ResourceTypes/User";
    assert_eq!(house.send(at_site).await.expect(200).json()["meta"]["location"], location);
    assert_eq!(house.calls().len(), 0);
}
