//! Attributes: what a line of an attribute table says (RFC 7643 section 7).
//!
//! Must never know which attributes there are.

use std::borrow::Cow;
use std::fmt;

use crate::limits::MAX_ELEMENTS;

/// The type of an attribute's values (RFC 7643 section 2.3).
#[derive(Debug)]
pub enum Type {
    /// A text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A point in time.
    DateTime,
    /// A URI.
    Reference,
    /// Bytes, in JSON as base64.
    Binary,
    /// Sub-attributes.
    Complex(Vec<Attribute>),
}

/// Who may write an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// The service.
    ReadOnly,
    /// Both sides.
    ReadWrite,
    /// Both sides, once: it may come and go, and never becomes another.
    Immutable,
    /// The client, and it is never told back.
    WriteOnly,
}

/// When an attribute is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Whatever was asked for.
    Always,
    /// Never.
    Never,
    /// Unless the client asked for other attributes.
    Default,
}

/// How far a value is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// Not at all.
    None,
    /// Within one base URL.
    Server,
}

/// One attribute, or one part (sub-attribute) of a complex or multi-valued one.
///
/// Lives in a resource type and is borrowed from it. Two attributes are equal when they are the
/// same line of the same resource type.
#[expect(
    clippy::struct_excessive_bools,
    reason = "characteristics of RFC 7643 section 7, each on its own"
)]
pub struct Attribute {
    name: Cow<'static, str>,
    path: Cow<'static, str>,
    urn: Option<Cow<'static, str>>,
    index: usize,
    /// The part `value` by which elements that are single values are spoken of.
    element: Vec<Attribute>,
    alias: Option<Cow<'static, str>>,
    /// The type of its values.
    pub value_type: Type,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// For people.
    pub description: Cow<'static, str>,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// How far its value is unique.
    pub uniqueness: Uniqueness,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether it compares with regard to case.
    pub case_exact: bool,
    /// Values that are usual or meant.
    pub canonical_values: Vec<Cow<'static, str>>,
    /// Most elements that are read of it as a list.
    pub most: usize,
    /// What a reference leads to, in the words of RFC 7643 section 7.
    pub reference_type: &'static str,
    /// Whether a filter may name it.
    pub searchable: bool,
    /// Whether readers hand on its text just as sent, be it empty or an unexpanded
    /// placeholder, because somebody else judges it.
    pub verbatim: bool,
    /// The value that all of its kind have, where it is known beforehand.
    pub constant: Option<&'static str>,
}

