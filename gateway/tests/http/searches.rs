//! Searches, cursors, orders and the root: the RPCs that they ask for, and how pages are told.

use crate::exchange::{House, ask};
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_test_kit::fake_core::{Asked, Reply, group, group_page, page, user};
use serde_json::{Value, json};
use tonic::Code;

fn lists(house: &House) -> Vec<v1::ListUsersRequest> {
    let calls = house.calls().into_iter();
    calls
        .filter_map(|call| match call.asked {
            Asked::List(asked) => Some(asked),
            _ => None,
        })
        .collect()
}

fn group_lists(house: &House) -> Vec<v1::ListGroupsRequest> {
    let calls = house.calls().into_iter();
    calls
        .filter_map(|call| match call.asked {
            Asked::ListGroups(asked) => Some(asked),
            _ => None,
        })
        .collect()
}

/// A page of users with more behind it.
fn more(users: Vec<v1::User>, total: i64, token: &str) -> Reply {
    let next_page_token = token.to_owned();
    Reply::Page(v1::ListUsersResponse { users, next_page_token, total: Some(total) })
}

fn more_groups(groups: Vec<v1::Group>, total: i64, token: &str) -> Reply {
    let next_page_token = token.to_owned();
    Reply::GroupPage(v1::ListGroupsResponse { groups, next_page_token, total: Some(total) })
}

/// RFC 7644 section 3.4.3.
#[tokio::test]
async fn a_search_asks_what_a_query_asks() {
    let query =
        "filter=userName%20sw%20%22j%22&startIndex=3&count=2&attributes=userName&sortBy=title";
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName sw \"j\"", "startIndex": 3, "count": 2, "attributes": ["userName"],
        "sortBy": "title",
    });
    let house = House::answering([page(vec![user()], 5), page(vec![user()], 5)]);
    let by_query = house.send(ask("GET", &format!("/Users?{query}"))).await.expect(200);
    let asked = lists(&house);
    let by_body =
        house.send(ask("POST", "/Users/.search").body(body.to_string())).await.expect(200);
    assert_eq!((lists(&house), by_body.text()), (asked, by_query.text()));
    assert_eq!(by_body.json()["startIndex"], 3);

    let query = query.replace("userName", "displayName").replace("&sortBy=title", "");
    let body = body.to_string().replace("userName", "displayName").replace("title", "");
    let house = House::answering([group_page(vec![group()], 5), group_page(vec![group()], 5)]);
    let by_query = house.send(ask("GET", &format!("/Groups?{query}"))).await.expect(200);
    let asked = group_lists(&house);
    let by_body = house.send(ask("POST", "/Groups/.search").body(body)).await.expect(200);
    assert_eq!((group_lists(&house), by_body.text()), (asked, by_query.text()));
}

#[tokio::test]
async fn a_search_is_posted_and_nothing_else() {
    for path in ["/.search", "/Users/.search", "/groups/.SEARCH"] {
        for method in ["GET", "PUT", "DELETE"] {
            let house = House::answering([]);
            let answer = house.send(ask(method, path)).await.expect(405);
            assert_eq!(answer.header("Allow"), Some("POST"));
        }
        let house = House::admitting();
        let answer = house.send(ask("POST", path).body("[]")).await.expect(400);
        assert_eq!(answer.json()["scimType"], "invalidSyntax");
        house.asked_for_the_token_only();
        // What is wrong with the token is told first, and a large body is not read before.
        let missing = || Reply::Refused(Code::Unauthenticated, ErrorReason::TokenMissing, "none");
        for body in ["[]".to_owned(), " ".repeat(40_000)] {
            let house = House::answering([missing()]);
            house.send(ask("POST", path).without_token().body(body)).await.expect(401);
        }
        let house = House::admitting();
        house.send(ask("POST", path).body(" ".repeat(40_000))).await.expect(413);
    }
}

