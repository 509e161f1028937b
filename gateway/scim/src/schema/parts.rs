//! The parts (sub-attributes) of the core User schema's complex and multi-valued attributes.

use super::attribute::{Attribute, Kind, boolean, text};

pub(super) static NAME: [Attribute; 6] = [
    text("name.formatted", "The whole name, ready to be shown."),
    text("name.familyName", "The family name."),
    text("name.givenName", "The given name."),
    text("name.middleName", "Middle names."),
    text("name.honorificPrefix", "A title before the name."),
    text("name.honorificSuffix", "What follows the name."),
];

const PRIMARY: Attribute = boolean("primary", "Whether this is the preferred one of the list.");

/// The usual parts of an element (RFC 7643 section 2.4).
const fn element(value: Attribute, types: &'static [&'static str]) -> [Attribute; 4] {
    [
        value,
        text("display", "The value as shown to people."),
        text("type", "What the value is for.").usually(types),
        PRIMARY,
    ]
}

pub(super) static EMAILS: [Attribute; 4] =
    element(text("value", "The e-mail address."), &["work", "home", "other"]);

pub(super) static PHONE_NUMBERS: [Attribute; 4] = element(
    text("value", "The telephone number."),
    &["work", "home", "mobile", "fax", "pager", "other"],
);

pub(super) static IMS: [Attribute; 4] = element(
    text("value", "The address in the messaging service."),
    &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
);

pub(super) static PHOTOS: [Attribute; 4] = element(
    Attribute::new("value", Kind::Reference, "The URL of the picture."),
    &["photo", "thumbnail"],
);

pub(super) static ADDRESSES: [Attribute; 8] = [
    text("formatted", "The whole address, ready to be shown."),
    text("streetAddress", "Street and number."),
    text("locality", "City or place."),
    text("region", "State or region."),
    text("postalCode", "Postal code."),
    text("country", "Country, as a two-letter code."),
    text("type", "What the address is for.").usually(&["work", "home", "other"]),
    PRIMARY,
];
