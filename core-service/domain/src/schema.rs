//! Which attributes a profile has, and the type of each.
//!
//! Owns the table. No rule reads these attributes, so a new one is one line here, whatever its
//! type. The type of a line never changes: what is stored was written in it.

use super::{Reason, Refusal};
use std::borrow::{Borrow, Cow};

/// An attribute of a profile, or a sub-attribute of a complex one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileAttribute {
    /// Unique beside its siblings, in whose order it stands.
    pub name: &'static str,
    /// The type of its value, or of each of its values.
    pub kind: AttributeType,
    /// Whether it has several values.
    pub multi_valued: bool,
}

/// The type of an attribute (RFC 7643 section 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Decimal,
    /// A point in time.
    DateTime,
    /// A URI.
    Reference,
    /// Bytes.
    Binary,
    /// Sub-attributes.
    Complex(&'static [ProfileAttribute]),
}

impl AttributeType {
    /// The word for it in sentences.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
            Self::Binary => "binary",
            Self::Complex(_) => "complex",
        }
    }
}

impl ProfileAttribute {
    /// An attribute with one value.
    pub const fn new(name: &'static str, kind: AttributeType) -> Self {
        Self { name, kind, multi_valued: false }
    }

    /// An attribute with several values.
    pub const fn list(name: &'static str, kind: AttributeType) -> Self {
        Self { name, kind, multi_valued: true }
    }

    /// The name as values keep it.
    pub const fn name(&self) -> AttributeName {
        AttributeName(Cow::Borrowed(self.name))
    }

    /// Sub-attributes; none unless the attribute is complex.
    pub const fn sub_attributes(&self) -> &'static [Self] {
        match self.kind {
            AttributeType::Complex(attributes) => attributes,
            _ => &[],
        }
    }

    /// The sub-attribute of a name that came from outside.
    pub fn sub_attribute(&self, name: &str) -> Result<&'static Self, Refusal> {
        let attributes = self.sub_attributes();
        find(attributes, name).ok_or_else(|| {
            let what = format!("{} has no sub-attribute", self.name);
            unknown(attributes, name, &what)
        })
    }
}

/// The name of an attribute. A stored name that this version does not know is kept, so that a
/// newer version's values survive an older version's write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeName(Cow<'static, str>);

impl AttributeName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as text, taken out.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// A name that is in no table.
    pub(super) fn as_stored(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }
}

/// The same order and equality as that of the text.
impl Borrow<str> for AttributeName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The attributes that profiles have.
#[derive(Debug, Clone, Copy)]
pub struct ProfileSchema(&'static [ProfileAttribute]);

impl ProfileSchema {
    /// The attributes that are kept of a person.
    pub const STANDARD: Self = Self(STANDARD);

    /// A schema of these attributes, which stand in the order of their names.
    pub const fn new(attributes: &'static [ProfileAttribute]) -> Self {
        Self(attributes)
    }

    /// Every attribute, in the order of names.
    pub const fn attributes(self) -> &'static [ProfileAttribute] {
        self.0
    }

    /// The attribute of a name that came from outside.
    pub fn attribute(self, name: &str) -> Result<&'static ProfileAttribute, Refusal> {
        find(self.0, name).ok_or_else(|| unknown(self.0, name, "no attribute"))
    }
}

/// Finds a line by its name.
pub(super) fn find(
    attributes: &'static [ProfileAttribute],
    name: &str,
) -> Option<&'static ProfileAttribute> {
    let at = attributes.binary_search_by(|attribute| attribute.name.cmp(name)).ok()?;
    attributes.get(at)
}

fn unknown(attributes: &[ProfileAttribute], name: &str, what: &str) -> Refusal {
    let names: Vec<_> = attributes.iter().map(|attribute| attribute.name).collect();
    Refusal::about(
        Reason::ValueInvalid,
        name.chars().take(64).collect::<String>(),
        format!("{what} of this name is kept; the names are {}", names.join(", ")),
    )
}

/// The sub-attribute that at most one element of a list has as true.
pub(super) const PRIMARY: AttributeName = AttributeName(Cow::Borrowed("primary"));

use AttributeType::{Binary, Boolean, Complex, Reference, Text};

