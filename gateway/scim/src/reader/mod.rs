//! From members and paths to edits: the one place that knows all the shapes in which the same
//! intention arrives.

mod app_roles;
mod lists;
mod removals;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::edit::{Cause, Edit, Scalar};
use super::error::{InputError, shortened};
use super::json::{Json, Members, take};
use super::path::{self, Target};
use super::scalar::{is_unexpanded, scalar, wrong};
use super::schema::{
    APP_ROLES, Attribute, Kind, Mutability, Part, Schema, attributes, is_urn, part_of,
};

/// How a value is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// As part of a whole resource: null is absent.
    Put,
    /// In addition: null is absent, elements are appended.
    Add,
    /// Instead: null clears (RFC 7643 section 2.5).
    Replace,
    /// Not at all.
    Remove,
}

/// Ignored names that are told; more of them is an attack and no mapping.
const MOST_TOLD: usize = 100;
/// Longest URN whose block is looked into, so that a long one can't be multiplied.
const LONGEST_URN: usize = 256;

/// Collects edits.
#[derive(Default)]
pub(super) struct Reader<'a> {
    edits: Vec<Edit<'a>>,
    told: BTreeSet<Cow<'a, str>>,
}

impl<'a> Reader<'a> {
    pub(super) fn finish(self) -> Vec<Edit<'a>> {
        self.edits
    }

    /// A member of a resource, of a path-less value or of a block: its key is read as a path,
    /// because Entra writes `name.givenName` and whole URNs as keys (`ms_compat`, `scimitar`).
    pub(super) fn member(
        &mut self,
        verb: Verb,
        key: Cow<'a, str>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let target = match path::parse(&key) {
            // A whole resource speaks of whole lists.
            Ok(Target::Parts { .. } | Target::Elements { .. }) if verb == Verb::Put => {
                Target::Unknown
            }
            Ok(target) => target,
            Err(InputError::Path { .. }) => Target::Unknown,
            Err(error) => return Err(error),
        };
        self.apply(verb, key, target, value)
    }

    /// The value of an operation with a path. Unlike among members, a read-only attribute is
    /// not there by the way.
    pub(super) fn assign(
        &mut self,
        verb: Verb,
        path: Cow<'a, str>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let target = path::parse(&path)?;
        if let Target::Attribute(Attribute { mutability: Mutability::ReadOnly, .. }) = target {
            self.ignore(path, Cause::ReadOnly);
            return Ok(());
        }
        self.apply(verb, path, target, value)
    }

    fn apply(
        &mut self,
        verb: Verb,
        name: Cow<'a, str>,
        target: Target,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        match (target, value) {
            (Target::Dropped, _) => Ok(()),
            (Target::Schema(schema), value) => self.schema(verb, schema, value),
            (Target::Unknown, Json::Object(members))
                if is_urn(&name) && name.len() <= LONGEST_URN =>
            {
                self.block(verb, &name, members)
            }
            (Target::Unknown, value) => {
                if !value.is_blank() {
                    self.ignore(name, Cause::NotKept);
                }
                Ok(())
            }
            (Target::Attribute(attribute), value) => self.attribute(verb, attribute, value),
            (Target::Elements { list, selector }, value) => {
                self.selected(verb, list, selector, value)
            }
            (Target::Parts { list, selector, part }, value) => {
                self.part(verb, list, selector, part, value)
            }
        }
    }

    fn schema(&mut self, verb: Verb, schema: Schema, value: Json<'a>) -> Result<(), InputError> {
        match value {
            Json::Object(members) => self.block(verb, schema.urn(), members),
            Json::Null if verb == Verb::Replace => self.clear_schema(schema),
            Json::Null => Ok(()),
            _ => Err(wrong(schema.urn(), "an object with its attributes")),
        }
    }

    /// The members of a block under a URN, which need not be one that the service knows: the
    /// role may be in there (`ms_custom`).
    fn block(&mut self, verb: Verb, urn: &str, members: Members<'a>) -> Result<(), InputError> {
        for (key, value) in members {
            self.member(verb, Cow::Owned(format!("{urn}:{key}")), value)?;
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        verb: Verb,
        attribute: &'static Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        if attribute.mutability == Mutability::ReadOnly {
            return Ok(());
        }
        if *attribute == APP_ROLES {
            self.app_roles(value);
            return Ok(());
        }
        match attribute.kind {
            Kind::List(_) => self.list(verb, attribute, value),
            Kind::Complex(_) => self.complex(verb, attribute, value),
            _ => self.single(verb, attribute, value),
        }
    }

    /// Parts that are not mentioned stay as they are (RFC 7644 section 3.5.2.3). Where the
    /// part `value` stands for the whole, the whole may come as a bare text, in a list of one,
    /// or empty to clear it: Entra's manager (`ms_use`, `sdk686`, `simple1244`, `pran_mgr`).
    fn complex(
        &mut self,
        verb: Verb,
        whole: &'static Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        match (value, whole.value_part()) {
            (Json::Null, _) if verb == Verb::Replace => self.clear_parts(whole),
            (Json::Null, _) => Ok(()),
            (Json::Object(mut members), Some(_)) => match take(&mut members, "value") {
                Some(Json::Text(text)) if text.is_empty() => self.clear_parts(whole),
                Some(value) => {
                    members.push((Cow::Borrowed("value"), value));
                    self.parts(verb, whole, members)
                }
                None => self.parts(verb, whole, members),
            },
            (Json::Object(members), None) => self.parts(verb, whole, members),
            (Json::Array(mut values), Some(_)) if values.len() < 2 => match values.pop() {
                Some(value) => self.complex(verb, whole, value),
                None => self.clear_parts(whole),
            },
            (Json::Text(text), Some(_)) if text.is_empty() => self.clear_parts(whole),
            (value @ (Json::Text(_) | Json::Number(_)), Some(part)) => {
                self.single(verb, part, value)
            }
            _ => Err(wrong(whole, "an object with its parts")),
        }
    }

    fn parts(
        &mut self,
        verb: Verb,
        whole: &'static Attribute,
        members: Members<'a>,
    ) -> Result<(), InputError> {
        for (key, value) in members {
            match part_of(whole, &key) {
                Part::Known(part) => self.single(verb, part, value)?,
                Part::Unknown if !value.is_blank() => self.ignore_part(whole, &key, Cause::NotKept),
                Part::Unknown | Part::Dropped => {}
            }
        }
        Ok(())
    }

    fn single(
        &mut self,
        verb: Verb,
        attribute: &'static Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        if let (Kind::Boolean, Json::Text(text)) = (attribute.kind, &value)
            && is_unexpanded(text)
        {
            return self.unexpanded(attribute);
        }
        let value = match scalar(attribute, value)? {
            None if verb == Verb::Replace => return self.clear(attribute),
            None => return Ok(()),
            Some(value) => value,
        };
        if let Scalar::Text(text) = &value
            && !attribute.verbatim
        {
            if is_unexpanded(text) {
                return self.unexpanded(attribute);
            }
            // Okta empties an attribute with an empty text (`okta_ref`).
            if text.is_empty() && !attribute.required {
                return self.clear(attribute);
            }
            if text.trim().is_empty() && attribute.required {
                return Err(wrong(attribute, "a text that is not empty"));
            }
        }
        self.edits.push(Edit::Set { attribute, value: Some(value) });
        Ok(())
    }

    /// A placeholder must never be stored, and no user may be known by one.
    fn unexpanded(&mut self, attribute: &'static Attribute) -> Result<(), InputError> {
        if attribute.required {
            return Err(InputError::Unexpanded { attribute: attribute.path });
        }
        self.ignore(Cow::Borrowed(attribute.path), Cause::Unexpanded);
        Ok(())
    }

    fn clear(&mut self, attribute: &'static Attribute) -> Result<(), InputError> {
        if attribute.required {
            return Err(InputError::Required { attribute: attribute.path });
        }
        self.edits.push(Edit::Set { attribute, value: None });
        Ok(())
    }

    fn clear_parts(&mut self, whole: &'static Attribute) -> Result<(), InputError> {
        whole.parts().iter().try_for_each(|part| self.clear(part))
    }

    fn clear_schema(&mut self, schema: Schema) -> Result<(), InputError> {
        attributes(schema).iter().try_for_each(|attribute| self.clear_whole(attribute))
    }

    /// Tells the sender of a name once.
    fn ignore(&mut self, name: Cow<'a, str>, cause: Cause) {
        let short = shortened(&name);
        let name = if short.len() == name.len() { name } else { Cow::Owned(short) };
        if self.told.len() < MOST_TOLD && self.told.insert(name.clone()) {
            self.edits.push(Edit::Ignored { name, cause });
        }
    }

    fn ignore_part(&mut self, whole: &Attribute, part: &str, cause: Cause) {
        self.ignore(Cow::Owned(format!("{}.{}", whole.path, shortened(part))), cause);
    }
}
