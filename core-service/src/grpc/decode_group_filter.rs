//! From the contract's filter tree to conditions over groups.

use super::decode::{known, missing};
use super::decode_comparison::{incomparable, order_of_times, order_operator, text_operator};
use super::decode_filter::{too_much, tree, unless};
use provost_domain::{
    Filter, GroupFilter, GroupKey, GroupTest, MemberFilter, MemberTest, Reason, Refusal,
    TextOperator, TimeField, UserGroupFilter, UserGroupTest,
};
use provost_proto::limits::check_filter;
use provost_proto::v1;
use provost_proto::v1::Operator;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;

/// The one list of a group.
const MEMBERS: &str = "members";

/// The list of a user that tells which groups they are in.
pub(super) const GROUPS: &str = "groups";

/// Reads a condition over groups.
pub(super) fn group_filter(filter: &v1::Filter) -> Result<GroupFilter, Refusal> {
    check_filter(filter).map_err(too_much)?;
    tree(filter, &group_leaf)
}

/// Reads a condition over members of a group. How large it is was looked at before.
pub(super) fn member_filter(filter: &v1::Filter) -> Result<MemberFilter, Refusal> {
    tree(filter, &member_leaf)
}

fn group_leaf(node: &Node) -> Result<GroupFilter, Refusal> {
    match node {
        Node::Comparison(comparison) => group_comparison(comparison),
        Node::Present(name) => match name.as_str() {
            "id" | "display_name" | "create_time" | "update_time" => Ok(Filter::All(Vec::new())),
            "external_id" => Ok(Filter::Is(GroupTest::HasExternalId)),
            MEMBERS => Ok(Filter::Is(GroupTest::Member(Filter::All(Vec::new())))),
            name => Err(unknown(name)),
        },
        Node::Element(element) if element.list == MEMBERS => {
            let filter = element.filter.as_ref().ok_or_else(|| missing("filter"))?;
            Ok(Filter::Is(GroupTest::Member(member_filter(filter)?)))
        }
        Node::Element(element) => Err(unknown(&element.list)),
        Node::All(_) | Node::Any(_) | Node::Not(_) => Err(missing("filter.node")),
    }
}

fn group_comparison(asked: &v1::Comparison) -> Result<GroupFilter, Refusal> {
    let (name, operator, kind) = parts(asked)?;
    let key = match name {
        "id" => GroupKey::Id,
        "display_name" => GroupKey::DisplayName,
        "external_id" => GroupKey::ExternalId,
        "create_time" | "update_time" => return time_comparison(name, operator, kind),
        MEMBERS => return Err(incomparable(name)),
        name => return Err(unknown(name)),
    };
    let (operator, asked, negated) = text(name, operator, kind)?;
    Ok(unless(negated, GroupTest::Key(key, operator, asked)))
}

fn time_comparison(name: &str, operator: Operator, kind: &Kind) -> Result<GroupFilter, Refusal> {
    let field = if name == "create_time" { TimeField::Created } else { TimeField::Updated };
    let Kind::DateTime(at) = kind else { return Err(incomparable(name)) };
    let (operator, negated) = order_operator(operator).ok_or_else(|| incomparable(name))?;
    let (operator, at) = order_of_times(operator, at);
    Ok(unless(negated, GroupTest::Time(field, operator, at)))
}

fn member_leaf(node: &Node) -> Result<MemberFilter, Refusal> {
    match node {
        Node::Comparison(comparison) => {
            let (name, operator, kind) = parts(comparison)?;
            let test = match name {
                "value" => MemberTest::User,
                "display" => MemberTest::Display,
                name => return Err(unknown(name)),
            };
            let (operator, asked, negated) = text(name, operator, kind)?;
            Ok(unless(negated, test(operator, asked)))
        }
        // Every member has them.
        Node::Present(name) if ["value", "display", "type"].contains(&name.as_str()) => {
            Ok(Filter::All(Vec::new()))
        }
        Node::Present(name) => Err(unknown(name)),
        Node::Element(element) => Err(unknown(&element.list)),
        Node::All(_) | Node::Any(_) | Node::Not(_) => Err(missing("filter.node")),
    }
}

/// Reads a condition over the groups that a user is in.
pub(super) fn user_group_filter(filter: &v1::Filter) -> Result<UserGroupFilter, Refusal> {
    tree(filter, &user_group_leaf)
}

fn user_group_leaf(node: &Node) -> Result<UserGroupFilter, Refusal> {
    match node {
        Node::Comparison(comparison) => {
            let (name, operator, kind) = parts(comparison)?;
            let test = match name {
                "value" => UserGroupTest::Group,
                "display" => UserGroupTest::Display,
                name => return Err(unknown(name)),
            };
            let (operator, asked, negated) = text(name, operator, kind)?;
            Ok(unless(negated, test(operator, asked)))
        }
        // Every group has them.
        Node::Present(name) if ["value", "display", "type"].contains(&name.as_str()) => {
            Ok(Filter::All(Vec::new()))
        }
        Node::Present(name) => Err(unknown(name)),
        Node::Element(element) => Err(unknown(&element.list)),
        Node::All(_) | Node::Any(_) | Node::Not(_) => Err(missing("filter.node")),
    }
}

fn parts(asked: &v1::Comparison) -> Result<(&str, Operator, &Kind), Refusal> {
    let v1::Comparison { attribute, operator, value } = asked;
    let operator = known::<Operator>(*operator, "operator")?;
    let kind = value.as_ref().and_then(|value| value.kind.as_ref());
    Ok((attribute, operator, kind.ok_or_else(|| missing("comparison.value"))?))
}

fn text(
    name: &str,
    operator: Operator,
    kind: &Kind,
) -> Result<(TextOperator, String, bool), Refusal> {
    let (Kind::Text(text) | Kind::Reference(text)) = kind else { return Err(incomparable(name)) };
    let (operator, negated) = text_operator(operator)?;
    Ok((operator, text.clone(), negated))
}

fn unknown(name: &str) -> Refusal {
    let message = format!("groups have no attribute {name} to filter by; check its name");
    Refusal::about(Reason::FilterInvalid, name, message)
}
