//! Multi-valued attributes: whole lists, selected elements and single parts of them.

use std::borrow::Cow;

use super::{Reader, Verb};
use crate::edit::{Cause, Edit, Element, ListEdit, Scalar};
use crate::error::InputError;
use crate::filter::Filter;
use crate::input::MAX_ELEMENTS;
use crate::json::{Json, Members};
use crate::scalar::{boolean, is_unexpanded, scalar, text, wrong};
use crate::schema::{Attribute, Kind, Part, part_of};

impl<'a> Reader<'a> {
    /// A list as a whole. It may come as a single object or as plain texts (`ol_dj`).
    pub(super) fn list(
        &mut self,
        verb: Verb,
        list: &'static Attribute,
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
                Reading::Element(_) => {}
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
        list: &'static Attribute,
        selector: Filter,
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
        let Reading::Element(element) = self.element(list, value)? else {
            return Ok(());
        };
        let edit = match verb {
            Verb::Replace if whole && !has_content(&element) => ListEdit::Remove,
            Verb::Replace if whole => ListEdit::Replace(vec![element]),
            _ if element.is_empty() => return Ok(()),
            _ => ListEdit::Merge(element),
        };
        self.edit(list, Some(selector), edit);
        Ok(())
    }

    /// One part of elements: Entra sends them one at a time (`sis376`).
    pub(super) fn part(
        &mut self,
        verb: Verb,
        list: &'static Attribute,
        selector: Option<Filter>,
        part: &'static Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let mut element = Element::default();
        match scalar(part, value)? {
            None if verb == Verb::Replace => {}
            None => return Ok(()),
            Some(Scalar::Text(text)) if is_unexpanded(&text) => {
                self.ignore_part(list, part.path, Cause::Unexpanded);
                return Ok(());
            }
            Some(Scalar::Text(text)) if text.is_empty() => {}
            Some(Scalar::Text(text)) => element.texts.push((part, text)),
            Some(Scalar::Boolean(primary)) => element.primary = Some(primary),
        }
        let edit =
            if element.is_empty() { ListEdit::Clear(vec![part]) } else { ListEdit::Merge(element) };
        self.edit(list, selector, edit);
        Ok(())
    }

    /// One element, as an object or as the bare text of its `value`.
    pub(super) fn element(
        &mut self,
        list: &'static Attribute,
        value: Json<'a>,
    ) -> Result<Reading<'a>, InputError> {
        match (value, list.value_part()) {
            (Json::Null, _) => Ok(Reading::Element(Element::default())),
            (Json::Object(members), _) => self.element_of(list, members),
            (value @ (Json::Text(_) | Json::Number(_)), Some(_)) => {
                self.element_of(list, vec![(Cow::Borrowed("value"), value)])
            }
            _ => Err(wrong(list, "a list of objects")),
        }
    }

    fn element_of(
        &mut self,
        list: &'static Attribute,
        members: Members<'a>,
    ) -> Result<Reading<'a>, InputError> {
        let mut element = Element::default();
        for (key, value) in members {
            let part = match part_of(list, &key) {
                Part::Known(part) => part,
                Part::Unknown if !value.is_blank() => {
                    self.ignore_part(list, &key, Cause::NotKept);
                    continue;
                }
                Part::Unknown | Part::Dropped => continue,
            };
            let name = format_args!("{}.{}", list.path, part.path);
            if matches!(part.kind, Kind::Boolean) {
                element.primary = boolean(name, &value)?.or(element.primary);
                continue;
            }
            match text(name, value)? {
                Some(text) if is_unexpanded(&text) => {
                    self.ignore_part(list, part.path, Cause::Unexpanded);
                    return Ok(Reading::Unexpanded);
                }
                Some(text) if !text.is_empty() => {
                    element.texts.retain(|(known, _)| *known != part);
                    element.texts.push((part, text));
                }
                Some(_) | None => {}
            }
        }
        Ok(Reading::Element(element))
    }

    pub(super) fn edit(
        &mut self,
        list: &'static Attribute,
        selector: Option<Filter>,
        edit: ListEdit<'a>,
    ) {
        self.edits.push(Edit::List { list, selector, edit });
    }
}

/// What became of an element.
pub(super) enum Reading<'a> {
    /// Read; it may be empty.
    Element(Element<'a>),
    /// It holds a placeholder that was not filled in.
    Unexpanded,
}

/// Whether there is more to an element than its label: templates send
/// `{"type": "work", "value": ""}` for what is not set (`ol_schema`).
fn has_content(element: &Element<'_>) -> bool {
    element.texts.iter().any(|(part, _)| !matches!(part.path, "type" | "display"))
}

pub(super) fn check_length(list: &Attribute, count: usize) -> Result<(), InputError> {
    if count > MAX_ELEMENTS {
        return Err(InputError::TooManyElements { list: list.path, count });
    }
    Ok(())
}
