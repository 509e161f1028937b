//! The attribute tables: which attributes exist, what they are called and how they behave.
//!
//! Readers, filters, projections, the writer and `/Schemas` all walk these tables, so a profile
//! attribute is one line here. Must never know what an attribute means to the service.

mod attribute;
mod common;
mod enterprise;
mod names;
mod parts;
mod provost;
mod user;

pub use attribute::{Attribute, Kind, Mutability, Returned, Schema, Uniqueness};
pub(super) use names::{Name, Part, is_urn, part_of, resolve};
pub use provost::APP_ROLES;

/// URN of the core User schema.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the enterprise extension.
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of this service's own extension.
pub const PROVOST_USER: &str = "urn:ietf:params:scim:schemas:extension:provost:2.0:User";

/// The top-level attributes of one schema, in the order in which they are written.
pub fn attributes(schema: Schema) -> &'static [Attribute] {
    match schema {
        Schema::Common => &common::COMMON,
        Schema::Core => &user::USER,
        Schema::Enterprise => &enterprise::ENTERPRISE,
        Schema::Provost => &provost::PROVOST,
    }
}

/// Every top-level attribute of a user.
pub fn all() -> impl Iterator<Item = &'static Attribute> {
    [Schema::Common, Schema::Core, Schema::Enterprise, Schema::Provost]
        .into_iter()
        .flat_map(attributes)
}

/// Every single value of a user: complex attributes are taken apart, lists are left out.
pub fn singles() -> impl Iterator<Item = &'static Attribute> {
    all().flat_map(|attribute| match attribute.kind {
        Kind::Complex(parts) => parts,
        Kind::List(_) => &[],
        Kind::Text | Kind::Reference | Kind::Boolean | Kind::DateTime => {
            std::slice::from_ref(attribute)
        }
    })
}

/// Every multi-valued attribute of a user.
pub fn lists() -> impl Iterator<Item = &'static Attribute> {
    all().filter(|attribute| matches!(attribute.kind, Kind::List(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn canonical_paths_are_unique_and_resolve_to_themselves() {
        let mut seen = BTreeSet::new();
        for attribute in all().chain(singles()) {
            let Name::Attribute(found) = resolve(attribute.path) else {
                panic!("{} does not resolve", attribute.path);
            };
            assert_eq!(found, attribute);
            let Name::Attribute(found) = resolve(&attribute.to_string()) else {
                panic!("{attribute} does not resolve");
            };
            assert_eq!(found, attribute);
        }
        for attribute in all() {
            assert!(seen.insert(attribute.path), "{} twice", attribute.path);
        }
    }

    #[test]
    fn parts_of_lists_resolve_in_any_case() {
        for list in lists() {
            for part in list.parts() {
                let name = format!("{}.{}", list.path, part.path).to_uppercase();
                let Name::Element { list: l, part: p } = resolve(&name) else {
                    panic!("{name} does not resolve");
                };
                assert_eq!((l, p), (list, part));
            }
        }
    }
}
