//! The operation `remove` (RFC 7644 section 3.5.2.2).

use std::borrow::Cow;

use super::Reader;
use super::lists::{PRIMARY, Reading, check_length, check_written, cleared};
use crate::edit::{Cause, ScimListEdit};
use crate::error::InputError;
use crate::filter::{Operator, ScimFilter};
use crate::json::Json;
use crate::path::{self, Target};
use crate::schema::Attribute;
use crate::value::ScimValue;

impl<'a> Reader<'a> {
    /// Removes what a path points at.
    pub(crate) fn remove(
        &mut self,
        path: Cow<'a, str>,
        value: Option<Json<'a>>,
    ) -> Result<(), InputError> {
        let target = path::parse(self.resource_type, &path)?;
        if let Some(attribute) = target.read_only() {
            return Err(InputError::ReadOnly { attribute: attribute.to_string() });
        }
        match target {
            // It is not there; but a selector that can't be followed may have meant what is.
            Target::Unknown => {
                self.ignore(path, None, Cause::NotKept);
                Ok(())
            }
            Target::Dropped => Ok(()),
            Target::Schema(schema) => self.clear_schema(schema),
            Target::Attribute(attribute) => match value {
                Some(value) if attribute.is_list() && !matches!(value, Json::Null) => {
                    self.remove_values(attribute, value)
                }
                _ => self.clear_whole(attribute),
            },
            Target::Elements { list, selector } => {
                self.edit(list, Some(selector), ScimListEdit::Remove);
                Ok(())
            }
            Target::Parts { list, selector, part } => {
                check_written(list, part)?;
                self.edit(list, selector, cleared(list, part));
                Ok(())
            }
        }
    }

    pub(super) fn clear_whole(&mut self, attribute: &'a Attribute) -> Result<(), InputError> {
        if attribute.is_list() {
            self.edit(attribute, None, ScimListEdit::Remove);
            Ok(())
        } else if attribute.is_complex() {
            self.clear_parts(attribute)
        } else {
            self.clear(attribute)
        }
    }

    /// Entra, `JumpCloud` and authentik name the elements to remove in the value
    /// (`azdocs30826`, `sdk149`, `scimpatch959`); taking that for the whole list would empty it.
    fn remove_values(&mut self, list: &'a Attribute, value: Json<'a>) -> Result<(), InputError> {
        let values = match value {
            Json::Array(values) => values,
            value => vec![value],
        };
        check_length(list, values.len())?;
        let mut filters = Vec::with_capacity(values.len());
        for value in values {
            if let Reading::Element(element) = self.element(list, value)? {
                filters.extend(equal_to(list, element));
            }
        }
        if let Some(selector) = joined(filters, ScimFilter::Any) {
            self.edit(list, Some(selector), ScimListEdit::Remove);
        }
        Ok(())
    }
}

/// Picks the elements with the same value, or, where there is none, with the same parts. Whether
/// it is the preferred one does not tell an element from others.
fn equal_to<'a>(list: &'a Attribute, element: ScimValue<'a>) -> Option<ScimFilter<'a>> {
    let equal = |attribute: &'a Attribute, value: ScimValue<'a>| ScimFilter::Comparison {
        attribute,
        operator: Operator::Equal,
        value,
    };
    let value_part = list.value_part();
    let ScimValue::Complex(parts) = element else {
        return value_part.map(|part| equal(part, element));
    };
    let has_value = value_part.is_some_and(|part| parts.get(part).is_some());
    let filters = parts.into_iter().filter(|(part, _)| {
        if has_value { Some(*part) == value_part } else { part.name() != PRIMARY }
    });
    joined(filters.map(|(part, value)| equal(part, value)).collect(), ScimFilter::All)
}

fn joined<'a>(
    mut filters: Vec<ScimFilter<'a>>,
    all: fn(Vec<ScimFilter<'a>>) -> ScimFilter<'a>,
) -> Option<ScimFilter<'a>> {
    if filters.len() < 2 { filters.pop() } else { Some(all(filters)) }
}
