//! The operation `remove` (RFC 7644 section 3.5.2.2).

use std::borrow::Cow;

use super::Reader;
use super::lists::{Reading, check_length};
use crate::edit::{Cause, Element, ListEdit};
use crate::error::InputError;
use crate::filter::{Filter, Operator, Value};
use crate::json::Json;
use crate::path::{self, Target};
use crate::schema::{APP_ROLES, Attribute, Kind, Mutability};

impl<'a> Reader<'a> {
    /// Removes what a path points at. What is not kept is not there already.
    pub(crate) fn remove(
        &mut self,
        path: Cow<'a, str>,
        value: Option<Json<'a>>,
    ) -> Result<(), InputError> {
        match path::parse(&path)? {
            Target::Unknown | Target::Dropped => Ok(()),
            // Nobody loses a role by what is not said: absent is no demotion.
            Target::Attribute(attribute) if *attribute == APP_ROLES => Ok(()),
            Target::Schema(schema) => self.clear_schema(schema),
            Target::Attribute(attribute) if attribute.mutability == Mutability::ReadOnly => {
                self.ignore(path, Cause::ReadOnly);
                Ok(())
            }
            Target::Attribute(attribute) => match (attribute.kind, value) {
                (Kind::List(_), Some(value)) if !matches!(value, Json::Null) => {
                    self.remove_values(attribute, value)
                }
                _ => self.clear_whole(attribute),
            },
            Target::Elements { list, selector } => {
                self.edit(list, Some(selector), ListEdit::Remove);
                Ok(())
            }
            Target::Parts { list, selector, part } => {
                self.edit(list, selector, ListEdit::Clear(vec![part]));
                Ok(())
            }
        }
    }

    pub(super) fn clear_whole(&mut self, attribute: &'static Attribute) -> Result<(), InputError> {
        match attribute.kind {
            Kind::List(_) => {
                self.edit(attribute, None, ListEdit::Remove);
                Ok(())
            }
            Kind::Complex(_) => self.clear_parts(attribute),
            _ => self.clear(attribute),
        }
    }

    /// Entra, `JumpCloud` and authentik name the elements to remove in the value
    /// (`azdocs30826`, `sdk149`, `scimpatch959`); taking that for the whole list would empty it.
    fn remove_values(
        &mut self,
        list: &'static Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
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
        if let Some(selector) = joined(filters, Filter::Any) {
            self.edit(list, Some(selector), ListEdit::Remove);
        }
        Ok(())
    }
}

/// Picks the elements with the same value, or, where there is none, with the same parts.
fn equal_to(list: &Attribute, element: Element<'_>) -> Option<Filter> {
    let value = list.value_part();
    let has_value = element.texts.iter().any(|(part, _)| Some(*part) == value);
    let filters = element.texts.into_iter().filter(|(part, _)| !has_value || Some(*part) == value);
    let filters = filters.map(|(attribute, text)| {
        let value = Value::Text(text.into_owned());
        Filter::Comparison { attribute, operator: Operator::Equal, value }
    });
    joined(filters.collect(), Filter::All)
}

fn joined(mut filters: Vec<Filter>, all: fn(Vec<Filter>) -> Filter) -> Option<Filter> {
    if filters.len() < 2 { filters.pop() } else { Some(all(filters)) }
}
