//! From the contract's filter tree to the domain's. How deep and large it may be is the contract's
//! (`provost_proto::limits`), which also keeps the recursion here and in the store within bounds.

use super::decode::{known, missing};
use super::decode_comparison::{
    comparison, incomparable, order_of_times, order_operator, text_operator,
};
use super::decode_group_filter::{GROUPS, user_group_filter};
use provost_domain::{
    AttributeType, Comparison, ElementFilter, ElementPart, ElementTest, Filter, KeyField,
    MetadataKey, ProfileAttribute, ProfileSchema, Reason, Refusal, Role, TimeField, UserFilter,
    UserTest,
};
use provost_proto::limits::{LimitExceeded, check_filter};
use provost_proto::v1;
use provost_proto::v1::Operator;
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind;

/// Reads a condition over users.
pub(super) fn user_filter(
    schema: ProfileSchema,
    filter: &v1::Filter,
) -> Result<UserFilter, Refusal> {
    check_filter(filter).map_err(too_much)?;
    tree(filter, &|node| user_leaf(schema, node))
}

/// Reads a condition over the elements of a list, of changes that are within the limits.
pub(super) fn element_filter(
    list: &ProfileAttribute,
    filter: &v1::Filter,
) -> Result<ElementFilter, Refusal> {
    tree(filter, &|node| element_leaf(list, node))
}

/// What is told of a request that asks for too much.
pub(super) fn too_much(exceeded: LimitExceeded) -> Refusal {
    let field = if exceeded.is_about_a_filter() { "filter" } else { "changes" };
    Refusal::about(Reason::LimitExceeded, field, exceeded.to_string())
        .naming(MetadataKey::Limit, &exceeded.limit())
}

/// What becomes of a node that is no other's parent.
type Leaf<'a, Test> = &'a dyn Fn(&Node) -> Result<Filter<Test>, Refusal>;

/// Reads a tree.
pub(super) fn tree<Test>(
    filter: &v1::Filter,
    leaf: Leaf<'_, Test>,
) -> Result<Filter<Test>, Refusal> {
    let node = filter.node.as_ref().ok_or_else(|| missing("filter.node"))?;
    let operands = |list: &v1::FilterList| {
        if list.filters.is_empty() {
            return Err(missing("filters"));
        }
        list.filters.iter().map(|operand| tree(operand, leaf)).collect()
    };
    match node {
        Node::All(list) => Ok(Filter::All(operands(list)?)),
        Node::Any(list) => Ok(Filter::Any(operands(list)?)),
        Node::Not(operand) => Ok(Filter::Not(Box::new(tree(operand, leaf)?))),
        Node::Comparison(_) | Node::Present(_) | Node::Element(_) => leaf(node),
    }
}

fn user_leaf(schema: ProfileSchema, node: &Node) -> Result<UserFilter, Refusal> {
    match node {
        Node::Comparison(comparison) => user_comparison(schema, comparison),
        Node::Present(name) if name == GROUPS => {
            Ok(Filter::Is(UserTest::Group(Filter::All(Vec::new()))))
        }
        Node::Present(name) => user_presence(schema, name),
        Node::Element(element) if element.list == GROUPS => {
            let filter = element.filter.as_ref().ok_or_else(|| missing("filter"))?;
            Ok(Filter::Is(UserTest::Group(user_group_filter(filter)?)))
        }
        Node::Element(element) => {
            let list = schema.attribute(&element.list).map_err(unknown)?;
            let filter = element.filter.as_ref().ok_or_else(|| missing("filter"))?;
            let condition = element_filter(list, filter)?;
            match (list.multi_valued, list.kind) {
                (true, _) => Ok(Filter::Is(UserTest::Element(list.name(), condition))),
                (false, AttributeType::Complex(_)) => {
                    Ok(Filter::Is(UserTest::Complex(list.name(), condition)))
                }
                (false, _) => Err(incomparable(list.name)),
            }
        }
        Node::All(_) | Node::Any(_) | Node::Not(_) => Err(missing("filter.node")),
    }
}

fn user_presence(schema: ProfileSchema, name: &str) -> Result<UserFilter, Refusal> {
    if let "active" | "role" | "create_time" | "update_time" = name {
        return Ok(Filter::All(Vec::new()));
    }
    if let Some(field) = key_field(name) {
        return Ok(Filter::Is(UserTest::HasKey(field)));
    }
    let attribute = schema.attribute(name).map_err(unknown)?;
    Ok(Filter::Is(if attribute.multi_valued {
        UserTest::Element(attribute.name(), Filter::All(Vec::new()))
    } else {
        UserTest::Has(attribute.name())
    }))
}