/// What is kept of a person.
const STANDARD: &[ProfileAttribute] = &[
    ProfileAttribute::list("addresses", Complex(ADDRESS)),
    ProfileAttribute::new("cost_center", Text),
    ProfileAttribute::new("department", Text),
    ProfileAttribute::new("display_name", Text),
    ProfileAttribute::new("division", Text),
    ProfileAttribute::list("emails", Complex(ELEMENT)),
    ProfileAttribute::new("employee_number", Text),
    ProfileAttribute::list("entitlements", Complex(ELEMENT)),
    ProfileAttribute::new("family_name", Text),
    ProfileAttribute::new("formatted_name", Text),
    ProfileAttribute::new("given_name", Text),
    ProfileAttribute::new("honorific_prefix", Text),
    ProfileAttribute::new("honorific_suffix", Text),
    ProfileAttribute::list("ims", Complex(ELEMENT)),
    ProfileAttribute::new("locale", Text),
    ProfileAttribute::new("manager_display_name", Text),
    ProfileAttribute::new("manager_id", Text),
    ProfileAttribute::new("manager_ref", Reference),
    ProfileAttribute::new("middle_name", Text),
    ProfileAttribute::new("nick_name", Text),
    ProfileAttribute::new("organization", Text),
    ProfileAttribute::list("phone_numbers", Complex(ELEMENT)),
    ProfileAttribute::list("photos", Complex(PHOTO)),
    ProfileAttribute::new("preferred_language", Text),
    ProfileAttribute::new("profile_url", Reference),
    ProfileAttribute::list("roles", Complex(ELEMENT)),
    ProfileAttribute::new("timezone", Text),
    ProfileAttribute::new("title", Text),
    ProfileAttribute::list("x509_certificates", Complex(CERTIFICATE)),
];

const ELEMENT: &[ProfileAttribute] = &[
    ProfileAttribute::new("display", Text),
    ProfileAttribute::new("primary", Boolean),
    ProfileAttribute::new("type", Text),
    ProfileAttribute::new("value", Text),
];

const PHOTO: &[ProfileAttribute] = &[
    ProfileAttribute::new("display", Text),
    ProfileAttribute::new("primary", Boolean),
    ProfileAttribute::new("type", Text),
    ProfileAttribute::new("value", Reference),
];

const CERTIFICATE: &[ProfileAttribute] = &[
    ProfileAttribute::new("display", Text),
    ProfileAttribute::new("primary", Boolean),
    ProfileAttribute::new("type", Text),
    ProfileAttribute::new("value", Binary),
];

const ADDRESS: &[ProfileAttribute] = &[
    ProfileAttribute::new("country", Text),
    ProfileAttribute::new("display", Text),
    ProfileAttribute::new("formatted", Text),
    ProfileAttribute::new("locality", Text),
    ProfileAttribute::new("postal_code", Text),
    ProfileAttribute::new("primary", Boolean),
    ProfileAttribute::new("region", Text),
    ProfileAttribute::new("street_address", Text),
    ProfileAttribute::new("type", Text),
    ProfileAttribute::new("value", Text),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_attributes_have_sub_attributes() {
        for (name, number) in [("title", 0), ("emails", 4), ("addresses", 10)] {
            let attribute = ProfileSchema::STANDARD.attribute(name).unwrap();
            assert_eq!(attribute.sub_attributes().len(), number, "{name}");
        }
        assert_eq!(ProfileSchema::STANDARD.attributes().len(), STANDARD.len());
    }

    #[test]
    fn tables_are_sorted_for_the_search() {
        fn check(attributes: &[ProfileAttribute]) {
            assert!(attributes.is_sorted_by_key(|attribute| attribute.name));
            for attribute in attributes {
                check(attribute.sub_attributes());
            }
        }
        check(ProfileSchema::STANDARD.attributes());
    }

    #[test]
    fn types_and_roles_have_words() {
        assert_eq!(
            [Text, Boolean, Complex(&[])].map(super::AttributeType::as_str),
            ["text", "boolean", "complex"]
        );
        assert_eq!(crate::Role::ALL.map(crate::Role::as_str), ["Registered", "Moderator", "Admin"]);
    }

    #[test]
    fn a_name_is_taken_out_as_it_is() {
        let emails = ProfileSchema::STANDARD.attribute("emails").unwrap().name();
        assert_eq!((emails.as_str(), emails.clone().into_string().as_str()), ("emails", "emails"));
        assert_eq!(AttributeName::as_stored("badge").into_string(), "badge");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let schema = ProfileSchema::STANDARD;
        let refusal = schema.attribute("shoe_size").unwrap_err();
        assert_eq!((refusal.reason, &*refusal.attribute), (Reason::ValueInvalid, "shoe_size"));
        assert!(refusal.message.contains("title"), "{refusal}");
        let emails = schema.attribute("emails").unwrap();
        let refusal = emails.sub_attribute("country").unwrap_err();
        assert!(refusal.message.contains("emails"), "{refusal}");
        assert_eq!(emails.sub_attribute("value").unwrap().kind, AttributeType::Text);
    }
}
