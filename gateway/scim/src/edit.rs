//! What a write asks for, in the terms of the attribute tables.
//!
//! Every body, whatever its dialect, becomes a flat list of edits in the order in which they
//! were written. Must never know which of them the service will allow.

use std::borrow::Cow;

use super::filter::Filter;
use super::schema::Attribute;

/// One assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Sets a single value; without a value, clears it.
    ///
    /// A `verbatim` attribute brings its text just as sent. A required one always has a value
    /// with something in it.
    Set {
        /// Never a list, never a complex attribute as a whole.
        attribute: &'static Attribute,
        /// Of the attribute's kind.
        value: Option<Scalar<'a>>,
    },
    /// Changes a list.
    List {
        /// The list.
        list: &'static Attribute,
        /// Which elements are meant; without one, all.
        selector: Option<Filter>,
        /// What to do with them.
        edit: ListEdit<'a>,
    },
    /// Something that changes nothing and of which the sender should hear.
    Ignored {
        /// In the sender's words.
        name: Cow<'a, str>,
        /// Why it changes nothing.
        cause: Cause,
    },
}

/// A single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// True or false.
    Boolean(bool),
}

/// A change to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEdit<'a> {
    /// Appends the elements that are not there yet. Comes without a selector.
    Add(Vec<Element<'a>>),
    /// Without a selector: the list becomes these elements. With one: each selected element
    /// becomes the one element given; where none is selected, it is appended.
    Replace(Vec<Element<'a>>),
    /// Sets these parts in every selected element. Where none is selected, an element is made
    /// from the selector's equalities and these parts: Entra expects that of both Add and
    /// Replace (`kc73`, `wire5419`, `ssoready249`).
    Merge(Element<'a>),
    /// Clears these parts of every selected element.
    Clear(Vec<&'static Attribute>),
    /// Removes every selected element.
    Remove,
}

/// An element of a list, or some parts of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element<'a> {
    /// Texts by part; the part's `path` is its name.
    pub texts: Vec<(&'static Attribute, Cow<'a, str>)>,
    /// Whether it is the preferred one, if that was said.
    pub primary: Option<bool>,
}

impl Element<'_> {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.primary.is_none()
    }
}

/// Why something was ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The attribute is not kept.
    NotKept,
    /// Only the service writes the attribute. Said of the path of an operation; a member of an
    /// object is passed over, because clients send back what they have read (`okta_ref`).
    ReadOnly,
    /// The value holds a placeholder that was not filled in.
    Unexpanded,
}

/// An edit in a line, for tests.
#[cfg(test)]
pub(super) fn printed(edit: &Edit<'_>) -> String {
    let elements = |elements: &[Element<'_>]| {
        let printed = elements.iter().map(element_printed);
        printed.fold(String::new(), |all, element| all + " " + &element)
    };
    match edit {
        Edit::Set { attribute, value: None } => format!("{} cleared", attribute.path),
        Edit::Set { attribute, value: Some(Scalar::Text(text)) } => {
            format!("{} = {text}", attribute.path)
        }
        Edit::Set { attribute, value: Some(Scalar::Boolean(value)) } => {
            format!("{} = {value}", attribute.path)
        }
        Edit::Ignored { name, cause } => format!("{name} ignored: {cause:?}"),
        Edit::List { list, selector, edit } => {
            let selector = selector.as_ref().map_or(String::new(), |filter| format!("[{filter}]"));
            let edit = match edit {
                ListEdit::Add(added) => format!("add{}", elements(added)),
                ListEdit::Replace(replacing) => format!("replace{}", elements(replacing)),
                ListEdit::Merge(element) => format!("merge {}", element_printed(element)),
                ListEdit::Clear(parts) => {
                    let parts: Vec<_> = parts.iter().map(|part| part.path).collect();
                    format!("clear {}", parts.join(" "))
                }
                ListEdit::Remove => "remove".to_owned(),
            };
            format!("{}{selector} {edit}", list.path)
        }
    }
}

#[cfg(test)]
fn element_printed(element: &Element<'_>) -> String {
    let texts = element.texts.iter().map(|(part, text)| format!("{}: {text}", part.path));
    let primary = element.primary.map(|primary| format!("primary: {primary}"));
    format!("{{{}}}", texts.chain(primary).collect::<Vec<_>>().join(", "))
}
