//! A filter over resources of several types, for one of them: what it says of attributes that this type
//! has not is known before any resource is looked at, as they have no value (RFC 7644 section 3.4.2.1).

use super::ScimFilter;
use crate::schema::{Attribute, ResourceType};

/// Which resources of a type a filter finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection<'s> {
    /// All of them.
    Everything,
    /// None.
    Nothing,
    /// Those that fulfil a condition.
    Where(ScimFilter<'s>),
}

/// A condition that every resource of a type fulfils: all have an id.
pub(super) fn always(resource_type: &ResourceType) -> ScimFilter<'_> {
    let [id, ..] = resource_type.common();
    ScimFilter::Present(id)
}

/// A condition that no resource of a type fulfils.
pub(super) fn never(resource_type: &ResourceType) -> ScimFilter<'_> {
    ScimFilter::Not(Box::new(always(resource_type)))
}

/// What a filter comes down to.
pub(super) fn selection<'s>(
    resource_type: &'s ResourceType,
    filter: ScimFilter<'s>,
) -> Selection<'s> {
    let [id, ..] = resource_type.common();
    reduced(id, filter)
}

fn reduced<'s>(id: &Attribute, filter: ScimFilter<'s>) -> Selection<'s> {
    match filter {
        ScimFilter::All(operands) => {
            let mut left = Vec::new();
            for operand in operands {
                match reduced(id, operand) {
                    Selection::Everything => {}
                    Selection::Nothing => return Selection::Nothing,
                    Selection::Where(filter) => left.push(filter),
                }
            }
            joined(left, ScimFilter::All).map_or(Selection::Everything, Selection::Where)
        }
        ScimFilter::Any(operands) => {
            let mut left = Vec::new();
            for operand in operands {
                match reduced(id, operand) {
                    Selection::Everything => return Selection::Everything,
                    Selection::Nothing => {}
                    Selection::Where(filter) => left.push(filter),
                }
            }
            joined(left, ScimFilter::Any).map_or(Selection::Nothing, Selection::Where)
        }
        ScimFilter::Not(operand) => match reduced(id, *operand) {
            Selection::Everything => Selection::Nothing,
            Selection::Nothing => Selection::Everything,
            Selection::Where(filter) => Selection::Where(ScimFilter::Not(Box::new(filter))),
        },
        ScimFilter::Present(attribute) if attribute == id => Selection::Everything,
        filter => Selection::Where(filter),
    }
}

fn joined<'s>(
    mut filters: Vec<ScimFilter<'s>>,
    all: fn(Vec<ScimFilter<'s>>) -> ScimFilter<'s>,
) -> Option<ScimFilter<'s>> {
    if filters.len() < 2 { filters.pop() } else { Some(all(filters)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::FilterError;
    use crate::schema::{group, user};

    fn among(text: &str) -> Result<[String; 2], FilterError> {
        let found = ScimFilter::parse_among(&[user(), group()], text)?;
        let printed = found.into_iter().map(|selection| match selection {
            Selection::Everything => "all".to_owned(),
            Selection::Nothing => "none".to_owned(),
            Selection::Where(filter) => filter.to_string(),
        });
        Ok(printed.collect::<Vec<_>>().try_into().unwrap())
    }

    #[test]
    fn what_a_type_has_not_has_no_value() {
        for (text, users, groups) in [
            ("displayName sw \"a\"", "displayName sw \"a\"", "displayName sw \"a\""),
            ("userName eq \"a\"", "userName eq \"a\"", "none"),
            ("userName ne \"a\"", "userName ne \"a\"", "none"),
            ("not (userName eq \"a\")", "not (userName eq \"a\")", "all"),
            ("userName pr or id pr", "all", "all"),
            (
                "displayName eq \"a\" or userName eq \"a\"",
                "displayName eq \"a\" or userName eq \"a\"",
                "displayName eq \"a\"",
            ),
            ("displayName eq \"a\" and title pr", "displayName eq \"a\" and title pr", "none"),
            (
                "members.value eq \"x\" and displayName pr",
                "none",
                "members[value eq \"x\"] and displayName pr",
            ),
            (
                "emails[type eq \"work\"].value eq \"x\" or members pr",
                "emails[type eq \"work\" and value eq \"x\"]",
                "members pr",
            ),
            // RFC 7644 section 3.4.2.1
            ("(meta.resourceType eq User) or (meta.resourceType eq Group)", "all", "all"),
            ("meta.resourceType eq \"group\"", "none", "all"),
            ("meta.resourceType ne \"User\" and displayName pr", "none", "displayName pr"),
            ("meta.resourceType sw \"us\"", "all", "none"),
            ("meta.resourceType pr", "all", "all"),
            ("meta.resourceType eq null", "none", "none"),
        ] {
            assert_eq!(among(text).unwrap(), [users, groups], "{text}");
        }
    }

    #[test]
    fn what_no_type_has_is_unknown() {
        for text in ["shoeSize pr", "userName eq \"a\" or shoeSize eq 4", "emails[colour pr]"] {
            let error = among(text).unwrap_err();
            assert!(matches!(error, FilterError::UnknownAttribute { .. }), "{text}: {error}");
        }
        assert!(matches!(among("meta.version pr"), Err(FilterError::NotSearchable { .. })));
        assert!(matches!(among("userName eq"), Err(FilterError::Unexpected { .. })));
        assert!(matches!(
            among("meta.resourceType[value eq \"User\"]"),
            Err(FilterError::NoParts { .. })
        ));
    }

    /// Of one type the kind of resource is known as well.
    #[test]
    fn the_kind_of_resource_may_be_asked_for_everywhere() {
        for (text, printed) in [
            ("meta.resourceType eq \"User\"", "id pr"),
            ("meta.resourceType eq \"Group\"", "not (id pr)"),
            ("title pr and meta.resourceType eq \"USER\"", "title pr and id pr"),
        ] {
            assert_eq!(ScimFilter::parse(user(), text).unwrap().to_string(), printed, "{text}");
        }
    }
}
