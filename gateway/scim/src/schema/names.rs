//! From a name, as clients write it, to an attribute of a resource type.
//!
//! Names compare without case (RFC 7643 section 2.1). A URN may stand before the attribute, in
//! any of the spellings that are in use, joined by a colon or, in old Entra jobs, a dot
//! (`ms_compat`).

use super::attribute::Attribute;
use super::resource_type::{ResourceType, Schema};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name<'s> {
    /// An attribute, or a part of a complex one.
    Attribute(&'s Attribute),
    /// A part of the elements of a list.
    Element { list: &'s Attribute, part: &'s Attribute },
    /// A schema as a whole.
    Schema(&'s Schema),
    /// Something that is accepted and dropped without a word.
    Dropped,
    /// Something that is not kept.
    Unknown,
}

/// What a name stands for inside a complex or multi-valued attribute.
pub(crate) enum Part<'s> {
    Known(&'s Attribute),
    Dropped,
    Unknown,
}

/// Derived from what else is there, whatever the resource (RFC 7643 section 3).
const DERIVED: &str = "schemas";

/// Where the attributes that a name may mean are at home.
#[derive(Clone, Copy)]
enum Home {
    /// Everywhere: without a URN, and under the core one. OneLogin writes `department` at the
    /// top level (`guide_onelogin`), and `stackUserType` comes bare.
    Anywhere,
    /// In the schema of this number, and in those that may stand under any URN. An attribute of
    /// the core schema is not found there, so that another vendor's `userType` can't move a role.
    Extension(usize),
    /// In the schemas that may stand under any URN.
    AnyUrn,
}

impl ResourceType {
    /// Resolves a name in the scope of a resource.
    pub(crate) fn resolve(&self, name: &str) -> Name<'_> {
        if !is_urn(name) {
            return self.resolve_in(Home::Anywhere, name);
        }
        for (urn, number) in &self.spellings {
            let Some(rest) = strip_prefix(name, urn) else { continue };
            if rest.is_empty() {
                return Name::Schema(&self.schemas()[*number]);
            }
            if let Some(path) = rest.strip_prefix([':', '.']) {
                let home = if *number == 0 { Home::Anywhere } else { Home::Extension(*number) };
                return self.resolve_in(home, path);
            }
        }
        self.resolve_foreign(name)
    }

    fn resolve_in(&self, home: Home, path: &str) -> Name<'_> {
        let (base, rest) = match path.split_once('.') {
            Some((base, rest)) => (base, Some(rest)),
            None => (path, None),
        };
        let Some(attribute) = self.find(home, base) else {
            return self.not_kept(base);
        };
        let Some(rest) = rest else {
            return Name::Attribute(attribute);
        };
        match part_of(attribute, rest) {
            Part::Known(part) if attribute.multi_valued => Name::Element { list: attribute, part },
            Part::Known(part) => Name::Attribute(part),
            Part::Dropped if attribute.is_complex() => Name::Dropped,
            Part::Dropped | Part::Unknown => Name::Unknown,
        }
    }

    fn find(&self, home: Home, name: &str) -> Option<&Attribute> {
        let called = |attribute: &&Attribute| attribute.is_called(name);
        let mut anywhere = self.schemas().iter().filter(|schema| schema.under_any_urn);
        match home {
            Home::Anywhere => return self.all().find(called),
            Home::Extension(number) => {
                let found = self.schemas()[number].attributes().iter().find(called);
                if found.is_some() {
                    return found;
                }
            }
            Home::AnyUrn => {}
        }
        anywhere.find_map(|schema| schema.attributes().iter().find(called))
    }

    fn not_kept(&self, base: &str) -> Name<'_> {
        let mut dropped = self.dropped.iter().chain([&DERIVED]);
        let is_dropped = dropped.any(|name| name.eq_ignore_ascii_case(base));
        if is_dropped { Name::Dropped } else { Name::Unknown }
    }

    /// Under a URN that nobody here knows, but that speaks of such resources, only the attributes
    /// that may stand under any URN are looked for: Entra's admins choose the middle of such a
    /// URN (`ms_custom`).
    fn resolve_foreign(&self, name: &str) -> Name<'_> {
        let Some(cut) = name.rfind([':', '.']) else {
            return Name::Unknown;
        };
        let (urn, attribute) = (&name[..cut], &name[cut + 1..]);
        let kind = urn.rsplit([':', '.']).next();
        if !kind.is_some_and(|word| word.eq_ignore_ascii_case(self.name())) {
            return Name::Unknown;
        }
        self.find(Home::AnyUrn, attribute).map_or(Name::Unknown, Name::Attribute)
    }
}

/// Finds a part by its name.
pub(crate) fn part_of<'s>(whole: &'s Attribute, name: &str) -> Part<'s> {
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

fn strip_prefix<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let head = name.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &name[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::super::{USER, user};
    use super::*;

    fn path(name: &str) -> &'static str {
        match user().resolve(name) {
            Name::Attribute(attribute) => attribute.path(),
            Name::Element { part, .. } => part.path(),
            Name::Schema(schema) => &schema.urn,
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
        for name in ["roles", "urn:ietf:params:scim:schemas:core:2.0:User:Roles"] {
            assert_eq!(path(name), "roles");
        }
        assert_eq!([path("Roles.value"), path("roles.displayName")], ["value", "display"]);
        assert_eq!(path("manager.$ref"), "manager.$ref");
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
        for name in ["shoeSize", "title.value", "title.$ref", "name.nick", "", "urn:", "é"] {
            assert_eq!(path(name), "(unknown)", "{name}");
        }
        for name in ["password", "Schemas", "emails.$ref"] {
            assert_eq!(path(name), "(dropped)", "{name}");
        }
        assert_eq!([path("groups"), path("GROUPS.Display")], ["groups", "display"]);
    }
}