impl Attribute {
    /// An attribute with one value, which both sides may write.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        value_type: Type,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        let name = name.into();
        Self {
            path: name.clone(),
            name,
            urn: None,
            index: 0,
            element: Vec::new(),
            alias: None,
            value_type,
            multi_valued: false,
            description: description.into(),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            required: false,
            case_exact: false,
            canonical_values: Vec::new(),
            most: MAX_ELEMENTS,
            reference_type: "external",
            searchable: true,
            verbatim: false,
            constant: None,
        }
    }

    /// The name of the JSON member.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path without URN: `title`, `name.givenName`; parts of lists are named alone.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URN of the extension that it belongs to; none in the core schema, and none of parts of
    /// lists, which are named alone.
    pub fn urn(&self) -> Option<&str> {
        self.urn.as_deref()
    }

    /// Its number among all attributes and parts of its resource type, counted from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Whether its values are made of parts.
    pub fn is_complex(&self) -> bool {
        matches!(self.value_type, Type::Complex(_))
    }

    /// Whether it is changed as a list. A part with several values is a value of its complex
    /// attribute as a whole.
    pub(crate) fn is_list(&self) -> bool {
        self.multi_valued && self.path == self.name
    }

    /// The parts of a complex attribute. Elements of a list that are single values have one, too:
    /// `value`, by which paths and filters speak of them.
    pub fn parts(&self) -> &[Self] {
        match &self.value_type {
            Type::Complex(parts) => parts,
            Type::String
            | Type::Boolean
            | Type::Integer
            | Type::Decimal
            | Type::DateTime
            | Type::Reference
            | Type::Binary => &self.element,
        }
    }

    /// The part that stands for the whole when none is named (RFC 7643 section 2.4: `value`).
    pub fn value_part(&self) -> Option<&Self> {
        self.parts().iter().find(|part| part.is_value_part())
    }

    /// Whether it is, where it is a part, about whatever the value is, and so goes with it: what the service
    /// derives from it, and its URL.
    pub(crate) fn follows_value(&self) -> bool {
        self.mutability == Mutability::ReadOnly || self.name == "$ref"
    }

    /// Whether it stands, where it is a part, for the whole.
    pub(crate) fn is_value_part(&self) -> bool {
        self.name == "value"
    }

    /// The same attribute as a list.
    #[must_use]
    pub fn multi_valued(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    /// The same attribute, written by the service alone.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    /// The same attribute, which never becomes another.
    #[must_use]
    pub fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    /// The same attribute, never told back and never searched.
    #[must_use]
    pub fn write_only(self) -> Self {
        let (mutability, returned) = (Mutability::WriteOnly, Returned::Never);
        Self { mutability, returned, searchable: false, ..self }
    }

    /// The same attribute, returned whatever was asked for.
    #[must_use]
    pub fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    /// The same attribute with so many elements at most.
    #[must_use]
    pub fn up_to(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The same reference, to resources of this type.
    #[must_use]
    pub fn referring_to(self, reference_type: &'static str) -> Self {
        Self { reference_type, ..self }
    }

    /// The same attribute, which no resource or element may be without.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same attribute with values of which there is one of each.
    #[must_use]
    pub fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    /// The same attribute, compared with regard to case.
    #[must_use]
    pub fn case_exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    /// The same attribute with values that are usual or meant.
    #[must_use]
    pub fn usually(self, canonical_values: &[&'static str]) -> Self {
        let canonical_values = canonical_values.iter().map(|value| Cow::Borrowed(*value)).collect();
        Self { canonical_values, ..self }
    }

    /// The same attribute, which no filter may name.
    #[must_use]
    pub fn unsearchable(self) -> Self {
        Self { searchable: false, ..self }
    }

    /// The same attribute, which always has this value.
    #[must_use]
    pub fn constantly(self, value: &'static str) -> Self {
        Self { constant: Some(value), ..self }
    }

    /// The same attribute, handed on just as sent.
    #[must_use]
    pub fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    /// The same attribute under one more name, which senders use.
    #[must_use]
    pub fn also(self, alias: &'static str) -> Self {
        Self { alias: Some(Cow::Borrowed(alias)), ..self }
    }

    /// Whether this attribute answers to the name, without regard to case.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    }

    /// Gives it its place in a resource type: the URN, the path behind `prefix`, and a number.
    pub(super) fn settle(
        &mut self,
        urn: Option<&Cow<'static, str>>,
        prefix: Option<&str>,
        next: &mut usize,
    ) {
        self.index = *next;
        *next += 1;
        self.urn = urn.cloned();
        self.path = match prefix {
            Some(prefix) => format!("{prefix}.{}", self.name).into(),
            None => self.name.clone(),
        };
        if self.multi_valued {
            self.element = self.implied_part().into_iter().collect();
        }
        let (urn, prefix) =
            if self.multi_valued { (None, None) } else { (urn, Some(self.path.clone())) };
        let parts = match &mut self.value_type {
            Type::Complex(parts) => parts,
            _ => &mut self.element,
        };
        for part in parts {
            part.settle(urn, prefix.as_deref(), next);
        }
    }

    fn implied_part(&self) -> Option<Self> {
        let value_type = match self.value_type {
            Type::String => Type::String,
            Type::Boolean => Type::Boolean,
            Type::Integer => Type::Integer,
            Type::Decimal => Type::Decimal,
            Type::DateTime => Type::DateTime,
            Type::Reference => Type::Reference,
            Type::Binary => Type::Binary,
            Type::Complex(_) => return None,
        };
        let Self { case_exact, searchable, .. } = *self;
        let part = Self::new("value", value_type, self.description.clone());
        Some(Self { case_exact, searchable, ..part })
    }
}

/// A text attribute.
pub(super) fn text(
    name: impl Into<Cow<'static, str>>,
    description: impl Into<Cow<'static, str>>,
) -> Attribute {
    Attribute::new(name, Type::String, description)
}

/// A complex attribute.
pub(super) fn complex(
    name: &'static str,
    parts: impl Into<Vec<Attribute>>,
    description: &'static str,
) -> Attribute {
    Attribute::new(name, Type::Complex(parts.into()), description)
}

impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Attribute {}

/// The path, qualified by the URN where the schema is an extension.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.urn {
            None => f.write_str(&self.path),
            Some(urn) => write!(f, "{urn}:{}", self.path),
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({self})")
    }
}
