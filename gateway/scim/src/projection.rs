//! Which attributes an answer carries (RFC 7644 section 3.9).

use super::error::{ScimError, ScimType};
use super::schema::{Attribute, Name, ResourceType, Returned};

/// A choice of attributes as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProjectionText {
    /// None was made.
    #[default]
    All,
    /// `attributes`
    Only(String),
    /// `excludedAttributes`
    Without(String),
}

/// A choice of attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Projection<'s> {
    /// What is returned by default.
    #[default]
    All,
    /// These, and what is always returned.
    Only(Vec<&'s Attribute>),
    /// All but these.
    Without(Vec<&'s Attribute>),
}

impl ProjectionText {
    /// Takes the parameters `attributes` and `excludedAttributes`.
    pub fn of(attributes: Option<String>, excluded: Option<String>) -> Result<Self, ScimError> {
        let given = |names: Option<String>| names.filter(|names| !names.trim().is_empty());
        let (attributes, excluded) = (given(attributes), given(excluded));
        if [&attributes, &excluded].into_iter().flatten().any(|names| names.contains('[')) {
            return Err(ScimError::bad_request(
                ScimType::InvalidValue,
                "attributes and excludedAttributes take names of attributes and no \
                 filters in brackets. Write emails.value in place of emails[type eq \"work\"].value.",
            ));
        }
        match (attributes, excluded) {
            (None, None) => Ok(Self::All),
            (Some(names), None) => Ok(Self::Only(names)),
            (None, Some(names)) => Ok(Self::Without(names)),
            // "mutually exclusive" (RFC 7644 section 3.9)
            (Some(_), Some(_)) => Err(ScimError::bad_request(
                ScimType::InvalidValue,
                "The query has both attributes and excludedAttributes. Send one of them.",
            )),
        }
    }

    /// Reads the names. Those that are not kept choose nothing.
    pub fn read<'s>(&self, resource_type: &'s ResourceType) -> Projection<'s> {
        match self {
            Self::All => Projection::All,
            Self::Only(names) => Projection::Only(chosen(resource_type, names)),
            Self::Without(names) => Projection::Without(chosen(resource_type, names)),
        }
    }
}

impl Projection<'_> {
    /// Whether any part of a list is in the answer.
    pub fn shows(&self, list: &Attribute) -> bool {
        list.parts().iter().any(|part| self.picks(Some(list), part))
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

fn chosen<'s>(resource_type: &'s ResourceType, names: &str) -> Vec<&'s Attribute> {
    let mut chosen = Vec::new();
    for name in names.split(',').map(str::trim) {
        match resource_type.resolve(name) {
            Name::Attribute(attribute) | Name::Element { part: attribute, .. } => {
                chosen.push(attribute);
            }
            Name::Schema(schema) => chosen.extend(schema.attributes()),
            Name::Dropped | Name::Unknown => {}
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::user;

    fn read(
        attributes: Option<&str>,
        excluded: Option<&str>,
    ) -> Result<Projection<'static>, ScimError> {
        let text = ProjectionText::of(attributes.map(str::to_owned), excluded.map(str::to_owned))?;
        Ok(text.read(user()))
    }

    fn paths(projection: &Projection<'static>) -> Vec<&'static str> {
        match projection {
            Projection::All => vec!["(all)"],
            Projection::Only(chosen) | Projection::Without(chosen) => {
                chosen.iter().map(|attribute| attribute.path()).collect()
            }
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_with_urns() {
        let names = "USERNAME, name.givenName,emails.Value,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department,shoeSize,members";
        let projection = read(Some(names), None).unwrap();
        assert_eq!(paths(&projection), ["userName", "name.givenName", "value", "department"]);
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let projection = read(None, Some(urn)).unwrap();
        assert_eq!(paths(&projection).len(), user().extensions()[0].attributes().len());
    }

    #[test]
    fn a_list_is_shown_where_any_part_of_it_is() {
        let emails = user().lists().find(|list| list.path() == "emails").unwrap();
        for (attributes, excluded, shown) in [
            (None, None, true),
            (Some("title"), None, false),
            (Some("emails"), None, true),
            (Some("title,emails.type"), None, true),
            (None, Some("emails"), false),
            (None, Some("emails.value"), true),
        ] {
            let projection = read(attributes, excluded).unwrap();
            assert_eq!(projection.shows(emails), shown, "{attributes:?} {excluded:?}");
        }
    }

    #[test]
    fn empty_parameters_are_no_parameters_and_both_are_too_many() {
        assert_eq!(read(Some(""), Some(" ")).unwrap(), Projection::All);
        assert_eq!(paths(&read(Some(""), Some("title")).unwrap()), ["title"]);
        for value_path in ["emails[type eq \"work\"].value", "title,emails[value eq \"a,b\"]"] {
            for error in [read(Some(value_path), None), read(None, Some(value_path))] {
                let error = error.unwrap_err();
                assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)));
                assert!(error.detail.contains("Write emails.value"), "{}", error.detail);
            }
        }
        let error = read(Some("title"), Some("title")).unwrap_err();
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)));
        assert_eq!(read(Some("shoeSize"), None).unwrap(), Projection::Only(vec![]));
    }
}
