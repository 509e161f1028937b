//! Multi-valued attributes: whole lists, selected elements and single parts of them.

use std::borrow::Cow;

use super::singles::is_emptying;
use super::{Reader, Verb};
use crate::edit::{Cause, Edit, ListEdit};
use crate::error::InputError;
use crate::filter::Filter;
use crate::json::{Json, Members};
use crate::limits::MAX_ELEMENTS;
use crate::scalar::{is_unexpanded, read, unwrapped, wrong};
use crate::schema::{Attribute, Part, part_of};
use crate::value::{Complex, Value};

/// Parts that label an element and are no content of it (RFC 7643 section 2.4).
const LABELS: [&str; 3] = ["type", "display", PRIMARY];
/// The part that marks one element of a list as the preferred one.
pub(super) const PRIMARY: &str = "primary";

impl<'a> Reader<'a> {
    /// A list as a whole. It may come as a single object or as plain texts (`ol_dj`).
    pub(super) fn list(
        &mut self,
        verb: Verb,
        list: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let values = match value {
            Json::Null if verb == Verb::Replace => {
                self.edit(list, None, ListEdit::Remove);
                return Ok(());
            }
            Json::Null => return Ok(()),
            Json::Array(values) => values,
            value => vec![value],
        };
        check_length(list, values.len())?;
        let mut elements = Vec::with_capacity(values.len());
        let mut unexpanded = false;
        for value in values {
            match self.element(list, value)? {
                Reading::Element(element) if has_content(&element) => elements.push(element),
                Reading::Element(_) | Reading::Nothing => {}
                Reading::Unexpanded => unexpanded = true,
            }
        }
        // A list of nothing but placeholders is no wish for an empty list.
        if elements.is_empty() && (unexpanded || verb == Verb::Add) {
            return Ok(());
        }
        let edit = match verb {
            Verb::Add => ListEdit::Add(elements),
            Verb::Put | Verb::Replace | Verb::Remove => ListEdit::Replace(elements),
        };
        self.edit(list, None, edit);
        Ok(())
    }

