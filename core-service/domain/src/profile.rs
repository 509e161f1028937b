//! What is known of a person. No rule reads it, so an attribute is a name in a table here and a
//! value; adding one adds a line.

use super::{Reason, Refusal};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Names of single values.
const TEXTS: &[&str] = &[
    "cost_center",
    "department",
    "display_name",
    "division",
    "employee_number",
    "family_name",
    "formatted_name",
    "given_name",
    "honorific_prefix",
    "honorific_suffix",
    "locale",
    "manager_display_name",
    "manager_id",
    "middle_name",
    "nick_name",
    "organization",
    "preferred_language",
    "profile_url",
    "timezone",
    "title",
];

/// Names of lists.
const LISTS: &[&str] = &["addresses", "emails", "ims", "phone_numbers", "photos"];

/// Names of the values inside an element of a list.
const SUBS: &[&str] = &[
    "country",
    "display",
    "formatted",
    "locality",
    "postal_code",
    "region",
    "street_address",
    "type",
    "value",
];

/// The longest value, in bytes.
const MAX_TEXT: usize = 4096;
/// The most elements of one list.
const MAX_ELEMENTS: usize = 100;

/// A name from a table. A stored name that this version does not know is kept, so that a newer
/// version's values survive an older version's write.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $table:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// Every known name.
            pub fn all() -> impl Iterator<Item = Self> {
                $table.iter().map(|name| Self(Cow::Borrowed(name)))
            }

            /// Reads a name that came from outside.
            pub fn parse(name: &str) -> Result<Self, Refusal> {
                Self::known(name).ok_or_else(|| {
                    Refusal::about(
                        Reason::ValueInvalid,
                        name.chars().take(64).collect::<String>(),
                        format!(concat!("no ", $what, " of this name is kept; the names are {}"), $table.join(", ")),
                    )
                })
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn known(name: &str) -> Option<Self> {
                $table.binary_search(&name).ok().map(|at| Self(Cow::Borrowed($table[at])))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                /// Looks at the text where it lies: a `String` for each name would be
                /// made and dropped for nothing.
                struct Stored;

                impl Visitor<'_> for Stored {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("the name of a ", $what))
                    }

                    fn visit_str<E: de::Error>(self, name: &str) -> Result<$name, E> {
                        Ok($name::known(name).unwrap_or_else(|| $name(Cow::Owned(name.to_owned()))))
                    }
                }

                from.deserialize_str(Stored)
            }
        }
    };
}

name!(
    /// The name of a single value of the profile.
    TextName,
    TEXTS,
    "text attribute"
);
name!(
    /// The name of a list of the profile.
    ListName,
    LISTS,
    "list"
);
name!(
    /// The name of a value inside an element of a list.
    SubName,
    SUBS,
    "sub-attribute"
);

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Single values; never empty text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<TextName, String>,
    /// Lists; never an empty list.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<ListName, Vec<Element>>,
}

/// One element of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Its values; never empty text.
    pub texts: BTreeMap<SubName, String>,
    /// At most one element of a list is the primary one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
}

impl Element {
    /// The value of a sub-attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(sub, _)| sub.as_str() == name).map(|(_, text)| text.as_str())
    }

    /// Brings an element that came from outside into the form that is kept.
    pub(super) fn settle(&mut self) {
        self.texts.retain(|_, text| !text.is_empty());
    }
}

/// Only one element of a list is primary: another is about to be.
pub(super) fn make_none_primary(list: &mut [Element]) {
    for element in list {
        element.primary = false;
    }
}

impl Profile {
    /// The elements of a list; none when there is no such list.
    pub fn list(&self, name: &str) -> &[Element] {
        self.lists.iter().find(|(list, _)| list.as_str() == name).map_or(&[], |(_, list)| list)
    }

    /// Sets or clears a single value.
    pub(super) fn set_text(&mut self, name: TextName, value: Option<String>) {
        match value.filter(|text| !text.is_empty()) {
            Some(text) => self.texts.insert(name, text),
            None => self.texts.remove(&name),
        };
    }

    /// Replaces a list: drops what is empty and what says the same again, keeps one primary
    /// element, the last one named.
    pub(super) fn set_list(&mut self, name: ListName, elements: Vec<Element>) {
        let mut kept: Vec<Element> = Vec::with_capacity(elements.len());
        for mut element in elements {
            element.settle();
            if element.texts.is_empty() {
                continue;
            }
            if element.primary {
                make_none_primary(&mut kept);
            }
            match kept.iter_mut().find(|other| other.texts == element.texts) {
                Some(other) => other.primary |= element.primary,
                None => kept.push(element),
            }
        }
        if kept.is_empty() {
            self.lists.remove(&name);
        } else {
            self.lists.insert(name, kept);
        }
    }

    /// Brings a profile that came from outside into the form that is kept.
    pub(super) fn settled(&self) -> Self {
        let mut settled = Self::default();
        for (name, text) in &self.texts {
            settled.set_text(name.clone(), Some(text.clone()));
        }
        for (name, elements) in &self.lists {
            settled.set_list(name.clone(), elements.clone());
        }
        settled
    }

    /// Whether every value is within the limits.
    pub(super) fn check_limits(&self) -> Result<(), Refusal> {
        for (name, text) in &self.texts {
            check_text(name.as_str(), text)?;
        }
        for (name, list) in &self.lists {
            name.check_length(list)?;
            for text in list.iter().flat_map(|element| element.texts.values()) {
                check_text(name.as_str(), text)?;
            }
        }
        Ok(())
    }
}

impl ListName {
    /// Whether a list of this name may have so many elements.
    pub(super) fn check_length(&self, list: &[Element]) -> Result<(), Refusal> {
        if list.len() <= MAX_ELEMENTS {
            return Ok(());
        }
        Err(Refusal::about(
            Reason::LimitExceeded,
            self.as_str(),
            format!("{} has more than {MAX_ELEMENTS} elements; send fewer", self.as_str()),
        ))
    }
}

fn check_text(name: &str, text: &str) -> Result<(), Refusal> {
    if text.contains('\0') {
        let message = format!("{name} contains a NUL character; send it without");
        return Err(Refusal::about(Reason::ValueInvalid, name, message));
    }
    if text.len() > MAX_TEXT {
        let message = format!("{name} is longer than {MAX_TEXT} bytes; shorten it");
        return Err(Refusal::about(Reason::LimitExceeded, name, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_for_the_search() {
        for table in [TEXTS, LISTS, SUBS] {
            assert!(table.is_sorted());
        }
    }

    #[test]
    fn a_stored_name_of_a_newer_version_survives() {
        let stored = r#"{"texts":{"shoe_size":"44","title":"Analyst"}}"#;
        let profile: Profile = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&profile).unwrap(), stored);
        assert_eq!(TextName::parse("shoe_size").unwrap_err().reason, Reason::ValueInvalid);
    }
}
