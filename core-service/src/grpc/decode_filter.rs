//! From the contract's filter tree to the domain's, with its limits on size.

use super::decode::{missing, time};
use provost_domain::{
    ElementFilter, ElementTest, Filter, ListName, Reason, Refusal, Role, SubName, TextField,
    TextName, TextOperator, TimeField, TimeOperator, UserFilter, UserTest,
};
use provost_proto::v1;
use provost_proto::v1::Operator;
use provost_proto::v1::comparison::Value;
use provost_proto::v1::filter::Node;

/// The deepest tree, also what keeps the recursion here and in the store within bounds.
const MAX_DEPTH: usize = 40;
/// The most conditions of a filter over users.
const MAX_CONDITIONS: usize = 100;
/// The most of them that look through a list of every user.
const MAX_ELEMENT_CONDITIONS: usize = 20;
/// The most conditions of all selectors of one request: the one writer evaluates them.
const MAX_SELECTOR_CONDITIONS: usize = 500;

/// How much evaluating a request may still ask for.
pub(super) struct Budget {
    conditions: usize,
    elements: usize,
}

impl Budget {
    /// For the selectors of one request together.
    pub(super) const fn of_selectors() -> Self {
        Self { conditions: MAX_SELECTOR_CONDITIONS, elements: 0 }
    }

    const fn of_filter() -> Self {
        Self { conditions: MAX_CONDITIONS, elements: MAX_ELEMENT_CONDITIONS }
    }

    fn spend_condition(&mut self) -> Result<(), Refusal> {
        self.conditions = self.conditions.checked_sub(1).ok_or_else(too_large)?;
        Ok(())
    }

    fn spend_element(&mut self) -> Result<(), Refusal> {
        self.elements = self.elements.checked_sub(1).ok_or_else(too_large)?;
        Ok(())
    }
}

fn too_large() -> Refusal {
    Refusal::about(
        Reason::LimitExceeded,
        "filter",
        format!(
            "the filter is too large: a filter has at most {MAX_DEPTH} levels and \
             {MAX_CONDITIONS} conditions, {MAX_ELEMENT_CONDITIONS} of them on lists such as \
             emails, and all selectors of a request together have at most \
             {MAX_SELECTOR_CONDITIONS}"
        ),
    )
}

/// Reads a condition over users.
pub(super) fn user_filter(filter: &v1::Filter) -> Result<UserFilter, Refusal> {
    tree(filter, &mut Budget::of_filter(), MAX_DEPTH, &user_leaf)
}

/// Reads a condition over the elements of a list.
pub(super) fn element_filter(
    filter: &v1::Filter,
    budget: &mut Budget,
) -> Result<ElementFilter, Refusal> {
    tree(filter, budget, MAX_DEPTH, &element_leaf)
}

type Leaf<'a, Test> = &'a dyn Fn(&Node, &mut Budget, usize) -> Result<Filter<Test>, Refusal>;

fn tree<Test>(
    filter: &v1::Filter,
    budget: &mut Budget,
    depth: usize,
    leaf: Leaf<'_, Test>,
) -> Result<Filter<Test>, Refusal> {
    let node = filter.node.as_ref().ok_or_else(|| missing("filter.node"))?;
    if depth == 0 {
        return Err(too_large());
    }
    budget.spend_condition()?;
    let mut operands = |list: &v1::FilterList| {
        if list.filters.is_empty() {
            return Err(missing("filters"));
        }
        list.filters.iter().map(|operand| tree(operand, budget, depth - 1, leaf)).collect()
    };
    match node {
        Node::All(list) => Ok(Filter::All(operands(list)?)),
        Node::Any(list) => Ok(Filter::Any(operands(list)?)),
        Node::Not(operand) => Ok(Filter::Not(Box::new(tree(operand, budget, depth - 1, leaf)?))),
        Node::Comparison(_) | Node::Present(_) | Node::Element(_) => leaf(node, budget, depth),
    }
}

fn user_leaf(node: &Node, budget: &mut Budget, depth: usize) -> Result<UserFilter, Refusal> {
    match node {
        Node::Comparison(comparison) => user_comparison(comparison),
        Node::Present(name) => user_presence(name),
        Node::Element(element) => {
            budget.spend_element()?;
            let list = ListName::parse(&element.list).map_err(unknown)?;
            let filter = element.filter.as_ref().ok_or_else(|| missing("filter"))?;
            let condition = tree(filter, budget, depth - 1, &element_leaf)?;
            Ok(Filter::Is(UserTest::Element(list, condition)))
        }
        Node::All(_) | Node::Any(_) | Node::Not(_) => Err(missing("filter.node")),
    }
}

fn user_presence(name: &str) -> Result<UserFilter, Refusal> {
    if let "active" | "role" | "create_time" | "update_time" = name {
        return Ok(Filter::All(Vec::new()));
    }
    if let Ok(list) = ListName::parse(name) {
        return Ok(Filter::Is(UserTest::Element(list, Filter::All(Vec::new()))));
    }
    Ok(Filter::Is(UserTest::Present(text_field(name)?)))
}

