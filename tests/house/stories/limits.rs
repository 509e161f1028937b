//! What asks for too much is told so, in words and with its own error, whichever room notices.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provost_proto::v1::filter::Node;
use provost_proto::v1::{Filter, FilterList, ListUsersRequest};
use serde_json::json;
use tonic::Code;

use crate::support::{Answer, House, Site, in_every_house};

in_every_house!(
    filters_are_read_or_refused_at_every_depth,
    paths_are_read_or_refused_at_every_depth,
    a_body_that_says_too_much_is_refused,
);

/// Depths of nesting, beyond all that is read.
const DEPTHS: [usize; 8] = [1, 8, 16, 20, 26, 32, 33, 60];

fn nested(depth: usize, condition: &str, innermost: &str) -> String {
    let before = format!("{condition} and not (").repeat(depth);
    format!("{before}{innermost}{}", ")".repeat(depth))
}

/// Answered, or refused as a filter that can't be read.
fn is_answered(answer: &Answer) -> bool {
    if answer.status == 200 {
        return true;
    }
    answer.refusal(400);
    assert_eq!(answer.json()["scimType"], "invalidFilter");
    false
}

async fn filters_are_read_or_refused_at_every_depth(house: &House) {
    let site = Site::new(house, "acme").await;
    site.user("ada@example.com").await;
    let mut answered = Vec::new();
    for depth in DEPTHS {
        let filter = nested(depth, "title pr", "userName eq \"x\"");
        let encoded = utf8_percent_encode(&filter, NON_ALPHANUMERIC);
        if is_answered(&site.get(&format!("/Users?filter={encoded}")).await) {
            answered.push(depth);
        }
    }
    assert_eq!(answered, [1, 8, 16, 20]);

    let mut users = house.operator.users();
    let node = |node| Filter { node: Some(node) };
    for depth in [20, 50, 120] {
        let mut filter = node(Node::Present("title".to_owned()));
        for _ in 0..depth {
            filter = node(Node::All(FilterList { filters: vec![filter] }));
        }
        let request = ListUsersRequest {
            site: site.name.clone(),
            filter: Some(filter),
            ..ListUsersRequest::default()
        };
        let code = users.list_users(request).await.err().map(|status| status.code());
        assert_eq!(code, (depth > 20).then_some(Code::InvalidArgument), "{depth}");
    }
}

async fn paths_are_read_or_refused_at_every_depth(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    let mut answered = Vec::new();
    for depth in DEPTHS {
        let selector = nested(depth, "type pr", "value eq \"x\"");
        let path = format!("emails[{selector}].display");
        let operations = json!([{"op": "remove", "path": path}]);
        if is_answered(&site.patch(&user.id, &operations).await) {
            answered.push(depth);
        }
    }
    assert_eq!(answered, [1, 8, 16, 20]);
}

async fn a_body_that_says_too_much_is_refused(house: &House) {
    let site = Site::new(house, "acme").await;
    let user = site.user("ada@example.com").await;
    let words = r#""userType":"Chief","#.repeat(40_000);
    let whole = format!(r#"{{{words}"userName":"grace@example.com"}}"#);
    let operation = format!(r#"{{"Operations":[{{"op":"add","value":{whole}}}]}}"#);
    let one = format!("/Users/{}", user.id);
    for (method, path, body) in
        [("POST", "/Users", &whole), ("PUT", &one, &whole), ("PATCH", &one, &operation)]
    {
        let push = site.push(method, path).header("Content-Type", "application/scim+json");
        let detail = push.bytes(body.clone()).send().await.refusal(413);
        assert!(detail.contains("1000 changes"), "{method}: {detail}");
    }
    assert_eq!(site.stored(&user.id).await.version, user.version);
}
