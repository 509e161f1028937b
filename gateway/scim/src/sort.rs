//! The order of a list (RFC 7644 section 3.4.2.3).

use super::error::{ScimError, ScimType};
use super::schema::{Attribute, Name, ResourceType, Type};
use super::shortened::{ELLIPSIS, shortened};

/// An order as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortText {
    by: String,
    descending: bool,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScimSort<'s> {
    /// The list of whose primary or first element the part counts, where it is one.
    pub list: Option<&'s Attribute>,
    /// A single value, or a part of the list's elements.
    pub attribute: &'s Attribute,
    /// Whether it is turned round.
    pub descending: bool,
}

impl SortText {
    /// Takes the parameters `sortBy` and `sortOrder`. An order of nothing is none.
    pub(super) fn of(by: String, order: &str) -> Result<Option<Self>, ScimError> {
        let descending = match order.trim().to_ascii_lowercase().as_str() {
            "" | "ascending" => false,
            "descending" => true,
            _ => {
                return Err(ScimError::bad_request(
                    ScimType::InvalidValue,
                    "sortOrder is neither ascending nor descending. Write one of them.",
                ));
            }
        };
        Ok((!by.trim().is_empty()).then_some(Self { by, descending }))
    }

    /// Reads the name.
    pub fn read<'s>(&self, resource_type: &'s ResourceType) -> Result<ScimSort<'s>, ScimError> {
        let found = match resource_type.resolve(self.by.trim()) {
            Name::Element { list, part } => Some((Some(list), part)),
            Name::Attribute(list) if list.multi_valued => {
                list.value_part().map(|part| (Some(list), part))
            }
            Name::Attribute(attribute) if !attribute.is_complex() => Some((None, attribute)),
            Name::Attribute(_) | Name::Schema(_) | Name::Dropped | Name::Unknown => None,
        };
        let found = found.filter(|(list, attribute)| {
            let differs = attribute.searchable && attribute.constant.is_none();
            let compares = differs && !matches!(attribute.value_type, Type::Binary);
            compares && list.is_none_or(|list| list.searchable && !leads_elsewhere(list))
        });
        let Some((list, attribute)) = found else {
            return Err(unsortable(&shortened(&self.by)).without_values(sentence(ELLIPSIS)));
        };
        Ok(ScimSort { list, attribute, descending: self.descending })
    }
}

/// Whether its elements are other resources, such as members: those are no values of this one.
fn leads_elsewhere(list: &Attribute) -> bool {
    list.parts().iter().any(|part| part.reference_type != "external")
}

fn unsortable(name: &str) -> ScimError {
    ScimError::bad_request(ScimType::InvalidValue, sentence(name))
}

fn sentence(name: &str) -> String {
    format!(
        "sortBy is {name}, which is nothing to sort by. Name an attribute with single values, such as \
         displayName, externalId or meta.lastModified."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{group, user};

    fn read(by: &str, order: &str) -> Result<String, ScimError> {
        let text = SortText::of(by.to_owned(), order)?.expect("an order");
        let ScimSort { list, attribute, descending } = text.read(user())?;
        let list = list.map_or(String::new(), |list| format!("{list}/"));
        Ok(format!("{list}{attribute}{}", if descending { " down" } else { "" }))
    }

    #[test]
    fn every_single_value_is_sorted_by() {
        for (by, order, expected) in [
            ("userName", "", "userName"),
            ("USERNAME", "Descending", "userName down"),
            ("name.familyName", "ascending", "name.familyName"),
            ("emails", "", "emails/value"),
            ("emails.type", "", "emails/type"),
            ("meta.lastModified", "descending", "meta.lastModified down"),
            (
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                "",
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            ),
            ("active", "", "active"),
            ("userType", "", "userType"),
        ] {
            assert_eq!(read(by, order).unwrap(), expected, "{by}");
        }
        for attribute in user().singles().chain(group().singles()).filter(|one| one.searchable) {
            let text = SortText::of(attribute.to_string(), "").unwrap().unwrap();
            let of_users = text.read(user()).map(|sort| sort.attribute == attribute);
            let of_groups = text.read(group()).map(|sort| sort.attribute == attribute);
            assert!(of_users == Ok(true) || of_groups == Ok(true), "{attribute}");
        }
    }

    #[test]
    fn an_order_of_nothing_is_none_and_one_by_nothing_is_refused() {
        for (by, order) in [("", ""), (" ", "descending")] {
            assert_eq!(SortText::of(by.to_owned(), order).unwrap(), None);
        }
        for (by, order) in [
            ("userName", "up"),
            ("", "up"),
            ("shoeSize", ""),
            ("name", ""),
            ("addresses", ""),
            ("meta.version", ""),
            ("meta", ""),
            ("password", ""),
            ("emails[type eq \"work\"].value", ""),
            ("x509Certificates", ""),
            ("groups", ""),
            ("groups.display", ""),
        ] {
            let error = SortText::of(by.to_owned(), order)
                .and_then(|text| text.map_or(Ok(()), |text| text.read(user()).map(drop)))
                .unwrap_err();
            let found = (error.status, error.scim_type);
            assert_eq!(found, (400, Some(ScimType::InvalidValue)), "{by} {order}");
        }
        let members = SortText::of("members".to_owned(), "").unwrap().unwrap();
        assert!(members.read(group()).is_err());
    }
}
