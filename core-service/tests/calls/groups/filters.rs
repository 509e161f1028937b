//! Groups that are found by what they are called and by who is in them.

use super::*;
use provost_proto::v1::Operator;
use provost_proto::v1::value::Kind;

on_both_databases!(
    groups_are_found_by_each_attribute,
    a_filter_that_means_nothing_is_refused,
    who_leaves_by_a_condition_is_who_is_found_by_it,
);

fn comparison(attribute: &str, operator: Operator, value: Kind) -> v1::Filter {
    let (attribute, value) = (attribute.to_owned(), Some(value_of(value)));
    let comparison = v1::Comparison { attribute, operator: operator.into(), value };
    v1::Filter { node: Some(Node::Comparison(comparison)) }
}

fn value_of(kind: Kind) -> v1::Value {
    v1::Value { kind: Some(kind) }
}

fn is(attribute: &str, operator: Operator, text: &str) -> v1::Filter {
    comparison(attribute, operator, Kind::Text(text.to_owned()))
}

fn members(filter: v1::Filter) -> v1::Filter {
    let (list, filter) = ("members".to_owned(), Some(Box::new(filter)));
    let element = v1::ElementFilter { list, filter };
    v1::Filter { node: Some(Node::Element(Box::new(element))) }
}

fn not(filter: v1::Filter) -> v1::Filter {
    v1::Filter { node: Some(Node::Not(Box::new(filter))) }
}

fn all(filters: Vec<v1::Filter>) -> v1::Filter {
    v1::Filter { node: Some(Node::All(v1::FilterList { filters })) }
}

fn present(name: &str) -> v1::Filter {
    v1::Filter { node: Some(Node::Present(name.to_owned())) }
}

async fn found(
    groups: &mut Groups,
    filter: v1::Filter,
) -> Result<(Vec<String>, Option<i64>), Status> {
    let request = v1::ListGroupsRequest {
        site: SITE.to_owned(),
        filter: Some(filter),
        count_total: true,
        ..v1::ListGroupsRequest::default()
    };
    let found = groups.list_groups(request).await?.into_inner();
    let names = found.groups.into_iter().map(|group| group.display_name).collect();
    Ok((names, found.total))
}

async fn groups_are_found_by_each_attribute(fixture: Fixture) {
    let people = people(&fixture, &["ada", "bob", "cid"]).await;
    let mut users = fixture.users();
    let name = set_text("display_name", "Ada Łovelace");
    change(&mut users, &people[0], vec![name], v1::WriteOptions::default()).await.unwrap();
    let guides = make(&fixture, "Éclaireurs", &[&people[0], &people[1]]).await;
    make(&fixture, "Pilots", &[&people[1]]).await;
    let mut groups = fixture.groups();
    let request = v1::CreateGroupRequest {
        site: SITE.to_owned(),
        display_name: "Empty 100%".to_owned(),
        external_id: Some("Ext-1".to_owned()),
        ..v1::CreateGroupRequest::default()
    };
    create_group(&mut groups, request).await.unwrap();
    fixture.site("other").await;
    let elsewhere = v1::CreateGroupRequest {
        site: "other".to_owned(),
        display_name: "Pilots".to_owned(),
        ..v1::CreateGroupRequest::default()
    };
    create_group(&mut groups, elsewhere).await.unwrap();
    let (e, p, m) = ("Éclaireurs", "Pilots", "Empty 100%");
    let day = Kind::DateTime(prost_types::Timestamp { seconds: 1, nanos: 0 });
    let member = |id: &str| members(is("value", Operator::Equal, id));
    for (filter, expected) in [
        (is("display_name", Operator::Equal, "éCLAIREURS"), &[e][..]),
        (is("display_name", Operator::Equal, "nobody\0"), &[]),
        (is("display_name", Operator::Contains, "0%"), &[m]),
        (is("display_name", Operator::StartsWith, "PI"), &[p]),
        (is("display_name", Operator::NotEqual, "pilots"), &[e, m]),
        (is("external_id", Operator::Equal, "Ext-1"), &[m]),
        (is("external_id", Operator::Equal, "ext-1"), &[]),
        (is("external_id", Operator::NotEqual, "x"), &[e, p, m]),
        (is("id", Operator::Equal, &guides.id), &[e]),
        (is("id", Operator::StartsWith, &guides.id), &[e]),
        (present("external_id"), &[m]),
        (present("members"), &[e, p]),
        (not(present("members")), &[m]),
        (present("display_name"), &[e, p, m]),
        (comparison("create_time", Operator::GreaterThan, day.clone()), &[e, p, m]),
        (comparison("update_time", Operator::LessThan, day), &[]),
        (member(&people[0]), &[e]),
        (member(&people[1]), &[e, p]),
        (member(&people[2]), &[]),
        (member("ada"), &[]),
        (not(member(&people[0])), &[p, m]),
        (members(is("value", Operator::NotEqual, &people[0])), &[e, p]),
        (members(is("value", Operator::StartsWith, &people[0])), &[e]),
        (members(is("display", Operator::Equal, "ada łOVELACE")), &[e]),
        (members(is("display", Operator::Equal, "ada")), &[]),
        (members(is("display", Operator::Equal, "BOB")), &[e, p]),
        (
            members(all(vec![
                is("value", Operator::Equal, &people[1]),
                is("display", Operator::Equal, "ada łovelace"),
            ])),
            &[],
        ),
        (all(vec![member(&people[1]), is("display_name", Operator::EndsWith, "S")]), &[e, p]),
        (all(vec![member(&people[0]), member(&people[1])]), &[e]),
    ] {
        let (names, total) = found(&mut groups, filter.clone()).await.unwrap();
        assert_eq!(names, expected, "{filter:?}");
        assert_eq!(total, Some(i64::try_from(expected.len()).unwrap()), "{filter:?}");
    }
}

