//! What a write asks for, in the terms of a resource type's attributes.
//!
//! Every body, whatever its dialect, becomes a flat list of edits in the order in which they
//! were written. Must never know which of them the service will allow.

use std::borrow::Cow;

use super::filter::ScimFilter;
use super::schema::Attribute;
use super::value::{Complex, ScimValue};

/// One assignment.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit<'a> {
    /// Sets a single value; without a value, clears it.
    ///
    /// A `verbatim` attribute brings its text just as sent. A required one always has a value
    /// with something in it.
    Set {
        /// Never a list, never a complex attribute as a whole. A part may have several values.
        attribute: &'a Attribute,
        /// Of the attribute's type.
        value: Option<ScimValue<'a>>,
    },
    /// Changes a list.
    List {
        /// The list.
        list: &'a Attribute,
        /// Which elements are meant; without one, all.
        selector: Option<ScimFilter<'a>>,
        /// What to do with them.
        edit: ScimListEdit<'a>,
    },
    /// Something that changes nothing and of which the sender should hear.
    Ignored {
        /// In the sender's words.
        name: Cow<'a, str>,
        /// The attribute that is meant, or that the part belongs to, if it is known.
        attribute: Option<&'a Attribute>,
        /// Why it changes nothing.
        cause: Cause,
    },
}

/// A change to a list. Its elements are complex, or single values of the list's type.
#[derive(Debug, Clone, PartialEq)]
pub enum ScimListEdit<'a> {
    /// Appends the elements that are not there yet. Comes without a selector.
    Add(Vec<ScimValue<'a>>),
    /// Without a selector: the list becomes these elements. With one: each selected element
    /// becomes the one element given; where none is selected, it is appended.
    Replace(Vec<ScimValue<'a>>),
    /// Sets these parts in every selected element. Where none is selected, an element is made
    /// from the selector's equalities and these parts: Entra expects that of both Add and
    /// Replace (`kc73`, `wire5419`, `ssoready249`).
    Merge(Complex<'a>),
    /// Clears these parts of every selected element.
    Clear(Vec<&'a Attribute>),
    /// Removes every selected element.
    Remove,
}

/// Why something was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The attribute is not kept.
    NotKept,
    /// The value holds a placeholder that was not filled in.
    Unexpanded,
}

/// An edit in a line, for tests.
#[cfg(test)]
pub(super) fn printed(edit: &Edit<'_>) -> String {
    let elements = |elements: &[ScimValue<'_>]| {
        let printed = elements.iter().map(value_printed);
        printed.fold(String::new(), |all, element| all + " " + &element)
    };
    match edit {
        Edit::Set { attribute, value: None } => format!("{} cleared", attribute.path()),
        Edit::Set { attribute, value: Some(value) } => {
            format!("{} = {}", attribute.path(), value_printed(value))
        }
        Edit::Ignored { name, cause, .. } => format!("{name} ignored: {cause:?}"),
        Edit::List { list, selector, edit } => {
            let selector = selector.as_ref().map_or(String::new(), |filter| format!("[{filter}]"));
            let edit = match edit {
                ScimListEdit::Add(added) => format!("add{}", elements(added)),
                ScimListEdit::Replace(replacing) => format!("replace{}", elements(replacing)),
                ScimListEdit::Merge(complex) => format!("merge {}", complex_printed(complex)),
                ScimListEdit::Clear(parts) => {
                    let parts: Vec<_> = parts.iter().map(|part| part.path()).collect();
                    format!("clear {}", parts.join(" "))
                }
                ScimListEdit::Remove => "remove".to_owned(),
            };
            format!("{}{selector} {edit}", list.path())
        }
    }
}

#[cfg(test)]
fn value_printed(value: &ScimValue<'_>) -> String {
    match value {
        ScimValue::Text(text) => text.clone().into_owned(),
        ScimValue::Complex(complex) => complex_printed(complex),
        value => value.to_string(),
    }
}

/// With `primary` at the end, wherever it was sent.
#[cfg(test)]
fn complex_printed(complex: &Complex<'_>) -> String {
    let (primary, others): (Vec<_>, Vec<_>) =
        complex.iter().partition(|(part, _)| part.name() == "primary");
    let parts = others.into_iter().chain(primary);
    let parts = parts.map(|(part, value)| format!("{}: {}", part.path(), value_printed(value)));
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}
