//! Which attributes an answer carries (RFC 7644 section 3.9).

use super::error::{ScimError, ScimType};
use super::schema::{Attribute, Name, Returned, attributes, resolve};

/// A choice of attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Projection {
    /// What is returned by default.
    #[default]
    All,
    /// These, and what is always returned.
    Only(Vec<&'static Attribute>),
    /// All but these.
    Without(Vec<&'static Attribute>),
}

impl Projection {
    /// Reads the parameters `attributes` and `excludedAttributes`. Names that are not kept
    /// choose nothing.
    pub fn read(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, ScimError> {
        let named =
            |names: Option<&str>| names.filter(|names| !names.trim().is_empty()).map(chosen);
        match (named(attributes), named(excluded)) {
            (None, None) => Ok(Self::All),
            (Some(chosen), None) => Ok(Self::Only(chosen)),
            (None, Some(chosen)) => Ok(Self::Without(chosen)),
            // "mutually exclusive" (RFC 7644 section 3.9)
            (Some(_), Some(_)) => Err(ScimError::bad_request(
                ScimType::InvalidValue,
                "The query has both attributes and excludedAttributes. Send one of them.",
            )),
        }
    }

    /// Whether an attribute is in the answer, given the complex attribute or list that it is a
    /// part of.
    pub(super) fn picks(&self, whole: Option<&Attribute>, attribute: &Attribute) -> bool {
        let among = |chosen: &[&Attribute]| {
            chosen.iter().any(|known| *known == attribute || Some(*known) == whole)
        };
        match attribute.returned {
            Returned::Never => return false,
            Returned::Always => return true,
            Returned::Default => {}
        }
        match self {
            Self::All => true,
            Self::Only(chosen) => among(chosen),
            Self::Without(chosen) => !among(chosen),
        }
    }
}

fn chosen(names: &str) -> Vec<&'static Attribute> {
    let mut chosen = Vec::new();
    for name in names.split(',').map(str::trim) {
        match resolve(name) {
            Name::Attribute(attribute) | Name::Element { part: attribute, .. } => {
                chosen.push(attribute);
            }
            Name::Schema(schema) => chosen.extend(attributes(schema)),
            Name::Dropped | Name::Unknown => {}
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(projection: &Projection) -> Vec<&'static str> {
        match projection {
            Projection::All => vec!["(all)"],
            Projection::Only(chosen) | Projection::Without(chosen) => {
                chosen.iter().map(|attribute| attribute.path).collect()
            }
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_with_urns() {
        let names = "USERNAME, name.givenName,emails.Value,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department,shoeSize,members";
        let projection = Projection::read(Some(names), None).unwrap();
        assert_eq!(paths(&projection), ["userName", "name.givenName", "value", "department"]);
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let projection = Projection::read(None, Some(urn)).unwrap();
        assert_eq!(paths(&projection).len(), attributes(super::super::Schema::Enterprise).len());
    }

    #[test]
    fn empty_parameters_are_no_parameters_and_both_are_too_many() {
        assert_eq!(Projection::read(Some(""), Some(" ")).unwrap(), Projection::All);
        assert_eq!(paths(&Projection::read(Some(""), Some("title")).unwrap()), ["title"]);
        let error = Projection::read(Some("title"), Some("title")).unwrap_err();
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)));
        assert_eq!(Projection::read(Some("shoeSize"), None).unwrap(), Projection::Only(vec![]));
    }
}