fn user_comparison(schema: ProfileSchema, asked: &v1::Comparison) -> Result<UserFilter, Refusal> {
    let v1::Comparison { attribute: name, operator, value } = asked;
    let operator = known::<Operator>(*operator, "operator")?;
    let kind = value.as_ref().and_then(|value| value.kind.as_ref());
    let kind = kind.ok_or_else(|| missing("comparison.value"))?;
    match (name.as_str(), kind) {
        ("active", Kind::Boolean(active)) => match operator {
            Operator::Equal => Ok(Filter::Is(UserTest::Active(*active))),
            Operator::NotEqual => Ok(Filter::Is(UserTest::Active(!*active))),
            _ => Err(incomparable(name)),
        },
        ("role", Kind::Text(word)) => role_comparison(operator, word),
        ("create_time", Kind::DateTime(at)) => time_comparison(TimeField::Created, operator, at),
        ("update_time", Kind::DateTime(at)) => time_comparison(TimeField::Updated, operator, at),
        ("active" | "role" | "create_time" | "update_time", _) => Err(incomparable(name)),
        (name, kind) => match (key_field(name), kind) {
            (Some(field), Kind::Text(text)) => {
                let (operator, negated) = text_operator(operator)?;
                Ok(unless(negated, UserTest::Key(field, operator, text.clone())))
            }
            (Some(_), _) => Err(incomparable(name)),
            (None, kind) => {
                let attribute = schema.attribute(name).map_err(unknown)?;
                let (comparison, negated) = comparison(attribute, operator, kind)?;
                Ok(unless(negated, UserTest::Value(attribute.name(), comparison)))
            }
        },
    }
}

fn role_comparison(operator: Operator, word: &str) -> Result<UserFilter, Refusal> {
    let role = Role::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(word));
    // A word that is no role is the role of nobody.
    let test =
        role.map_or_else(|| Filter::Any(Vec::new()), |role| Filter::Is(UserTest::Role(role)));
    match operator {
        Operator::Equal => Ok(test),
        Operator::NotEqual => Ok(Filter::Not(Box::new(test))),
        _ => Err(incomparable("role")),
    }
}

fn time_comparison(
    field: TimeField,
    operator: Operator,
    at: &prost_types::Timestamp,
) -> Result<UserFilter, Refusal> {
    let (operator, negated) = order_operator(operator).ok_or_else(|| incomparable("time"))?;
    let (operator, at) = order_of_times(operator, at);
    Ok(unless(negated, UserTest::Time(field, operator, at)))
}

fn element_leaf(list: &ProfileAttribute, node: &Node) -> Result<ElementFilter, Refusal> {
    match node {
        Node::Present(name) => {
            let (part, _) = part(list, name)?;
            let always = is_primary(list, name);
            Ok(if always { Filter::All(Vec::new()) } else { Filter::Is(ElementTest::Has(part)) })
        }
        Node::Comparison(v1::Comparison { attribute: name, operator, value }) => {
            let operator = known::<Operator>(*operator, "operator")?;
            let (part, attribute) = part(list, name)?;
            let kind = value.as_ref().and_then(|value| value.kind.as_ref());
            let kind = kind.ok_or_else(|| missing("comparison.value"))?;
            let (comparison, negated) = comparison(&attribute, operator, kind)?;
            match comparison {
                Comparison::Boolean(primary) if is_primary(list, name) => {
                    Ok(Filter::Is(ElementTest::Primary(primary != negated)))
                }
                comparison => Ok(unless(negated, ElementTest::Value(part, comparison))),
            }
        }
        Node::Element(_) | Node::All(_) | Node::Any(_) | Node::Not(_) => Err(Refusal::about(
            Reason::FilterInvalid,
            "filter",
            "an element of a list has no lists of its own",
        )),
    }
}

/// The sub-attribute that is true of at most one element, and false of every other, said or not: so
/// all have it.
fn is_primary(list: &ProfileAttribute, name: &str) -> bool {
    list.multi_valued && name == "primary"
}

/// What a name means in an element: of a single value, `value` is the element itself.
fn part(list: &ProfileAttribute, name: &str) -> Result<(ElementPart, ProfileAttribute), Refusal> {
    match list.kind {
        AttributeType::Complex(_) => {
            let attribute = list.sub_attribute(name).map_err(unknown)?;
            Ok((ElementPart::Sub(attribute.name()), *attribute))
        }
        kind if name == "value" => Ok((ElementPart::Whole, ProfileAttribute::new(list.name, kind))),
        _ => Err(incomparable(name)),
    }
}

pub(super) fn key_field(name: &str) -> Option<KeyField> {
    match name {
        "id" => Some(KeyField::Id),
        "user_name" => Some(KeyField::UserName),
        "external_id" => Some(KeyField::ExternalId),
        _ => None,
    }
}

/// A test, or its negation.
pub(super) fn unless<Test>(negated: bool, test: Test) -> Filter<Test> {
    let holds = Filter::Is(test);
    if negated { Filter::Not(Box::new(holds)) } else { holds }
}

fn unknown(refusal: Refusal) -> Refusal {
    Refusal { reason: Reason::FilterInvalid, ..refusal }
}
