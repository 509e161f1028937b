//! The parts (sub-attributes) of the core User schema's complex and multi-valued attributes.

use super::attribute::{Attribute, Type, text};

pub(super) fn name() -> [Attribute; 6] {
    [
        text("formatted", "The whole name, ready to be shown."),
        text("familyName", "The family name."),
        text("givenName", "The given name."),
        text("middleName", "Middle names."),
        text("honorificPrefix", "A title before the name."),
        text("honorificSuffix", "What follows the name."),
    ]
}

fn primary() -> Attribute {
    Attribute::new("primary", Type::Boolean, "Whether this is the preferred one of the list.")
}

/// The usual parts of an element (RFC 7643 section 2.4).
pub(super) fn element(value: Attribute, types: &[&'static str]) -> [Attribute; 4] {
    [
        value,
        text("display", "The value as shown to people."),
        text("type", "What the value is for.").usually(types),
        primary(),
    ]
}

pub(super) fn address() -> [Attribute; 8] {
    [
        text("formatted", "The whole address, ready to be shown."),
        text("streetAddress", "Street and number."),
        text("locality", "City or place."),
        text("region", "State or region."),
        text("postalCode", "Postal code."),
        text("country", "Country, as a two-letter code."),
        text("type", "What the address is for.").usually(&["work", "home", "other"]),
        primary(),
    ]
}

/// The parts of a group that a person is in. All are the service's: Okta sends them back in PUT
/// (`okta_ref`).
pub(super) fn membership() -> [Attribute; 4] {
    [
        text("value", "The id of the group.").case_exact().read_only(),
        Attribute::new("$ref", Type::Reference, "The URL of the group.")
            .read_only()
            .unsearchable()
            .referring_to("Group"),
        text("display", "The name of the group.").read_only(),
        text("type", "How the person came into the group: always directly.")
            .usually(&["direct"])
            .constantly("direct")
            .read_only(),
    ]
}
