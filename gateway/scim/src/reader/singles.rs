//! Attributes with one value, and complex ones, which are read part by part.

use std::borrow::Cow;

use super::lists::{is_placeholder, read_part};
use super::{Reader, Verb, is_no_value};
use crate::edit::{Cause, Edit};
use crate::error::{InputError, wrong};
use crate::json::{Json, Members, take};
use crate::scalar::unwrapped;
use crate::schema::{Attribute, Mutability, Part, part_of};

impl<'a> Reader<'a> {
    /// Parts that are not mentioned stay as they are (RFC 7644 section 3.5.2.3). Where the
    /// part `value` stands for the whole, the whole may come as a bare text, and without a value
    /// there is nothing of it: Entra's manager (`ms_use`, `sdk686`, `simple1244`, `pran_mgr`).
    pub(super) fn complex(
        &mut self,
        verb: Verb,
        whole: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        match (value, whole.value_part()) {
            (Json::Object(mut members), Some(_)) => {
                match take(&mut members, "value").map(unwrapped) {
                    Some(value) if value.is_blank() => self.blank(verb, whole, &value),
                    Some(value) => {
                        members.push((Cow::Borrowed("value"), value));
                        self.parts(verb, whole, members)
                    }
                    None => self.parts(verb, whole, members),
                }
            }
            (Json::Object(members), None) => self.parts(verb, whole, members),
            (value @ (Json::Text(_) | Json::Number(_)), Some(part)) => {
                self.single(verb, part, value)
            }
            _ => Err(wrong(whole, "an object with its parts")),
        }
    }

    fn parts(
        &mut self,
        verb: Verb,
        whole: &'a Attribute,
        mut members: Members<'a>,
    ) -> Result<(), InputError> {
        if whole.value_part().is_some() {
            // The value comes first, because what follows it goes with the one before.
            members.sort_by_key(|(key, _)| !is_value(whole, key));
        }
        for (key, value) in members {
            match part_of(whole, &key) {
                Part::Known(part) if part.mutability == Mutability::ReadOnly => {}
                Part::Known(part) => self.single(verb, part, value)?,
                Part::Unknown if !value.is_blank_throughout() => {
                    self.ignore_part(whole, &key, Cause::NotKept);
                }
                Part::Unknown | Part::Dropped => {}
            }
        }
        Ok(())
    }

    pub(super) fn single(
        &mut self,
        verb: Verb,
        attribute: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let value = unwrapped(value);
        if is_no_value(attribute, &value) {
            return self.blank(verb, attribute, &value);
        }
        if !attribute.verbatim && is_placeholder(&value) {
            return self.unexpanded(attribute);
        }
        let value = Some(read_part(attribute, attribute, value)?);
        self.edits.push(Edit::Set { attribute, value });
        self.clear_derived(attribute);
        Ok(())
    }

    /// What follows from the value of a complex attribute goes with that value: the name and the URL of
    /// another manager.
    fn clear_derived(&mut self, value_part: &'a Attribute) {
        if !value_part.is_value_part() {
            return;
        }
        let whole = self.resource_type.all().find(|whole| whole.value_part() == Some(value_part));
        let parts = whole.map(Attribute::parts).unwrap_or_default().iter();
        let derived = parts.filter(|part| part.follows_value());
        self.edits.extend(derived.map(|attribute| Edit::Set { attribute, value: None }));
    }

    /// A placeholder must never be stored, and no user may be known by one.
    fn unexpanded(&mut self, attribute: &'a Attribute) -> Result<(), InputError> {
        if attribute.required {
            return Err(InputError::Unexpanded { attribute: attribute.path().to_owned() });
        }
        self.ignore(Cow::Borrowed(attribute.path()), Some(attribute), Cause::Unexpanded);
        Ok(())
    }

    pub(super) fn clear(&mut self, attribute: &'a Attribute) -> Result<(), InputError> {
        if attribute.required {
            return Err(InputError::Required { attribute: attribute.path().to_owned() });
        }
        self.edits.push(Edit::Set { attribute, value: None });
        self.clear_derived(attribute);
        Ok(())
    }

    pub(super) fn clear_parts(&mut self, whole: &'a Attribute) -> Result<(), InputError> {
        let mut written = whole.parts().iter().filter(|part| !part.follows_value());
        written.try_for_each(|part| self.clear(part))
    }
}

/// Whether a name is that of the part that stands for the whole.
fn is_value(whole: &Attribute, key: &str) -> bool {
    matches!(part_of(whole, key), Part::Known(part) if part.is_value_part())
}
