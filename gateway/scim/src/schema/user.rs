//! Users: the core User schema (RFC 7643 section 4.1), of which only the password is never kept, and the
//! resource type that it makes with its extensions.

use super::attribute::{Attribute, Type, complex, text};
use super::parts::{address, element, membership, name};
use super::{ResourceType, Schema, USER, enterprise, provost};

/// Spellings of SCIM 1.1 and of OneLogin's templates (`ol_schema`, `ol_log`).
const SPELLINGS: [&str; 4] = [
    "urn:scim:schemas:core:1.0:User",
    "urn:scim:schemas:core:2.0:User",
    "urn:scim:schemas:core:1.0",
    "urn:scim:schemas:core:2.0",
];

/// Sent by many and nothing to us: a password is never kept.
const DROPPED: [&str; 1] = ["password"];

/// The resource type with these extensions besides the two that every user has.
pub(super) fn with(extensions: Vec<Schema>) -> ResourceType {
    let mut all = vec![enterprise::schema(), provost::schema()];
    all.extend(extensions);
    ResourceType::new("User", "/Users", core(), all)
        .dropping(&DROPPED)
        .heeding(vec![provost::app_roles()])
}

fn list(
    name: &'static str,
    parts: impl Into<Vec<Attribute>>,
    description: &'static str,
) -> Attribute {
    complex(name, parts, description).multi_valued()
}

/// Entra calls the name of an app role `displayName` (`ms_custom`).
fn app_role([value, display, kind, primary]: [Attribute; 4]) -> [Attribute; 4] {
    [value, display.also("displayName"), kind, primary]
}

fn core() -> Schema {
    let email = text("value", "The e-mail address.");
    let number = text("value", "The telephone number.");
    let im = text("value", "The address in the messaging service.");
    let photo = Attribute::new("value", Type::Reference, "The URL of the picture.");
    let entitlement = text("value", "The entitlement.");
    let role = text("value", "The role, in the directory's words.");
    let certificate =
        Attribute::new("value", Type::Binary, "The certificate, as DER in base64.").case_exact();
    let attributes = vec![
        text(
            "userName",
            "The name that the person signs in with. Kept as sent, compared without case.",
        )
        .required()
        .unique(),
        complex("name", name(), "The parts of the person's name."),
        text("displayName", "The name shown to other people."),
        text("nickName", "What the person is casually called."),
        Attribute::new("profileUrl", Type::Reference, "A page about the person."),
        text("title", "The job title."),
        text("userType", "The role in force. Other words leave the role alone.")
            .usually(&["Registered", "Moderator", "Admin"])
            .verbatim(),
        text("preferredLanguage", "The language that the person prefers, such as en-GB."),
        text("locale", "Where the person is, for formats of dates and numbers."),
        text("timezone", "The person's time zone, such as Europe/Berlin."),
        Attribute::new(
            "active",
            Type::Boolean,
            "Whether the person may be in. False as well while a hold of the service keeps the account deactivated.",
        ),
        list("emails", element(email, &["work", "home", "other"]), "E-mail addresses."),
        list(
            "phoneNumbers",
            element(number, &["work", "home", "mobile", "fax", "pager", "other"]),
            "Telephone numbers.",
        ),
        list(
            "ims",
            element(im, &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
            "Addresses for instant messages.",
        ),
        list("photos", element(photo, &["photo", "thumbnail"]), "URLs of pictures of the person."),
        list("addresses", address(), "Postal addresses."),
        list(
            "groups",
            membership(),
            "The groups that the person is in. Who is in a group is changed at the group.",
        )
        .read_only(),
        list("entitlements", element(entitlement, &[]), "What the person is entitled to."),
        list(
            "roles",
            app_role(element(role, &[])),
            "Roles of the person, as the directory calls them. A word among them that is a role of this \
             service is also read as userType is.",
        ),
        list("x509Certificates", element(certificate, &[]), "Certificates of the person."),
    ];
    Schema::new(USER, "User", "User Account", attributes).spelled(&SPELLINGS)
}
