//! From a name, as clients write it, to a line of the tables.
//!
//! Names compare without case (RFC 7643 section 2.1). A URN may stand before the attribute, in
//! any of the spellings that are in use, joined by a colon or, in old Entra jobs, a dot
//! (`ms_compat`).

use super::attribute::{Attribute, Kind, Schema};
use super::{APP_ROLES, ENTERPRISE_USER, PROVOST_USER, USER, attributes};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// An attribute, or a part of a complex one.
    Attribute(&'static Attribute),
    /// A part of the elements of a list.
    Element { list: &'static Attribute, part: &'static Attribute },
    /// A schema as a whole.
    Schema(Schema),
    /// Something that is accepted and dropped without a word.
    Dropped,
    /// Something that is not kept.
    Unknown,
}

/// What a name stands for inside a complex or multi-valued attribute.
pub(crate) enum Part {
    Known(&'static Attribute),
    Dropped,
    Unknown,
}

/// Spellings of schema URNs, the longer ones first. The ones without `ietf` are those of SCIM
/// 1.1 and of OneLogin's templates (`ol_schema`, `ol_log`).
const URNS: [(&str, Schema); 11] = [
    (USER, Schema::Core),
    (ENTERPRISE_USER, Schema::Enterprise),
    (PROVOST_USER, Schema::Provost),
    ("urn:scim:schemas:extension:enterprise:1.0:User", Schema::Enterprise),
    ("urn:scim:schemas:extension:enterprise:2.0:User", Schema::Enterprise),
    ("urn:scim:schemas:extension:enterprise:1.0", Schema::Enterprise),
    ("urn:scim:schemas:extension:enterprise:2.0", Schema::Enterprise),
    ("urn:scim:schemas:core:1.0:User", Schema::Core),
    ("urn:scim:schemas:core:2.0:User", Schema::Core),
    ("urn:scim:schemas:core:1.0", Schema::Core),
    ("urn:scim:schemas:core:2.0", Schema::Core),
];

/// Sent by many and nothing to us: `schemas` is derived, `groups` is read-only (RFC 7643
/// section 4.1.2; Okta sends it back in PUT (`okta_ref`)), a password is never kept.
const DROPPED: [&str; 3] = ["schemas", "groups", "password"];

/// Resolves a name in the scope of a user.
pub(crate) fn resolve(name: &str) -> Name {
    if !is_urn(name) {
        return resolve_in(&BARE, name);
    }
    for (urn, schema) in URNS {
        let Some(rest) = strip_prefix(name, urn) else { continue };
        if rest.is_empty() {
            return Name::Schema(schema);
        }
        if let Some(path) = rest.strip_prefix([':', '.']) {
            return resolve_in(homes(schema), path);
        }
    }
    resolve_foreign(name)
}

/// Finds a part by its name.
pub(crate) fn part_of(whole: &Attribute, name: &str) -> Part {
    if let Some(part) = whole.parts().iter().find(|part| part.is_called(name)) {
        return Part::Known(part);
    }
    // A reference can be derived from the value beside it; Entra sends it as null (`ms_use`).
    if name.eq_ignore_ascii_case("$ref") { Part::Dropped } else { Part::Unknown }
}

/// Whether the name starts with a URN.
pub(crate) fn is_urn(name: &str) -> bool {
    strip_prefix(name, "urn:").is_some()
}

/// Without a URN, and under the core one: OneLogin writes `department` at the top level
/// (`guide_onelogin`), and `stackUserType` comes bare.
const BARE: [Schema; 4] = [Schema::Common, Schema::Core, Schema::Provost, Schema::Enterprise];

/// Schemas whose attributes may stand under the URN of this one. `stackUserType` may stand
/// under any User URN; `userType` only bare or under the core one, so that another vendor's
/// extension can't move a role.
fn homes(schema: Schema) -> &'static [Schema] {
    match schema {
        Schema::Common | Schema::Core => &BARE,
        Schema::Enterprise => &[Schema::Enterprise, Schema::Provost],
        Schema::Provost => &[Schema::Provost],
    }
}

fn resolve_in(homes: &[Schema], path: &str) -> Name {
    let (base, rest) = match path.split_once('.') {
        Some((base, rest)) => (base, Some(rest)),
        None => (path, None),
    };
    let mut known = homes.iter().flat_map(|schema| attributes(*schema));
    let Some(attribute) = known.find(|attribute| attribute.is_called(base)) else {
        // Bare or under the core URN; which part of the element carries the word is all one.
        if homes.contains(&Schema::Core) && APP_ROLES.is_called(base) {
            return Name::Attribute(&APP_ROLES);
        }
        let dropped = DROPPED.iter().any(|name| name.eq_ignore_ascii_case(base));
        return if dropped { Name::Dropped } else { Name::Unknown };
    };
    let Some(rest) = rest else {
        return Name::Attribute(attribute);
    };
    match (part_of(attribute, rest), attribute.kind) {
        (Part::Known(part), Kind::List(_)) => Name::Element { list: attribute, part },
        (Part::Known(part), _) => Name::Attribute(part),
        (Part::Dropped, Kind::List(_) | Kind::Complex(_)) => Name::Dropped,
        (Part::Dropped | Part::Unknown, _) => Name::Unknown,
    }
}

