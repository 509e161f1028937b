//! Requests that can't be right, each with the reason and the field that its sender is told.

use super::fixture::*;
use provost_proto::v1;
use provost_proto::v1::change::Change;
use provost_proto::v1::edit_list::Edit;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{Operator, Role};
use tonic::Code;
use tonic_types::StatusExt as _;

on_both_databases!(
    a_bad_change_is_refused_with_its_reason,
    a_bad_filter_is_refused_with_its_reason,
    a_bad_name_is_refused_with_its_reason,
    a_message_larger_than_is_read_is_refused_with_its_reason,
    nobody_keeps_the_writer_or_the_readers_busy_with_conditions,
);

fn comparison(attribute: &str, operator: Operator, value: v1::Value) -> v1::Filter {
    let operator = operator.into();
    let attribute = attribute.to_owned();
    node(Node::Comparison(v1::Comparison { attribute, operator, value: Some(value) }))
}

fn node(node: Node) -> v1::Filter {
    v1::Filter { node: Some(node) }
}

fn edit(list: &str, edit: Option<Edit>) -> Change {
    Change::EditList(v1::EditList { list: list.to_owned(), selector: None, edit })
}

fn ignored(reason: v1::ErrorReason) -> Change {
    Change::Ignored(v1::Ignored { reason: reason.into(), ..v1::Ignored::default() })
}

async fn a_message_larger_than_is_read_is_refused_with_its_reason(fixture: Fixture) {
    let name = "x".repeat(5 << 20);
    let status = create(&mut fixture.users(), &name, Role::Registered).await.unwrap_err();
    assert_eq!(reason(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned()));
    assert!(status.message().contains("send several requests"), "{status:?}");
}

async fn a_bad_change_is_refused_with_its_reason(fixture: Fixture) {
    let before = fixture.user("ada", Role::Registered).await;
    let long = "x".repeat(5_000);
    let elements = |count: usize| {
        let numbered = |number: usize| element("value", &number.to_string());
        v1::List { elements: (0..count).map(numbered).collect() }
    };
    let list = |element: v1::Value| v1::List { elements: vec![element] };
    let remove = || Some(Edit::Remove(v1::edit_list::Remove {}));
    let bad: Vec<(Option<Change>, &str, &str)> = vec![
        (None, "VALUE_INVALID", "change"),
        (Some(Change::SetRole(v1::SetRole { role: 0 })), "VALUE_INVALID", "role"),
        (Some(Change::SetRole(v1::SetRole { role: 9 })), "ROLE_UNKNOWN", "role"),
        (Some(rename("")), "VALUE_INVALID", "user_name"),
        (Some(rename("a\u{0}b")), "VALUE_INVALID", "user_name"),
        (Some(rename(&"x".repeat(600))), "LIMIT_EXCEEDED", "user_name"),
        (Some(set_text("shoe_size", "44")), "VALUE_INVALID", "shoe_size"),
        (Some(set_text("title", &long)), "LIMIT_EXCEEDED", "title"),
        (Some(set_external_id(&long)), "LIMIT_EXCEEDED", "external_id"),
        (Some(set("title", value(Kind::Integer(44)))), "VALUE_INVALID", "title"),
        (Some(set("title", v1::Value::default())), "VALUE_INVALID", "title"),
        (Some(set("emails", text("ada@x"))), "VALUE_INVALID", "emails"),
        (Some(edit("title", remove())), "VALUE_INVALID", "title"),
        (Some(edit("shoes", remove())), "VALUE_INVALID", "shoes"),
        (Some(edit("emails", None)), "VALUE_INVALID", "edit"),
        (Some(edit("emails", Some(Edit::Add(elements(101))))), "LIMIT_EXCEEDED", "emails"),
        (
            Some(edit("emails", Some(Edit::Add(list(element("shoe", "44")))))),
            "VALUE_INVALID",
            "shoe",
        ),
        (Some(edit("emails", Some(Edit::Add(list(text("ada@x")))))), "VALUE_INVALID", "emails"),
        (
            Some(edit("emails", Some(Edit::Add(list(element("primary", "yes")))))),
            "VALUE_INVALID",
            "primary",
        ),
        (Some(hold("Not A Word", "")), "VALUE_INVALID", "name"),
        (Some(hold("legal", &long)), "LIMIT_EXCEEDED", "note"),
        (Some(ignored(v1::ErrorReason::Internal)), "VALUE_INVALID", "reason"),
    ];
    let mut users = fixture.users();
    for (change, expected, field) in bad {
        let request = v1::ChangeUserRequest {
            site: SITE.to_owned(),
            user_id: before.id.clone(),
            changes: vec![v1::Change { change: Some(set_title("x")) }, v1::Change { change }],
            options: None,
            include_groups: false,
        };
        let status = users.change_user(request).await.unwrap_err();
        assert_eq!(reason(&status), (Code::InvalidArgument, expected.to_owned()), "{field}");
        let details = status.get_details_bad_request().unwrap();
        let [violation] = details.field_violations.as_slice() else { panic!("{details:?}") };
        assert_eq!(
            (violation.field.as_str(), violation.description.as_str()),
            (field, status.message())
        );
    }
    let many = vec![set_title("x"); 1001];
    let status = change(&mut users, &before.id, many, v1::WriteOptions::default()).await;
    assert_eq!(reason(&status.unwrap_err()).1, "LIMIT_EXCEEDED");
    assert_eq!(fixture.get(&before.id).await, before, "nothing of it was done");
    assert_eq!(fixture.lines().await, 2, "site and user; mistakes are no decisions");
}

