//! SCIM's order of a list as the contract's.

use super::vocabulary::{Meaning, Vocabulary};
use provost_proto::v1;
use provost_scim::ScimSort;

/// Translates an order.
pub fn sort(vocabulary: &Vocabulary<'_>, sort: ScimSort<'_>) -> v1::Sort {
    let ScimSort { list, attribute, descending } = sort;
    let whole = list.or_else(|| vocabulary.whole(attribute));
    let name = vocabulary.name(attribute).to_owned();
    // The words of roles have the other order than the roles themselves.
    let is_role = matches!(vocabulary.meaning(attribute), Meaning::Role(_));
    let descending = descending != is_role;
    match whole {
        Some(whole) => v1::Sort {
            attribute: vocabulary.name(whole).to_owned(),
            sub_attribute: name,
            descending,
        },
        None => v1::Sort { attribute: name, sub_attribute: String::new(), descending },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_scim::Query;

    #[test]
    fn orders_are_named_as_the_contract_names_attributes() {
        let sorted = |vocabulary: &'static Vocabulary<'static>, query: &str| {
            let text = Query::read(query).unwrap().sort.unwrap();
            let v1::Sort { attribute, sub_attribute, descending } =
                sort(vocabulary, text.read(vocabulary.resource_type).unwrap());
            (attribute, sub_attribute, descending)
        };
        for (query, attribute, sub_attribute, descending) in [
            ("sortBy=userName", "user_name", "", false),
            ("sortBy=name.givenName&sortOrder=descending", "given_name", "", true),
            ("sortBy=meta.created", "create_time", "", false),
            ("sortBy=emails", "emails", "value", false),
            ("sortBy=addresses.postalCode", "addresses", "postal_code", false),
            ("sortBy=manager.value", "manager_id", "", false),
            // Admin, Moderator, Registered: from the most privileged on.
            ("sortBy=userType", "role", "", true),
            ("sortBy=userType&sortOrder=descending", "role", "", false),
        ] {
            let expected = (attribute.to_owned(), sub_attribute.to_owned(), descending);
            assert_eq!(sorted(Vocabulary::user(), query), expected, "{query}");
        }
        let expected = ("display_name".to_owned(), String::new(), false);
        assert_eq!(sorted(Vocabulary::group(), "sortBy=displayName"), expected);
    }
}
