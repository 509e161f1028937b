//! The core User schema, as far as it is kept (RFC 7643 section 4.1).

use super::attribute::{Attribute, Kind, boolean, text};
use super::parts::{ADDRESSES, EMAILS, IMS, NAME, PHONE_NUMBERS, PHOTOS};

const fn list(
    path: &'static str,
    parts: &'static [Attribute],
    description: &'static str,
) -> Attribute {
    Attribute::new(path, Kind::List(parts), description)
}

pub(super) static USER: [Attribute; 16] = [
    text(
        "userName",
        "The name that the person signs in with. Kept as sent, compared without case.",
    )
    .required()
    .unique(),
    Attribute::new("name", Kind::Complex(&NAME), "The parts of the person's name."),
    text("displayName", "The name shown to other people."),
    text("nickName", "What the person is casually called."),
    Attribute::new("profileUrl", Kind::Reference, "A page about the person."),
    text("title", "The job title."),
    text("userType", "The role in force. Other words leave the role alone.")
        .usually(&["Registered", "Moderator", "Admin"])
        .verbatim(),
    text("preferredLanguage", "The language that the person prefers, such as en-GB."),
    text("locale", "Where the person is, for formats of dates and numbers."),
    text("timezone", "The person's time zone, such as Europe/Berlin."),
    boolean(
        "active",
        "Whether the person may be in. False as well while the service holds the account shut.",
    ),
    list("emails", &EMAILS, "E-mail addresses."),
    list("phoneNumbers", &PHONE_NUMBERS, "Telephone numbers."),
    list("ims", &IMS, "Addresses for instant messages."),
    list("photos", &PHOTOS, "URLs of pictures of the person."),
    list("addresses", &ADDRESSES, "Postal addresses."),
];