fn user_comparison(comparison: &v1::Comparison) -> Result<UserFilter, Refusal> {
    let v1::Comparison { attribute, operator, value } = comparison;
    let operator = Operator::try_from(*operator).unwrap_or_default();
    let value = value.as_ref().ok_or_else(|| missing("comparison.value"))?;
    match (attribute.as_str(), value) {
        ("active", Value::Boolean(active)) => match operator {
            Operator::Equal => Ok(Filter::Is(UserTest::Active(*active))),
            Operator::NotEqual => Ok(Filter::Is(UserTest::Active(!*active))),
            _ => Err(incomparable(attribute)),
        },
        ("role", Value::Text(word)) => role_comparison(operator, word),
        ("create_time", Value::Time(at)) => time_comparison(TimeField::Created, operator, at),
        ("update_time", Value::Time(at)) => time_comparison(TimeField::Updated, operator, at),
        ("active" | "role" | "create_time" | "update_time", _) => Err(incomparable(attribute)),
        (name, Value::Text(text)) => {
            let field = text_field(name)?;
            let (operator, negated) = text_operator(operator)?;
            let comparison = Filter::Is(UserTest::Text(field, operator, text.clone()));
            Ok(if negated { Filter::Not(Box::new(comparison)) } else { comparison })
        }
        (name, Value::Boolean(_) | Value::Time(_)) => {
            text_field(name)?;
            Err(incomparable(name))
        }
    }
}

fn role_comparison(operator: Operator, word: &str) -> Result<UserFilter, Refusal> {
    let role = Role::ALL.into_iter().find(|role| role.word().eq_ignore_ascii_case(word));
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
    let at = time(at);
    let test = |operator| Filter::Is(UserTest::Time(field, operator, at));
    match operator {
        Operator::Equal => Ok(test(TimeOperator::Equal)),
        Operator::NotEqual => Ok(Filter::Not(Box::new(test(TimeOperator::Equal)))),
        Operator::GreaterThan => Ok(test(TimeOperator::Greater)),
        Operator::GreaterOrEqual => Ok(test(TimeOperator::GreaterOrEqual)),
        Operator::LessThan => Ok(test(TimeOperator::Less)),
        Operator::LessOrEqual => Ok(test(TimeOperator::LessOrEqual)),
        Operator::Unspecified | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            Err(incomparable("time"))
        }
    }
}

fn element_leaf(node: &Node, _: &mut Budget, _: usize) -> Result<ElementFilter, Refusal> {
    match node {
        Node::Present(name) if name == "primary" => Ok(Filter::Is(ElementTest::Primary(true))),
        Node::Present(name) => {
            Ok(Filter::Is(ElementTest::Present(SubName::parse(name).map_err(unknown)?)))
        }
        Node::Comparison(v1::Comparison { attribute, operator, value }) => {
            let operator = Operator::try_from(*operator).unwrap_or_default();
            match (attribute.as_str(), value) {
                ("primary", Some(Value::Boolean(primary))) => match operator {
                    Operator::Equal => Ok(Filter::Is(ElementTest::Primary(*primary))),
                    Operator::NotEqual => Ok(Filter::Is(ElementTest::Primary(!*primary))),
                    _ => Err(incomparable(attribute)),
                },
                ("primary", _) => Err(incomparable(attribute)),
                (name, Some(Value::Text(text))) => {
                    let name = SubName::parse(name).map_err(unknown)?;
                    let (operator, negated) = text_operator(operator)?;
                    let leaf = Filter::Is(ElementTest::Text(name, operator, text.clone()));
                    Ok(if negated { Filter::Not(Box::new(leaf)) } else { leaf })
                }
                (name, Some(_)) => Err(incomparable(name)),
                (_, None) => Err(missing("comparison.value")),
            }
        }
        Node::Element(_) | Node::All(_) | Node::Any(_) | Node::Not(_) => Err(Refusal::about(
            Reason::FilterInvalid,
            "filter",
            "an element of a list has no lists of its own",
        )),
    }
}

fn text_field(name: &str) -> Result<TextField, Refusal> {
    match name {
        "id" => Ok(TextField::Id),
        "user_name" => Ok(TextField::UserName),
        "external_id" => Ok(TextField::ExternalId),
        name => TextName::parse(name).map(TextField::Profile).map_err(unknown),
    }
}

/// The operator, and whether its answer is to be turned round.
fn text_operator(operator: Operator) -> Result<(TextOperator, bool), Refusal> {
    match operator {
        Operator::Equal => Ok((TextOperator::Equal, false)),
        Operator::NotEqual => Ok((TextOperator::Equal, true)),
        Operator::Contains => Ok((TextOperator::Contains, false)),
        Operator::StartsWith => Ok((TextOperator::StartsWith, false)),
        Operator::EndsWith => Ok((TextOperator::EndsWith, false)),
        Operator::GreaterThan => Ok((TextOperator::Greater, false)),
        Operator::GreaterOrEqual => Ok((TextOperator::GreaterOrEqual, false)),
        Operator::LessThan => Ok((TextOperator::Less, false)),
        Operator::LessOrEqual => Ok((TextOperator::LessOrEqual, false)),
        Operator::Unspecified => Err(missing("comparison.operator")),
    }
}

fn unknown(refusal: Refusal) -> Refusal {
    Refusal { reason: Reason::FilterInvalid, ..refusal }
}

fn incomparable(name: &str) -> Refusal {
    Refusal::about(
        Reason::FilterInvalid,
        name,
        format!("{name} can't be compared like this; check the operator and the type of the value"),
    )
}