fn rename(user_name: &str) -> Change {
    Change::SetUserName(v1::SetUserName { user_name: user_name.to_owned() })
}

fn set_external_id(id: &str) -> Change {
    Change::SetExternalId(v1::SetExternalId { external_id: Some(id.to_owned()) })
}

fn hold(name: &str, note: &str) -> Change {
    Change::PlaceHold(v1::PlaceHold {
        name: name.to_owned(),
        note: note.to_owned(),
        expiration: None,
    })
}

async fn a_bad_filter_is_refused_with_its_reason(fixture: Fixture) {
    let deep = |levels: usize| {
        (0..levels).fold(node(Node::Present("title".to_owned())), |filter, _| {
            node(Node::Not(Box::new(filter)))
        })
    };
    let wide = node(Node::Any(v1::FilterList {
        filters: vec![node(Node::Present("title".to_owned())); 600],
    }));
    let in_element = |filter: Option<v1::Filter>, list: &str| {
        let filter = filter.map(Box::new);
        node(Node::Element(Box::new(v1::ElementFilter { list: list.to_owned(), filter })))
    };
    let nested = in_element(Some(in_element(None, "emails")), "emails");
    let bad = [
        (v1::Filter::default(), "VALUE_INVALID"),
        (node(Node::All(v1::FilterList::default())), "VALUE_INVALID"),
        (node(Node::Present("shoe_size".to_owned())), "FILTER_INVALID"),
        (comparison("shoe_size", Operator::Equal, text("44")), "FILTER_INVALID"),
        (comparison("title", Operator::Unspecified, text("x")), "VALUE_INVALID"),
        (comparison("title", Operator::Equal, value(Kind::Boolean(true))), "FILTER_INVALID"),
        (comparison("active", Operator::Equal, text("true")), "FILTER_INVALID"),
        (comparison("active", Operator::GreaterThan, value(Kind::Boolean(true))), "FILTER_INVALID"),
        (comparison("create_time", Operator::Equal, text("today")), "FILTER_INVALID"),
        (comparison("role", Operator::Contains, text("Adm")), "FILTER_INVALID"),
        (in_element(None, "emails"), "VALUE_INVALID"),
        (in_element(Some(node(Node::Present("value".to_owned()))), "shoes"), "FILTER_INVALID"),
        (in_element(Some(node(Node::Present("shoe".to_owned()))), "emails"), "FILTER_INVALID"),
        (nested, "FILTER_INVALID"),
        (deep(90), "LIMIT_EXCEEDED"),
        // Deeper than is decoded.
        (deep(150), "LIMIT_EXCEEDED"),
        (wide, "LIMIT_EXCEEDED"),
    ];
    let mut users = fixture.users();
    for (filter, expected) in bad {
        let request = v1::ListUsersRequest {
            site: SITE.to_owned(),
            filter: Some(filter.clone()),
            ..v1::ListUsersRequest::default()
        };
        let status = users.list_users(request).await.unwrap_err();
        let refusal = reason(&status);
        assert_eq!(refusal, (Code::InvalidArgument, expected.to_owned()), "{filter:?}");
        assert!(status.get_details_bad_request().is_some(), "{filter:?}");
    }
}

