//! From members and paths to edits: the one place that knows all the shapes in which the same
//! intention arrives.

mod lists;
mod removals;
mod singles;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::edit::{Cause, Edit};
use super::error::{InputError, wrong};
use super::json::{Json, Members, alone};
use super::limits::{MAX_TOLD, MAX_URN_LENGTH};
use super::path::{self, Target};
use super::schema::{Attribute, Mutability, ResourceType, Schema, is_urn};
use super::shortened::shortened;

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

/// Collects edits to a resource of a type.
pub(super) struct Reader<'a> {
    resource_type: &'a ResourceType,
    edits: Vec<Edit<'a>>,
    /// What was ignored, by name and, since two extensions may share one, attribute.
    told: BTreeSet<(Cow<'a, str>, Option<usize>)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(resource_type: &'a ResourceType) -> Self {
        Self { resource_type, edits: Vec::new(), told: BTreeSet::new() }
    }

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
        let target = match path::parse(self.resource_type, &key) {
            // Clients send back what they have read (`okta_ref`).
            Ok(target) if target.read_only().is_some() => return Ok(()),
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
    /// not there by the way, and nothing can become of it (RFC 7644 section 3.5.2).
    pub(super) fn assign(
        &mut self,
        verb: Verb,
        path: Cow<'a, str>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let target = path::parse(self.resource_type, &path)?;
        if let Some(attribute) = target.read_only() {
            return Err(InputError::ReadOnly { attribute: attribute.to_string() });
        }
        self.apply(verb, path, target, value)
    }

    fn apply(
        &mut self,
        verb: Verb,
        name: Cow<'a, str>,
        target: Target<'a>,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        match (target, alone(value)) {
            (Target::Dropped, _) => Ok(()),
            (Target::Schema(schema), value) => self.schema(verb, schema, value),
            (Target::Unknown, Json::Object(members))
                if is_urn(&name) && name.len() <= MAX_URN_LENGTH =>
            {
                self.block(verb, &name, members)
            }
            (Target::Unknown, value) => {
                if !value.is_blank_throughout() {
                    self.ignore(name, None, Cause::NotKept);
                }
                Ok(())
            }
            (Target::Attribute(attribute), value) => {
                self.heed(attribute, &value);
                self.attribute(verb, attribute, value)
            }
            (Target::Elements { list, selector }, value) => {
                self.heed(list, &value);
                self.selected(verb, list, selector, value)
            }
            (Target::Parts { list, selector, part }, value) => {
                if part.is_value_part() && self.heed(list, &value) && !is_single(&value) {
                    // One app role or several, as a whole, where a text is mapped to (`ms_custom`).
                    return self.list(Verb::Add, list, value);
                }
                self.part(verb, list, selector, part, value)
            }
        }
    }

    fn schema(
        &mut self,
        verb: Verb,
        schema: &'a Schema,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        match value {
            Json::Text(_) if verb == Verb::Replace => {
                Err(wrong(&schema.urn, "an object with its attributes"))
            }
            value if value.is_blank() && verb == Verb::Replace => {
                self.clear_schema(schema).map_err(as_a_value)
            }
            value if value.is_blank() => Ok(()),
            Json::Object(members) => self.block(verb, &schema.urn, members),
            _ => Err(wrong(&schema.urn, "an object with its attributes")),
        }
    }

    /// The members of a block under a URN, which need not be one that the service knows: the
    /// role may be in there (`ms_custom`).
    fn block(&mut self, verb: Verb, urn: &str, members: Members<'a>) -> Result<(), InputError> {
        for (key, value) in members {
            self.member(verb, Cow::Owned([urn, ":", &key].concat()), value)?;
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        verb: Verb,
        attribute: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        if is_no_value(attribute, &value) {
            return self.blank(verb, attribute, &value);
        }
        if attribute.is_list() {
            self.list(verb, attribute, value)
        } else if attribute.is_complex() {
            self.complex(verb, attribute, value)
        } else {
            self.single(verb, attribute, value)
        }
    }

    /// A blank value, which means the same for every attribute: as part of a whole resource or in
    /// addition it says nothing, instead of another it clears. A complex attribute that no text
    /// can stand for is not cleared by one (`sis418`).
    fn blank(
        &mut self,
        verb: Verb,
        attribute: &'a Attribute,
        value: &Json<'a>,
    ) -> Result<(), InputError> {
        let takes_texts = !attribute.is_complex() || attribute.value_part().is_some();
        match verb {
            Verb::Replace if matches!(value, Json::Text(_)) && !takes_texts => {
                Err(wrong(attribute, "an object with its parts"))
            }
            Verb::Replace => self.clear_whole(attribute).map_err(as_a_value),
            _ if attribute.required => Err(wrong(attribute, NOT_EMPTY)),
            _ => Ok(()),
        }
    }

    fn clear_schema(&mut self, schema: &'a Schema) -> Result<(), InputError> {
        let mut written = schema
            .attributes()
            .iter()
            .filter(|attribute| attribute.mutability != Mutability::ReadOnly);
        written.try_for_each(|attribute| self.clear_whole(attribute))
    }

    /// Tells the sender of a name once.
    fn ignore(&mut self, name: Cow<'a, str>, attribute: Option<&'a Attribute>, cause: Cause) {
        let short = shortened(&name);
        let name = if short.len() == name.len() { name } else { Cow::Owned(short) };
        let key = (name.clone(), attribute.map(Attribute::index));
        if self.told.len() < MAX_TOLD && self.told.insert(key) {
            self.edits.push(Edit::Ignored { name, attribute, cause });
        }
    }

    fn ignore_part(&mut self, whole: &'a Attribute, part: &str, cause: Cause) {
        let name = format!("{}.{}", whole.path(), shortened(part));
        self.ignore(Cow::Owned(name), Some(whole), cause);
    }
}

/// What a required attribute needs.
const NOT_EMPTY: &str = "a text that is not empty";

/// Nobody asked that a required attribute be removed: it was given a value that is none.
fn as_a_value(error: InputError) -> InputError {
    match error {
        InputError::Required { attribute } => wrong(attribute, NOT_EMPTY),
        error => error,
    }
}

/// Whether a value is one text, number or the like, perhaps wrapped, and no list or object.
fn is_single(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => {
            matches!(values.as_slice(), [] | [_]) && values.iter().all(is_single)
        }
        Json::Object(members) => members.iter().any(|(name, _)| name.eq_ignore_ascii_case("value")),
        Json::Null | Json::Boolean(_) | Json::Number(_) | Json::Text(_) => true,
    }
}

/// Whether a value is blank. Of what is handed on as sent, an empty text is a word like others.
fn is_no_value(attribute: &Attribute, value: &Json<'_>) -> bool {
    value.is_blank() && !(attribute.verbatim && matches!(value, Json::Text(_)))
}
