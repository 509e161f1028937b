//! What a line of an attribute table says (RFC 7643 section 7).

use std::fmt;

use super::{ENTERPRISE_USER, PROVOST_USER, USER};

/// Where an attribute is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Common to all resources and therefore in no schema's list (RFC 7643 section 3.1).
    Common,
    /// The core User schema.
    Core,
    /// The enterprise extension.
    Enterprise,
    /// This service's own extension.
    Provost,
}

impl Schema {
    /// The URN that qualifies attributes of this schema.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Common | Self::Core => USER,
            Self::Enterprise => ENTERPRISE_USER,
            Self::Provost => PROVOST_USER,
        }
    }
}

/// What kind of value an attribute has.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text.
    Text,
    /// A URI.
    Reference,
    /// True or false.
    Boolean,
    /// A point in time.
    DateTime,
    /// One value with the parts of this table.
    Complex(&'static [Attribute]),
    /// Many values, each with the parts of this table.
    List(&'static [Attribute]),
}

/// Who may write an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// The service.
    ReadOnly,
    /// Both sides.
    ReadWrite,
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
#[derive(Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "characteristics of RFC 7643 section 7, each on its own"
)]
pub struct Attribute {
    /// Canonical path without URN: `title`, `name.givenName`; parts of lists are named alone.
    pub path: &'static str,
    /// Kept, because every member that is read or written is compared with names.
    name: &'static str,
    /// Where it is at home.
    pub schema: Schema,
    /// What kind of value it has.
    pub kind: Kind,
    /// For people.
    pub description: &'static str,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// How far its value is unique.
    pub uniqueness: Uniqueness,
    /// Whether a user must have it.
    pub required: bool,
    /// Whether it compares with regard to case.
    pub case_exact: bool,
    /// Values that are usual or meant.
    pub canonical_values: &'static [&'static str],
    /// Whether a filter may name it.
    pub searchable: bool,
    /// Whether readers hand on its text just as sent, be it empty or an unexpanded
    /// placeholder, because somebody else judges it.
    pub verbatim: bool,
    /// Another name under which senders know it.
    pub alias: Option<&'static str>,
}

impl Attribute {
    /// The last word of the path: the name of the JSON member.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The parts of a complex or multi-valued attribute.
    pub fn parts(&self) -> &'static [Attribute] {
        match self.kind {
            Kind::Complex(parts) | Kind::List(parts) => parts,
            Kind::Text | Kind::Reference | Kind::Boolean | Kind::DateTime => &[],
        }
    }

    /// The part that stands for the whole when none is named (RFC 7643 section 2.4: `value`).
    pub fn value_part(&self) -> Option<&'static Attribute> {
        self.parts().iter().find(|part| part.name() == "value")
    }

    /// Whether this attribute answers to the name, without regard to case.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
            || self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name))
    }

    pub(super) const fn new(path: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            path,
            name: last_word(path),
            schema: Schema::Core,
            kind,
            description,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            required: false,
            case_exact: false,
            canonical_values: &[],
            searchable: true,
            verbatim: false,
            alias: None,
        }
    }

    pub(super) const fn of(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    pub(super) const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    pub(super) const fn write_only(self) -> Self {
        let (mutability, returned) = (Mutability::WriteOnly, Returned::Never);
        Self { mutability, returned, searchable: false, ..self }
    }

    pub(super) const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    pub(super) const fn case_exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    pub(super) const fn usually(self, canonical_values: &'static [&'static str]) -> Self {
        Self { canonical_values, ..self }
    }

    pub(super) const fn unsearchable(self) -> Self {
        Self { searchable: false, ..self }
    }

    pub(super) const fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    pub(super) const fn also(self, alias: &'static str) -> Self {
        Self { alias: Some(alias), ..self }
    }
}

const fn last_word(path: &'static str) -> &'static str {
    let mut start = path.len();
    while start > 0 && path.as_bytes()[start - 1] != b'.' {
        start -= 1;
    }
    path.split_at(start).1
}

/// A text attribute.
pub(super) const fn text(path: &'static str, description: &'static str) -> Attribute {
    Attribute::new(path, Kind::Text, description)
}

/// An attribute that is true or false.
pub(super) const fn boolean(path: &'static str, description: &'static str) -> Attribute {
    Attribute::new(path, Kind::Boolean, description)
}

/// Lines of the tables are statics: one line, one identity.
impl PartialEq for Attribute {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Attribute {}

/// The path, qualified by the URN where the schema is an extension.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.schema {
            Schema::Common | Schema::Core => f.write_str(self.path),
            Schema::Enterprise | Schema::Provost => {
                write!(f, "{}:{}", self.schema.urn(), self.path)
            }
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attribute({self})")
    }
}