/// RFC 9865.
#[tokio::test]
async fn pages_by_cursor_have_the_cursor_of_the_next_one() {
    let replies = [more(vec![user()], 7, "a-_b"), page(vec![user()], 7), page(vec![], 7)];
    let house = House::answering(replies);
    let first = house.send(ask("GET", "/Users?cursor&count=1")).await.expect(200).json();
    assert_eq!((&first["nextCursor"], &first["totalResults"]), (&json!("a-_b"), &json!(7)));
    assert_eq!(first.get("startIndex"), None);
    let last = house.send(ask("GET", "/Users?cursor=a-_b&count=1")).await.expect(200).json();
    assert_eq!((last.get("nextCursor"), &last["itemsPerPage"]), (None, &json!(1)));
    let counted = house.send(ask("GET", "/Users?cursor=a-_b&count=0")).await.expect(200).json();
    assert_eq!((counted.get("nextCursor"), &counted["totalResults"]), (None, &json!(7)));
    let asked = lists(&house).into_iter().map(|asked| (asked.page_token, asked.count_only));
    let token = |token: &str, count_only| (token.to_owned(), count_only);
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [token("", false), token("a-_b", false), token("", true)]
    );
    let house = House::answering([more_groups(vec![group()], 2, "x"), page(vec![user()], 1)]);
    let groups = house.send(ask("GET", "/Groups?cursor=")).await.expect(200).json();
    assert_eq!(groups["nextCursor"], "x");
    let by_number = house.send(ask("GET", "/Users")).await.expect(200).json();
    assert_eq!((by_number.get("nextCursor"), &by_number["startIndex"]), (None, &json!(1)));
}

#[tokio::test]
async fn wrong_cursors_are_refused_with_their_keywords() {
    let foreign = "the page token does not belong to this request";
    for (reason, keyword) in [
        (ErrorReason::PageTokenInvalid, "invalidCursor"),
        (ErrorReason::PageTokenExpired, "expiredCursor"),
    ] {
        let house = House::answering([Reply::Refused(Code::InvalidArgument, reason, foreign)]);
        let answer = house.send(ask("GET", "/Users?cursor=zz")).await.expect(400);
        assert_eq!(answer.json()["scimType"], keyword);
        assert!(answer.detail().starts_with("The cursor "), "{}", answer.detail());
    }
    for (path, keyword) in [
        ("/Users?cursor&count=ten", "invalidCount"),
        ("/Users?cursor&startIndex=1", "invalidValue"),
        ("/?cursor=zz", "invalidCursor"),
        ("/Users?sortBy=shoeSize", "invalidValue"),
        ("/Groups?sortOrder=up", "invalidValue"),
        ("/?sortBy=id", "invalidValue"),
        ("/?filter=shoeSize+pr", "invalidFilter"),
    ] {
        let house = House::admitting();
        let answer = house.send(ask("GET", path)).await.expect(400);
        assert_eq!(answer.json()["scimType"], keyword, "{path}");
        house.asked_for_the_token_only();
    }
}

#[tokio::test]
async fn an_order_is_asked_for_in_the_contracts_words() {
    let house = House::answering([page(vec![], 0)]);
    house.send(ask("GET", "/Users?sortBy=emails&sortOrder=descending")).await.expect(200);
    let sort = v1::Sort {
        attribute: "emails".to_owned(),
        sub_attribute: "value".to_owned(),
        descending: true,
    };
    assert_eq!(lists(&house)[0].sort, Some(sort));
    let house = House::answering([group_page(vec![], 0)]);
    house.send(ask("GET", "/Groups?sortBy=displayName")).await.expect(200);
    let sort = v1::Sort { attribute: "display_name".to_owned(), ..v1::Sort::default() };
    assert_eq!(group_lists(&house)[0].sort, Some(sort));
}

