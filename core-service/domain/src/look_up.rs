//! By what users are found at once, and which conditions come down to that.
//!
//! The one place that says what the store has an index for.

use super::unspoken::unspoken;
use super::{
    AttributeName, Comparison, ElementFilter, ElementPart, ElementTest, Filter, KeyField,
    TextOperator, UserFilter, UserTest,
};

/// How the users that satisfy a condition are found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LookUp<'a> {
    /// The condition is the user name and nothing else.
    UserName(&'a str),
    /// Among the few that share a key.
    Key(KeyField),
    /// Among the few that share an e-mail address.
    Email(&'a str),
    /// One by one.
    Scan,
}

unspoken!(LookUp<'a>);

/// The list whose addresses users are found by.
const EMAILS: &str = "emails";
/// The sub-attribute that is the address.
const ADDRESS: &str = "value";

impl UserFilter {
    /// How the users that satisfy this are found.
    pub fn look_up(&self) -> LookUp<'_> {
        match self {
            Self::Is(UserTest::Key(KeyField::UserName, TextOperator::Equal, name)) => {
                LookUp::UserName(name)
            }
            _ => self.narrowed().unwrap_or(LookUp::Scan),
        }
    }

    fn narrowed(&self) -> Option<LookUp<'_>> {
        match self {
            Self::All(operands) => operands.iter().find_map(Self::narrowed),
            Self::Is(UserTest::Key(field, TextOperator::Equal, _)) => Some(LookUp::Key(*field)),
            Self::Is(UserTest::Element(list, condition)) => {
                sought_address(list, condition).map(LookUp::Email)
            }
            Self::Any(_) | Self::Not(_) | Self::Is(_) => None,
        }
    }
}

/// The address that every element must have to satisfy a condition over a list, if it names one
/// and users are found by it.
pub fn sought_address<'a>(list: &AttributeName, condition: &'a ElementFilter) -> Option<&'a str> {
    if list.as_str() == EMAILS { address(condition) } else { None }
}

fn address(condition: &ElementFilter) -> Option<&str> {
    match condition {
        Filter::All(operands) => operands.iter().find_map(address),
        Filter::Is(ElementTest::Value(
            ElementPart::Sub(name),
            Comparison::Text(TextOperator::Equal, address),
        )) => (name.as_str() == ADDRESS).then_some(address),
        Filter::Any(_) | Filter::Not(_) | Filter::Is(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProfileSchema;

    fn key(field: KeyField, operator: TextOperator) -> UserFilter {
        Filter::Is(UserTest::Key(field, operator, "ada".to_owned()))
    }

    fn element(list: &str, sub: &str) -> UserFilter {
        let list = ProfileSchema::STANDARD.attribute(list).unwrap();
        let part = ElementPart::Sub(list.sub_attribute(sub).unwrap().name());
        let equal = Comparison::Text(TextOperator::Equal, "a@x".to_owned());
        Filter::Is(UserTest::Element(list.name(), Filter::Is(ElementTest::Value(part, equal))))
    }

    #[test]
    fn equalities_that_must_hold_are_look_ups() {
        let title =
            Filter::Is(UserTest::Has(ProfileSchema::STANDARD.attribute("title").unwrap().name()));
        let name = || key(KeyField::UserName, TextOperator::Equal);
        for (filter, expected) in [
            (name(), LookUp::UserName("ada")),
            (key(KeyField::UserName, TextOperator::Contains), LookUp::Scan),
            (key(KeyField::Id, TextOperator::Equal), LookUp::Key(KeyField::Id)),
            (Filter::All(vec![title.clone(), name()]), LookUp::Key(KeyField::UserName)),
            (Filter::Any(vec![title.clone(), name()]), LookUp::Scan),
            (Filter::Not(Box::new(name())), LookUp::Scan),
            (element("emails", "value"), LookUp::Email("a@x")),
            (element("emails", "type"), LookUp::Scan),
            (element("phone_numbers", "value"), LookUp::Scan),
            (title, LookUp::Scan),
        ] {
            assert_eq!(filter.look_up(), expected, "{filter:?}");
        }
    }
}
