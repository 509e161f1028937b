//! The attribute tables: which attributes exist, what they are called and how they behave.
//!
//! Readers, filters, projections, the writer and `/Schemas` all walk these tables, so a profile
//! attribute is one line here. Must never know what an attribute means to the service.

mod attribute;
mod common;
mod enterprise;
mod group;
mod names;
mod parts;
mod provost;
mod resource_type;
mod user;

pub use attribute::{Attribute, Mutability, Returned, Type, Uniqueness};
pub(super) use names::{Name, Part, is_urn, part_of};
pub use resource_type::{ResourceType, Schema};

use std::sync::LazyLock;

/// URN of the core User schema.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core Group schema.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the enterprise extension.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of this service's own extension.
pub const PROVOST_USER: &str = "urn:ietf:params:scim:schemas:extension:provost:2.0:User";

/// Users, as every site has them.
pub fn user() -> &'static ResourceType {
    static PLAIN: LazyLock<ResourceType> = LazyLock::new(|| user_with(Vec::new()));
    &PLAIN
}

/// Users of a site with extensions of its own.
pub fn user_with(extensions: Vec<Schema>) -> ResourceType {
    user::with(extensions)
}

/// Groups, as every site has them.
pub fn group() -> &'static ResourceType {
    static GROUP: LazyLock<ResourceType> = LazyLock::new(group::resource_type);
    &GROUP
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn canonical_paths_are_unique_and_resolve_to_themselves() {
        let mut seen = BTreeSet::new();
        for attribute in user().all().chain(user().singles()) {
            let Name::Attribute(found) = user().resolve(attribute.path()) else {
                panic!("{} does not resolve", attribute.path());
            };
            assert_eq!(found, attribute);
            let Name::Attribute(found) = user().resolve(&attribute.to_string()) else {
                panic!("{attribute} does not resolve");
            };
            assert_eq!(found, attribute);
        }
        for attribute in user().all() {
            assert!(seen.insert(attribute.path()), "{} twice", attribute.path());
        }
    }

    #[test]
    fn attributes_and_schemas_are_told_apart_by_urns() {
        let copy = user_with(Vec::new());
        assert_eq!(copy.core(), user().core());
        for schema in user().extensions() {
            assert_ne!(schema, user().core());
            for attribute in schema.attributes() {
                assert_eq!(attribute.urn(), Some(&*schema.urn), "{attribute:?}");
            }
        }
        for attribute in user().core().attributes() {
            assert_eq!(attribute.urn(), None, "{attribute:?}");
        }
        let department = user().all().find(|attribute| attribute.name() == "department");
        let shown = format!("Attribute({ENTERPRISE_USER}:department)");
        assert_eq!(format!("{:?}", department.unwrap()), shown);
    }

    #[test]
    fn words_of_app_roles_are_heeded_beside_the_list() {
        let heeded: Vec<_> = user().heeded().iter().map(Attribute::name).collect();
        assert_eq!(heeded, ["roles"]);
        let with_words = user().all().filter_map(|kept| user().words_of(kept));
        assert!(with_words.eq(user().heeded()));
        let roles = user().lists().find(|list| list.path() == "roles").unwrap();
        assert!(roles.is_complex() && !user().heeded()[0].is_complex());
    }

    #[test]
    fn parts_of_lists_resolve_in_any_case() {
        for list in user().lists() {
            for part in list.parts() {
                let name = format!("{}.{}", list.path(), part.path()).to_uppercase();
                let Name::Element { list: l, part: p } = user().resolve(&name) else {
                    panic!("{name} does not resolve");
                };
                assert_eq!((l, p), (list, part));
            }
        }
    }
}