async fn a_filter_that_means_nothing_is_refused(fixture: Fixture) {
    let mut groups = fixture.groups();
    let emails =
        v1::ElementFilter { list: "emails".to_owned(), filter: Some(Box::new(present("value"))) };
    for filter in [
        is("title", Operator::Equal, "x"),
        is("members", Operator::Equal, "x"),
        comparison("display_name", Operator::Equal, Kind::Boolean(true)),
        is("create_time", Operator::Equal, "x"),
        present("title"),
        v1::Filter { node: Some(Node::Element(Box::new(emails))) },
    ] {
        let refused = found(&mut groups, filter.clone()).await.unwrap_err();
        let expected = (Code::InvalidArgument, "FILTER_INVALID".to_owned());
        assert_eq!(reason(&refused), expected, "{filter:?}");
    }
}

/// The law looks at members as the database does.
async fn who_leaves_by_a_condition_is_who_is_found_by_it(fixture: Fixture) {
    let people = people(&fixture, &["ada", "Éve", "bob"]).await;
    let name = set_text("display_name", "Ada Łovelace");
    let mut users = fixture.users();
    change(&mut users, &people[0], vec![name], v1::WriteOptions::default()).await.unwrap();
    let mut groups = fixture.groups();
    let ids: Vec<_> = people.iter().map(String::as_str).collect();
    let conditions = [
        is("display", Operator::Equal, "ADA ŁOVELACE"),
        is("display", Operator::StartsWith, "é"),
        is("display", Operator::Contains, "o"),
        is("display", Operator::GreaterThan, "b"),
        not(is("display", Operator::EndsWith, "E")),
        is("value", Operator::NotEqual, ids[0]),
        is("value", Operator::GreaterOrEqual, ids[1]),
        is("value", Operator::Equal, &ids[1].to_uppercase()),
        all(vec![present("display"), not(is("value", Operator::Equal, ids[2]))]),
        present("type"),
    ];
    for (number, condition) in conditions.into_iter().enumerate() {
        let group = make(&fixture, &format!("Group {number}"), &ids).await;
        let mut stays = Vec::new();
        for id in &ids {
            let both = members(all(vec![condition.clone(), is("value", Operator::Equal, id)]));
            let asked = all(vec![is("id", Operator::Equal, &group.id), both]);
            if found(&mut groups, asked).await.unwrap().0.is_empty() {
                stays.push(*id);
            }
        }
        stays.sort_unstable();
        let filter = Some(condition.clone());
        let leave = Change::RemoveSelectedMembers(v1::RemoveSelectedMembers { filter });
        let decision = change_group(&mut groups, &group.id, vec![leave]).await.unwrap();
        assert_eq!(decision.changed, stays.len() < ids.len(), "{condition:?}");
        let left = whole(&mut groups, &group.id).await.unwrap();
        assert_eq!(member_ids(&left), stays, "{condition:?}");
    }
    let group = make(&fixture, "Guides", &ids).await;
    for filter in [None, Some(is("title", Operator::Equal, "x")), Some(present("nick_name"))] {
        let leave = Change::RemoveSelectedMembers(v1::RemoveSelectedMembers { filter });
        let refusal = change_group(&mut groups, &group.id, vec![leave]).await.unwrap_err();
        assert_eq!(refusal.code(), Code::InvalidArgument);
    }
    let left = whole(&mut groups, &group.id).await.unwrap();
    assert_eq!(left.members.len(), ids.len());
}
