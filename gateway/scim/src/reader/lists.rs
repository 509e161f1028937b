//! Multi-valued attributes: whole lists, selected elements and single parts of them.

use std::borrow::Cow;
use std::fmt::Display;

use super::{Reader, Verb};
use crate::edit::{Cause, Edit, ScimListEdit};
use crate::error::{InputError, wrong};
use crate::filter::ScimFilter;
use crate::json::{Json, Members, alone};
use crate::scalar::{self, is_unexpanded, unwrapped};
use crate::schema::{Attribute, Mutability, Part, Type, part_of};
use crate::value::{Complex, ScimValue};

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
        if elements.is_empty() && (unexpanded || verb != Verb::Replace) {
            return Ok(());
        }
        let edit = match verb {
            Verb::Add => ScimListEdit::Add(elements),
            _ if elements.is_empty() => ScimListEdit::Remove,
            Verb::Put | Verb::Replace | Verb::Remove => ScimListEdit::Replace(elements),
        };
        self.edit(list, None, edit);
        Ok(())
    }

    /// The elements that a selector picks, as a whole.
    pub(super) fn selected(
        &mut self,
        verb: Verb,
        list: &'a Attribute,
        selector: ScimFilter<'a>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        // A bare text is the value of elements that otherwise stay as they are.
        let whole = value.is_blank() || matches!(value, Json::Object(_));
        let edit = match self.element(list, value)? {
            Reading::Element(element) if whole && verb == Verb::Replace => {
                if has_content(&element) {
                    ScimListEdit::Replace(vec![element])
                } else {
                    ScimListEdit::Remove
                }
            }
            Reading::Element(ScimValue::Complex(parts)) => ScimListEdit::Merge(parts),
            Reading::Element(element) => ScimListEdit::Replace(vec![element]),
            Reading::Nothing if whole && verb == Verb::Replace => ScimListEdit::Remove,
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
        selector: Option<ScimFilter<'a>>,
        part: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        check_written(list, part)?;
        let value = unwrapped(value);
        if value.is_blank() {
            if verb == Verb::Replace {
                self.edit(list, selector, cleared(list, part));
            }
            return Ok(());
        }
        if is_placeholder(&value) {
            self.ignore_part(list, part.path(), Cause::Unexpanded);
            return Ok(());
        }
        let value = read_part(part, part, value)?;
        let edit = if list.is_complex() {
            ScimListEdit::Merge(Complex::of(part, value))
        } else {
            ScimListEdit::Replace(vec![value])
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
        match (alone(value), list.value_part()) {
            (value, _) if value.is_blank() => Ok(Reading::Nothing),
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
        if value.is_blank() {
            return Ok(Reading::Nothing);
        }
        if is_placeholder(&value) {
            self.ignore_part(list, part.path(), Cause::Unexpanded);
            return Ok(Reading::Unexpanded);
        }
        read(list, &part.value_type, value).map(Reading::Element)
    }

    fn element_of(
        &mut self,
        list: &'a Attribute,
        members: Members<'a>,
    ) -> Result<Reading<'a>, InputError> {
        let mut element = Complex::default();
        for (key, value) in members {
            let part = match part_of(list, &key) {
                Part::Known(part) if part.mutability == Mutability::ReadOnly => continue,
                Part::Known(part) => part,
                Part::Unknown if !value.is_blank_throughout() => {
                    self.ignore_part(list, &key, Cause::NotKept);
                    continue;
                }
                Part::Unknown | Part::Dropped => continue,
            };
            let value = unwrapped(value);
            if value.is_blank() {
                continue;
            }
            if is_placeholder(&value) {
                self.ignore_part(list, part.path(), Cause::Unexpanded);
                return Ok(Reading::Unexpanded);
            }
            let name = format_args!("{}.{}", list.path(), part.path());
            element.set(part, read_part(name, part, value)?);
        }
        let mut required = list.parts().iter().filter(|part| part.required);
        if let Some(missing) = required.find(|part| element.get(part).is_none()) {
            let name = format_args!("{}.{}", list.path(), missing.path());
            return Err(wrong(name, scalar::expected(&missing.value_type)));
        }
        if element.is_empty() {
            return Ok(Reading::Nothing);
        }
        Ok(Reading::Element(ScimValue::Complex(element)))
    }

    pub(super) fn edit(
        &mut self,
        list: &'a Attribute,
        selector: Option<ScimFilter<'a>>,
        edit: ScimListEdit<'a>,
    ) {
        self.edits.push(Edit::List { list, selector, edit });
    }
}

/// Whether a part of elements can be written. What tells one element from others can't become
/// another, and what the service derives nobody else writes.
pub(super) fn check_written(list: &Attribute, part: &Attribute) -> Result<(), InputError> {
    let attribute = || format!("{}.{}", list.path(), part.path());
    match part.mutability {
        Mutability::ReadWrite | Mutability::WriteOnly => Ok(()),
        Mutability::ReadOnly => Err(InputError::ReadOnly { attribute: attribute() }),
        Mutability::Immutable => Err(InputError::Immutable { attribute: attribute() }),
    }
}

/// What became of an element.
pub(super) enum Reading<'a> {
    /// Read.
    Element(ScimValue<'a>),
    /// There is nothing in it.
    Nothing,
    /// It holds a placeholder that was not filled in.
    Unexpanded,
}

/// Whether a value, or one of several, was not filled in.
pub(super) fn is_placeholder(value: &Json<'_>) -> bool {
    match value {
        Json::Text(text) => is_unexpanded(text),
        Json::Array(values) => values.iter().any(is_placeholder),
        _ => false,
    }
}

/// A single value of a type that is not blank.
fn read<'a>(
    name: impl Display,
    value_type: &Type,
    value: Json<'a>,
) -> Result<ScimValue<'a>, InputError> {
    scalar::read(value_type, value).ok_or_else(|| wrong(name, scalar::expected(value_type)))
}

/// The value of a part, or its values where it has several; those that are blank are none.
pub(super) fn read_part<'a>(
    name: impl Display,
    part: &Attribute,
    value: Json<'a>,
) -> Result<ScimValue<'a>, InputError> {
    if !part.multi_valued {
        return read(name, &part.value_type, value);
    }
    let values = match value {
        Json::Array(values) => values,
        value => vec![value],
    };
    check_length(part, values.len())?;
    let values = values.into_iter().map(unwrapped).filter(|value| !value.is_blank());
    let values = values.map(|value| read(&name, &part.value_type, value));
    values.collect::<Result<_, _>>().map(ScimValue::List)
}

/// Clears a part of elements; one that is a single value goes with it.
pub(super) fn cleared<'a>(list: &Attribute, part: &'a Attribute) -> ScimListEdit<'a> {
    if list.is_complex() { ScimListEdit::Clear(vec![part]) } else { ScimListEdit::Remove }
}

/// Whether there is more to an element than its label: templates send
/// `{"type": "work", "value": ""}` for what is not set (`ol_schema`).
fn has_content(element: &ScimValue<'_>) -> bool {
    match element {
        ScimValue::Complex(complex) => complex.iter().any(|(part, _)| !is_label(part)),
        _ => true,
    }
}

fn is_label(part: &Attribute) -> bool {
    LABELS.contains(&part.name())
}

pub(super) fn check_length(list: &Attribute, count: usize) -> Result<(), InputError> {
    if count > list.most {
        let (list, most) = (list.path().to_owned(), list.most);
        return Err(InputError::TooManyElements { list, count, most });
    }
    Ok(())
}