/// Under a URN that nobody here knows, but that speaks of users, only our own extension's
/// attributes are looked for: Entra's admins choose the middle of such a URN (`ms_custom`).
fn resolve_foreign(name: &str) -> Name {
    let Some(cut) = name.rfind([':', '.']) else {
        return Name::Unknown;
    };
    let (urn, attribute) = (&name[..cut], &name[cut + 1..]);
    if !ends_with_user(urn) {
        return Name::Unknown;
    }
    match resolve_in(homes(Schema::Provost), attribute) {
        Name::Attribute(attribute) => Name::Attribute(attribute),
        Name::Element { .. } | Name::Schema(_) | Name::Dropped | Name::Unknown => Name::Unknown,
    }
}

fn ends_with_user(urn: &str) -> bool {
    urn.rsplit([':', '.']).next().is_some_and(|word| word.eq_ignore_ascii_case("User"))
}

fn strip_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let head = name.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> &'static str {
        match resolve(name) {
            Name::Attribute(attribute) => attribute.path,
            Name::Element { part, .. } => part.path,
            Name::Schema(schema) => schema.urn(),
            Name::Dropped => "(dropped)",
            Name::Unknown => "(unknown)",
        }
    }

    /// Ways in which Entra writes custom attributes (`zulip39773`, `ms_custom`, `ms_compat`).
    #[test]
    fn the_role_attribute_is_found_under_any_user_urn() {
        for name in [
            "stackUserType",
            "STACKUSERTYPE",
            "urn:ietf:params:scim:schemas:core:2.0:User:stackUserType",
            "urn:ietf:params:scim:schemas:extension:stackoverflow:2.0:User:stackUserType",
            "urn:ietf:params:scim:schemas:extension:stackoverflow:2.0:User.stackUserType",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:stackUserType",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.stackUserType",
            "urn:scim:schemas:core:1.0:stackUserType",
            "URN:example:user:StackUserType",
        ] {
            assert_eq!(path(name), "stackUserType", "{name}");
        }
        let group = "urn:ietf:params:scim:schemas:extension:x:2.0:Group:stackUserType";
        assert_eq!(path(group), "(unknown)");
    }

    #[test]
    fn user_type_is_found_only_bare_or_under_the_core_urn() {
        assert_eq!(path("usertype"), "userType");
        assert_eq!(path("urn:ietf:params:scim:schemas:core:2.0:User:userType"), "userType");
        assert_eq!(path("urn:ietf:params:scim:schemas:core:2.0:User.userType"), "userType");
        for name in [
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userType",
            "urn:ietf:params:scim:schemas:extension:other:2.0:User:userType",
            "urn:ietf:params:scim:schemas:extension:provost:2.0:User:userType",
        ] {
            assert_eq!(path(name), "(unknown)", "{name}");
        }
    }

    /// Other servers failed on these (`fusion2667`, `sdk193`, `ol_schema`).
    #[test]
    fn extension_attributes_are_found_in_every_spelling() {
        for name in [
            "department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.Department",
            "urn:scim:schemas:extension:enterprise:1.0:department",
            "urn:scim:schemas:extension:enterprise:2.0:User:department",
            "urn:scim:schemas:extension:enterprise:2.0.department",
        ] {
            assert_eq!(path(name), "department", "{name}");
        }
        assert_eq!(path("manager.managerId"), "manager.value");
        for name in ["roles", "Roles.value", "urn:ietf:params:scim:schemas:core:2.0:User:roles"] {
            assert_eq!(path(name), "roles");
        }
        assert_eq!(
            path("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:roles"),
            "(unknown)"
        );
        assert_eq!(
            path("urn:ietf:params:scim:schemas:core:2.0:User:Name.GivenName"),
            "name.givenName"
        );
        assert_eq!(path("URN:ietf:params:scim:schemas:core:2.0:user"), USER);
    }

    #[test]
    fn what_is_not_kept_is_unknown_or_dropped() {
        for name in
            ["entitlements", "x509Certificates", "title.value", "name.nick", "", "urn:", "é"]
        {
            assert_eq!(path(name), "(unknown)", "{name}");
        }
        for name in ["password", "groups", "Schemas", "manager.$ref", "groups.display"] {
            assert_eq!(path(name), "(dropped)", "{name}");
        }
    }
}
