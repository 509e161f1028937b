//! A resource type in the two languages: the contract's names for its attributes, and which of
//! them the contract has a place of its own for.
//!
//! `nickName` is `nick_name`, `name.givenName` is `given_name`: a rule with three exceptions, so
//! that a new attribute needs nothing here.

use super::role::RoleSource;
use provost_scim::schema::{self, Mutability};
use provost_scim::{Attribute, ResourceType};
use std::sync::LazyLock;

/// SCIM paths whose last word alone would not say enough.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("name.formatted", "formatted_name"),
    ("manager.value", "manager_id"),
    ("manager.$ref", "manager_ref"),
];

/// Complex attributes, by URN and path, whose parts are attributes of their own to the contract.
const TAKEN_APART: [(Option<&str>, &str); 3] =
    [(None, "meta"), (None, "name"), (Some(schema::ENTERPRISE_USER), "manager")];

/// What an attribute is to the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The user name.
    UserName,
    /// The external id.
    ExternalId,
    /// The directory status when it is written, whether the account is active when it is read.
    Active,
    /// A role, in words.
    Role(RoleSource),
    /// An attribute of the profile that no rule reads.
    Profile,
}

/// The places of its own that the contract has, by URN of the extension and path.
const PLACES: [(Option<&str>, &str, Meaning, &str); 6] = [
    (None, "userName", Meaning::UserName, "user_name"),
    (None, "externalId", Meaning::ExternalId, "external_id"),
    (None, "active", Meaning::Active, "active"),
    (None, "userType", Meaning::Role(RoleSource::UserType), "role"),
    (None, "roles", Meaning::Role(RoleSource::AppRoles), "role"),
    (Some(schema::PROVOST_USER), "stackUserType", Meaning::Role(RoleSource::StackUserType), "role"),
];

/// The contract's names for when a user was created and changed.
const TIMES: [(&str, &str); 2] =
    [("meta.created", "create_time"), ("meta.lastModified", "update_time")];

/// The words for one attribute.
#[derive(Debug)]
struct Term<'s> {
    name: String,
    meaning: Meaning,
    /// The complex attribute that it is a part of.
    whole: Option<&'s Attribute>,
}

/// The words for a resource type's attributes.
#[derive(Debug)]
pub struct Vocabulary<'s> {
    /// The resource type.
    pub resource_type: &'s ResourceType,
    /// By the index of the attribute or part.
    terms: Vec<Term<'s>>,
    /// Attributes of the profile by the contract's name, in its order.
    profile: Vec<(String, &'s Attribute)>,
    /// Attributes that the contract has a place of its own for.
    places: Vec<(&'s Attribute, Meaning)>,
}

impl Vocabulary<'static> {
    /// The words for users, as every site has them.
    pub fn user() -> &'static Self {
        static USER: LazyLock<Vocabulary<'static>> =
            LazyLock::new(|| Vocabulary::new(schema::user()));
        &USER
    }

    /// The words for groups, as every site has them.
    pub fn group() -> &'static Self {
        static GROUP: LazyLock<Vocabulary<'static>> =
            LazyLock::new(|| Vocabulary::new(schema::group()));
        &GROUP
    }
}

impl<'s> Vocabulary<'s> {
    /// The words for resources of this type. Of two attributes whose names fall together,
    /// the second is named with what it belongs to in front.
    pub fn new(resource_type: &'s ResourceType) -> Self {
        let unnamed = || Term { name: String::new(), meaning: Meaning::Profile, whole: None };
        let terms = std::iter::repeat_with(unnamed).take(resource_type.size()).collect();
        let (profile, places) = (Vec::new(), Vec::new());
        let mut vocabulary = Self { resource_type, terms, profile, places };
        for attribute in resource_type.heeded().iter().chain(resource_type.all()) {
            let (urn, path) = (attribute.urn(), attribute.path());
            let of_profile = !resource_type.common().contains(attribute)
                && attribute.mutability != Mutability::ReadOnly;
            if TAKEN_APART.contains(&(urn, path)) {
                attribute.parts().iter().for_each(|part| vocabulary.learn(part, of_profile));
                continue;
            }
            vocabulary.learn(attribute, of_profile);
            for part in attribute.parts() {
                let term = &mut vocabulary.terms[part.index()];
                term.name = snake_case(part.name());
                term.whole = (!attribute.multi_valued).then_some(attribute);
            }
        }
        vocabulary
    }

    fn learn(&mut self, attribute: &'s Attribute, of_profile: bool) {
        // What is kept has a place of its own under the name of the words that are read of it.
        let is_heeded = self.resource_type.heeded().contains(attribute);
        let place = PLACES.iter().find(|(urn, path, meaning, _)| {
            *urn == attribute.urn()
                && *path == attribute.path()
                && is_heeded == (*meaning == Meaning::Role(RoleSource::AppRoles))
        });
        let term = if let Some((_, _, meaning, name)) = place {
            self.places.push((attribute, *meaning));
            Term { name: (*name).to_owned(), meaning: *meaning, whole: None }
        } else {
            let name = self.free_name(attribute);
            if of_profile && let Err(place) = self.place(&name) {
                self.profile.insert(place, (name.clone(), attribute));
            }
            Term { name, meaning: Meaning::Profile, whole: None }
        };
        self.terms[attribute.index()] = term;
    }