/// What is asked of users and groups: size, position, token, whether they are only counted.
fn asked(house: &House) -> Vec<(&'static str, i32, i64, String, bool)> {
    let calls = house.calls().into_iter();
    calls
        .map(|call| match call.asked {
            Asked::List(asked) => {
                ("users", asked.page_size, asked.skip, asked.page_token, asked.count_only)
            }
            Asked::ListGroups(asked) => {
                ("groups", asked.page_size, asked.skip, asked.page_token, asked.count_only)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

fn kinds(body: &Value) -> Vec<&str> {
    let resources = body["Resources"].as_array().unwrap().iter();
    resources.map(|one| one["meta"]["resourceType"].as_str().unwrap()).collect()
}

/// RFC 7644 section 3.4.2.1.
#[tokio::test]
async fn the_root_lists_users_and_then_groups_by_number() {
    let none = String::new;
    // Users, with room for groups; groups alone; users alone.
    let house = House::answering([page(vec![user(); 2], 4), group_page(vec![group()], 3)]);
    let body = house.send(ask("GET", "/?startIndex=3&count=3")).await.expect(200).json();
    assert_eq!((kinds(&body), &body["totalResults"]), (vec!["User", "User", "Group"], &json!(7)));
    assert_eq!(asked(&house), [("users", 3, 2, none(), false), ("groups", 1, 0, none(), false)]);
    let house = House::answering([page(vec![], 4), group_page(vec![group()], 3)]);
    let body = house.send(ask("GET", "/?startIndex=7&count=3")).await.expect(200).json();
    assert_eq!((kinds(&body), &body["startIndex"]), (vec!["Group"], &json!(7)));
    assert_eq!(asked(&house)[1], ("groups", 3, 2, none(), false));
    let house = House::answering([page(vec![user(); 2], 4), group_page(vec![], 3)]);
    house.send(ask("GET", "/?count=2")).await.expect(200);
    assert_eq!(asked(&house)[1], ("groups", 0, 0, none(), true));
    let house = House::answering([page(vec![], 4), group_page(vec![], 3)]);
    let body = house.send(ask("GET", "/?count=0")).await.expect(200).json();
    assert_eq!((&body["totalResults"], &body["Resources"]), (&json!(7), &json!([])));
}

#[tokio::test]
async fn the_root_goes_from_users_to_groups_by_cursor() {
    let house = House::answering([
        more(vec![user()], 2, "A"),
        group_page(vec![], 2),
        page(vec![user()], 2),
        group_page(vec![], 2),
        page(vec![], 2),
        more_groups(vec![group()], 2, "B"),
        page(vec![], 2),
        group_page(vec![group()], 2),
    ]);
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/?cursor={cursor}&count=1");
        let body = house.send(ask("GET", &path)).await.expect(200).json();
        assert_eq!((&body["totalResults"], body.get("startIndex")), (&json!(4), None));
        seen.extend(kinds(&body).into_iter().map(str::to_owned));
        let Some(next) = body.get("nextCursor") else { break };
        next.as_str().unwrap().clone_into(&mut cursor);
    }
    assert_eq!(seen, ["User", "User", "Group", "Group"]);
    let (none, of) = (String::new, |token: &str| token.to_owned());
    assert_eq!(
        asked(&house),
        [
            ("users", 1, 0, none(), false),
            ("groups", 0, 0, none(), true),
            ("users", 1, 0, of("A"), false),
            ("groups", 0, 0, none(), true),
            ("users", 0, 0, none(), true),
            ("groups", 1, 0, none(), false),
            ("users", 0, 0, none(), true),
            ("groups", 1, 0, of("B"), false),
        ]
    );
}

/// What a type has not is known before anything is asked.
#[tokio::test]
async fn the_root_asks_only_for_what_a_filter_can_find() {
    let house = House::answering([page(vec![user()], 1)]);
    let filter = "/?filter=userName+eq+%22jo%40example.com%22";
    let body = house.send(ask("GET", filter)).await.expect(200).json();
    assert_eq!((kinds(&body), &body["totalResults"]), (vec!["User"], &json!(1)));
    let house = House::answering([group_page(vec![group()], 1)]);
    let body = json!({"filter": "meta.resourceType eq \"Group\"", "excludedAttributes": "members"});
    let answer = house.send(ask("POST", "/.search").body(body.to_string())).await.expect(200);
    assert_eq!(kinds(&answer.json()), ["Group"]);
    let [asked] = &group_lists(&house)[..] else { panic!("not one") };
    assert_eq!((&asked.filter, asked.member_limit), (&None, 0));
    // Whoever asks for nothing shows a token all the same.
    let nothing = "/?filter=meta.resourceType+eq+%22Shoe%22";
    let house = House::admitting();
    assert_eq!(house.send(ask("GET", nothing)).await.expect(200).json()["totalResults"], 0);
    house.asked_for_the_token_only();
    let wrong = Reply::Refused(Code::Unauthenticated, ErrorReason::TokenInvalid, "wrong");
    House::answering([wrong]).send(ask("GET", nothing)).await.expect(401);
}

#[tokio::test]
async fn whoever_shows_a_token_at_the_root_lists_everything() {
    let house = House::answering([page(vec![user()], 1), group_page(vec![group()], 1)]);
    let body = house.send(ask("GET", "")).await.expect(200).json();
    assert_eq!(kinds(&body), ["User", "Group"]);
    let missing = Reply::Refused(Code::Unauthenticated, ErrorReason::TokenMissing, "none");
    House::answering([missing]).send(ask("GET", "/?count=1").without_token()).await.expect(401);
}