async fn a_bad_name_is_refused_with_its_reason(fixture: Fixture) {
    let mut sites = fixture.sites();
    let mut users = fixture.users();
    let of = |site: &str| v1::ListUsersRequest { site: site.to_owned(), ..Default::default() };
    for (site, expected) in [
        ("Not-A-Site", (Code::InvalidArgument, "VALUE_INVALID")),
        ("-x", (Code::InvalidArgument, "VALUE_INVALID")),
        ("nobody", (Code::NotFound, "SITE_NOT_FOUND")),
        ("", (Code::NotFound, "SITE_NOT_FOUND")),
    ] {
        let (code, word) = reason(&users.list_users(of(site)).await.unwrap_err());
        assert_eq!((code, word.as_str()), expected, "{site}");
    }
    fixture.site("default").await;
    users.list_users(of("")).await.unwrap();

    let request = v1::CreateSiteRequest { name: SITE.to_owned(), options: None };
    let status = sites.create_site(request).await.unwrap_err();
    assert_eq!(reason(&status), (Code::AlreadyExists, "SITE_EXISTS".to_owned()));
    let connection = |name: &str| v1::CreateConnectionRequest {
        site: SITE.to_owned(),
        name: name.to_owned(),
        options: None,
    };
    sites.create_connection(connection("okta")).await.unwrap();
    for (name, expected) in [
        ("okta", (Code::AlreadyExists, "CONNECTION_EXISTS")),
        ("Okta", (Code::InvalidArgument, "VALUE_INVALID")),
        ("", (Code::InvalidArgument, "VALUE_INVALID")),
    ] {
        let (code, word) = reason(&sites.create_connection(connection(name)).await.unwrap_err());
        assert_eq!((code, word.as_str()), expected, "{name}");
    }
    let token = |connection: &str, name: &str| v1::CreateTokenRequest {
        site: SITE.to_owned(),
        connection: connection.to_owned(),
        name: name.to_owned(),
        ..Default::default()
    };
    for (request, expected) in [
        (token("entra", "x"), (Code::NotFound, "CONNECTION_NOT_FOUND")),
        (token("okta", ""), (Code::InvalidArgument, "VALUE_INVALID")),
    ] {
        let (code, word) = reason(&sites.create_token(request).await.unwrap_err());
        assert_eq!((code, word.as_str()), expected);
    }
    for token_id in ["no-uuid", "00000000-0000-7000-8000-000000000000"] {
        let request = v1::RevokeTokenRequest {
            site: SITE.to_owned(),
            token_id: token_id.to_owned(),
            options: None,
        };
        let status = sites.revoke_token(request).await.unwrap_err();
        assert_eq!(reason(&status), (Code::NotFound, "TOKEN_NOT_FOUND".to_owned()));
    }
    let status = get(&mut users, "no-uuid").await.unwrap_err();
    assert_eq!(reason(&status), (Code::NotFound, "USER_NOT_FOUND".to_owned()));
}

async fn nobody_keeps_the_writer_or_the_readers_busy_with_conditions(fixture: Fixture) {
    let user = fixture.user("ada", Role::Registered).await;
    let mut users = fixture.users();
    let condition = || comparison("value", Operator::Contains, text("x"));
    let any = |count: usize, one: &dyn Fn() -> v1::Filter| {
        let filters = (0..count).map(|_| one()).collect();
        node(Node::Any(v1::FilterList { filters }))
    };
    let remove = |conditions: usize| v1::Change {
        change: Some(Change::EditList(v1::EditList {
            list: "emails".to_owned(),
            selector: Some(any(conditions, &condition)),
            edit: Some(Edit::Remove(v1::edit_list::Remove {})),
        })),
    };
    let element = || {
        node(Node::Element(Box::new(v1::ElementFilter {
            list: "emails".to_owned(),
            filter: Some(Box::new(condition())),
        })))
    };
    // 49 conditions and what joins them, ten times: within the limit, and with one more not.
    for (times, allowed) in [(10, true), (11, false)] {
        let request = v1::ChangeUserRequest {
            site: SITE.to_owned(),
            user_id: user.id.clone(),
            changes: vec![remove(49); times],
            options: None,
            include_groups: false,
        };
        let answer = users.change_user(request).await;
        assert_eq!(answer.as_ref().err().map(reason), (!allowed).then(limit_exceeded));
    }
    for (conditions, allowed) in [(20, true), (21, false)] {
        let request = v1::ListUsersRequest {
            site: SITE.to_owned(),
            filter: Some(any(conditions, &element)),
            ..v1::ListUsersRequest::default()
        };
        let answer = users.list_users(request).await;
        assert_eq!(answer.as_ref().err().map(reason), (!allowed).then(limit_exceeded));
    }
}

fn limit_exceeded() -> (Code, String) {
    (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned())
}