    fn free_name(&self, attribute: &Attribute) -> String {
        let path = attribute.path();
        let core = attribute.urn().is_none();
        if let Some((_, name)) = TIMES.iter().find(|(time, _)| core && *time == path) {
            return (*name).to_owned();
        }
        if let Some((_, name)) = EXCEPTIONS.iter().find(|(exception, _)| *exception == path) {
            return (*name).to_owned();
        }
        let mut schemas = self.resource_type.extensions().iter();
        let schema = schemas.find(|schema| Some(&*schema.urn) == attribute.urn());
        let words = schema.map(|schema| &*schema.name).into_iter().chain(path.split('.'));
        let words: Vec<_> = words.map(snake_case).collect();
        let mut names = (0..words.len()).rev().map(|start| words[start..].join("_"));
        names.find(|name| !self.is_taken(name)).unwrap_or_else(|| words.join("_"))
    }

    fn is_taken(&self, name: &str) -> bool {
        self.place(name).is_ok()
            || name == "id"
            || PLACES.iter().any(|(.., place)| *place == name)
            || TIMES.iter().any(|(_, time)| *time == name)
    }

    /// The contract's name of an attribute, a list or a part of an element.
    pub(super) fn name(&self, attribute: &Attribute) -> &str {
        &self.terms[attribute.index()].name
    }

    /// The attribute of the profile that the contract calls so.
    pub(super) fn attribute(&self, name: &str) -> Option<&'s Attribute> {
        self.place(name).ok().map(|place| self.profile[place].1)
    }

    /// What an attribute is to the contract.
    pub(super) fn meaning(&self, attribute: &Attribute) -> Meaning {
        self.terms[attribute.index()].meaning
    }

    /// The complex attribute with one value that an attribute is a part of.
    pub(super) fn whole(&self, attribute: &Attribute) -> Option<&'s Attribute> {
        self.terms[attribute.index()].whole
    }

    /// Where an attribute of the profile stands, or would stand.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.profile.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// What stands in a profile by attribute, as far as SCIM has one for the contract's name. Both
    /// are in the order of names, so each is looked for behind the one before.
    pub(super) fn of_profile<'v, T>(
        &self,
        named: impl IntoIterator<Item = (&'v String, T)>,
    ) -> impl Iterator<Item = (&'s Attribute, T)> {
        let mut behind = self.profile.as_slice();
        named.into_iter().filter_map(move |(name, value)| {
            let place = behind.iter().position(|(known, _)| known == name)?;
            let attribute = behind[place].1;
            behind = &behind[place + 1..];
            Some((attribute, value))
        })
    }

    /// The part of a complex attribute that the contract's name stands for, if SCIM has one.
    pub(super) fn part(&self, whole: &'s Attribute, name: &str) -> Option<&'s Attribute> {
        whole.parts().iter().find(|part| self.name(part) == name)
    }

    /// Attributes that the contract has a place of its own for.
    pub(super) fn places(&self) -> &[(&'s Attribute, Meaning)] {
        &self.places
    }
}

fn snake_case(word: &str) -> String {
    let mut name = String::with_capacity(word.len() + 4);
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_scim::schema::Schema;
    use provost_scim::{Type, user};

    /// The attribute of the profile that the contract's name stands for.
    fn attribute<'s>(vocabulary: &Vocabulary<'s>, name: &str) -> Option<&'s Attribute> {
        let found = vocabulary.of_profile([(&name.to_owned(), ())]).next();
        found.map(|(attribute, ())| attribute)
    }

    #[test]
    fn names_follow_the_rule_and_lead_back() {
        let vocabulary = Vocabulary::user();
        for (path, name) in [
            ("title", "title"),
            ("nickName", "nick_name"),
            ("name.givenName", "given_name"),
            ("name.formatted", "formatted_name"),
            ("manager.value", "manager_id"),
            ("manager.displayName", "manager_display_name"),
            ("phoneNumbers", "phone_numbers"),
            ("preferredLanguage", "preferred_language"),
        ] {
            let attribute = attribute(vocabulary, name).unwrap();
            assert_eq!((attribute.path(), vocabulary.name(attribute)), (path, name));
        }
        let addresses = attribute(vocabulary, "addresses").unwrap();
        assert_eq!(vocabulary.part(addresses, "street_address").unwrap().path(), "streetAddress");
        assert_eq!(attribute(vocabulary, "shoe_size"), None);
        assert_eq!(attribute(vocabulary, "user_type"), None);
    }

    /// What only shares its name with an attribute of the core schema is not that attribute.
    #[test]
    fn two_extensions_may_have_an_attribute_of_the_same_name() {
        let schema = |urn: &'static str, name: &'static str| {
            let text = |name: &'static str| Attribute::new(name, Type::String, "");
            let attributes = vec![text("badge"), text("userType"), text("title")];
            Schema::new(urn, name, "", attributes)
        };
        let extensions = vec![schema("urn:a:User", "AcmeUser"), schema("urn:b:User", "BetaUser")];
        let resource_type = schema::user_with(extensions);
        let vocabulary = Vocabulary::new(&resource_type);
        for (name, urn) in [
            ("badge", Some("urn:a:User")),
            ("beta_user_badge", Some("urn:b:User")),
            ("user_type", Some("urn:a:User")),
            ("title", None),
            ("acme_user_title", Some("urn:a:User")),
        ] {
            let attribute = attribute(&vocabulary, name).unwrap();
            assert_eq!((attribute.urn(), vocabulary.name(attribute)), (urn, name));
            assert_eq!(vocabulary.meaning(attribute), Meaning::Profile);
        }
        let known = Vocabulary::user();
        for attribute in user().singles() {
            assert!(!known.name(attribute).is_empty(), "{attribute}");
        }
    }
}