    /// The elements that a selector picks, as a whole.
    pub(super) fn selected(
        &mut self,
        verb: Verb,
        list: &'a Attribute,
        selector: Filter<'a>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let (value, whole) = match value {
            Json::Array(mut values) if values.len() < 2 => {
                (values.pop().unwrap_or(Json::Null), true)
            }
            value @ (Json::Object(_) | Json::Null) => (value, true),
            // A bare text is the value of elements that otherwise stay as they are.
            value => (value, false),
        };
        if matches!(value, Json::Null) && verb != Verb::Replace {
            return Ok(());
        }
        let edit = match self.element(list, value)? {
            Reading::Element(element) if whole && verb == Verb::Replace => {
                if has_content(&element) {
                    ListEdit::Replace(vec![element])
                } else {
                    ListEdit::Remove
                }
            }
            Reading::Element(Value::Complex(parts)) => ListEdit::Merge(parts),
            Reading::Element(element) => ListEdit::Replace(vec![element]),
            Reading::Nothing if whole && verb == Verb::Replace => ListEdit::Remove,
            Reading::Nothing | Reading::Unexpanded => return Ok(()),
        };
        self.edit(list, Some(selector), edit);
        Ok(())
    }

    /// One part of elements: Entra sends them one at a time (`sis376`).
    pub(super) fn part(
        &mut self,
        verb: Verb,
        list: &'a Attribute,
        selector: Option<Filter<'a>>,
        part: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let value = unwrapped(value);
        let read = match &value {
            Json::Text(text) if is_unexpanded(text) => {
                self.ignore_part(list, part.path(), Cause::Unexpanded);
                return Ok(());
            }
            Json::Text(text) if is_emptying(&part.value_type, text) => None,
            Json::Null if verb != Verb::Replace => return Ok(()),
            _ => read(part, &part.value_type, value)?,
        };
        let edit = match read {
            Some(value) if list.is_complex() => ListEdit::Merge(Complex::of(part, value)),
            Some(value) => ListEdit::Replace(vec![value]),
            None => cleared(list, part),
        };
        self.edit(list, selector, edit);
        Ok(())
    }

    /// One element, as an object or as the bare text of its `value`.
    pub(super) fn element(
        &mut self,
        list: &'a Attribute,
        value: Json<'a>,
    ) -> Result<Reading<'a>, InputError> {
        match (value, list.value_part()) {
            (Json::Null, _) => Ok(Reading::Nothing),
            (value, Some(part)) if !list.is_complex() => self.single_value(list, part, value),
            (Json::Object(members), _) => self.element_of(list, members),
            (value @ (Json::Text(_) | Json::Number(_)), Some(_)) => {
                self.element_of(list, vec![(Cow::Borrowed("value"), value)])
            }
            _ => Err(wrong(list, "a list of objects")),
        }
    }

    /// An element of a list of single values, bare or as an object with `value`.
    fn single_value(
        &mut self,
        list: &'a Attribute,
        part: &'a Attribute,
        value: Json<'a>,
    ) -> Result<Reading<'a>, InputError> {
        let value = unwrapped(value);
        match &value {
            Json::Text(text) if is_unexpanded(text) => {
                self.ignore_part(list, part.path(), Cause::Unexpanded);
                return Ok(Reading::Unexpanded);
            }
            Json::Text(text) if is_emptying(&part.value_type, text) => return Ok(Reading::Nothing),
            _ => {}
        }
        Ok(read(list, &part.value_type, value)?.map_or(Reading::Nothing, Reading::Element))
    }

    fn element_of(
        &mut self,
        list: &'a Attribute,
        members: Members<'a>,
    ) -> Result<Reading<'a>, InputError> {
        let mut element = Complex::default();
        for (key, value) in members {
            let part = match part_of(list, &key) {
                Part::Known(part) => part,
                Part::Unknown if !value.is_blank() => {
                    self.ignore_part(list, &key, Cause::NotKept);
                    continue;
                }
                Part::Unknown | Part::Dropped => continue,
            };
            match &value {
                Json::Text(text) if is_unexpanded(text) => {
                    self.ignore_part(list, part.path(), Cause::Unexpanded);
                    return Ok(Reading::Unexpanded);
                }
                Json::Text(text) if is_emptying(&part.value_type, text) => continue,
                _ => {}
            }
            let name = format_args!("{}.{}", list.path(), part.path());
            if let Some(value) = read(name, &part.value_type, value)? {
                element.set(part, value);
            }
        }
        if element.is_empty() {
            return Ok(Reading::Nothing);
        }
        Ok(Reading::Element(Value::Complex(element)))
    }

    pub(super) fn edit(
        &mut self,
        list: &'a Attribute,
        selector: Option<Filter<'a>>,
        edit: ListEdit<'a>,
    ) {
        self.edits.push(Edit::List { list, selector, edit });
    }
}

/// What became of an element.
pub(super) enum Reading<'a> {
    /// Read.
    Element(Value<'a>),
    /// There is nothing in it.
    Nothing,
    /// It holds a placeholder that was not filled in.
    Unexpanded,
}

/// Clears a part of elements; one that is a single value goes with it.
pub(super) fn cleared<'a>(list: &Attribute, part: &'a Attribute) -> ListEdit<'a> {
    if list.is_complex() { ListEdit::Clear(vec![part]) } else { ListEdit::Remove }
}

/// Whether there is more to an element than its label: templates send
/// `{"type": "work", "value": ""}` for what is not set (`ol_schema`).
fn has_content(element: &Value<'_>) -> bool {
    match element {
        Value::Complex(complex) => complex.iter().any(|(part, _)| !is_label(part)),
        _ => true,
    }
}

fn is_label(part: &Attribute) -> bool {
    LABELS.contains(&part.name())
}

pub(super) fn check_length(list: &Attribute, count: usize) -> Result<(), InputError> {
    if count > MAX_ELEMENTS {
        return Err(InputError::TooManyElements { list: list.path().to_owned(), count });
    }
    Ok(())
}
