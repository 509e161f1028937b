//! Attributes with one value, and complex ones, which are read part by part.

use std::borrow::Cow;

use super::{Reader, Verb};
use crate::edit::{Cause, Edit};
use crate::error::InputError;
use crate::json::{Json, Members, take};
use crate::scalar::{is_unexpanded, read, unwrapped, wrong};
use crate::schema::{Attribute, Part, Type, part_of};

impl<'a> Reader<'a> {
    /// Parts that are not mentioned stay as they are (RFC 7644 section 3.5.2.3). Where the
    /// part `value` stands for the whole, the whole may come as a bare text, in a list of one,
    /// or empty to clear it: Entra's manager (`ms_use`, `sdk686`, `simple1244`, `pran_mgr`).
    pub(super) fn complex(
        &mut self,
        verb: Verb,
        whole: &'a Attribute,
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
        whole: &'a Attribute,
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

    pub(super) fn single(
        &mut self,
        verb: Verb,
        attribute: &'a Attribute,
        value: Json<'a>,
    ) -> Result<(), InputError> {
        let value = unwrapped(value);
        if let Json::Text(text) = &value
            && !attribute.verbatim
        {
            if is_unexpanded(text) {
                return self.unexpanded(attribute);
            }
            if attribute.required && text.trim().is_empty() {
                return Err(wrong(attribute, "a text that is not empty"));
            }
            if is_emptying(&attribute.value_type, text) {
                return self.clear(attribute);
            }
        }
        match read(attribute, &attribute.value_type, value)? {
            None if verb == Verb::Replace => self.clear(attribute),
            None => Ok(()),
            value @ Some(_) => {
                self.edits.push(Edit::Set { attribute, value });
                Ok(())
            }
        }
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
        Ok(())
    }

    pub(super) fn clear_parts(&mut self, whole: &'a Attribute) -> Result<(), InputError> {
        whole.parts().iter().try_for_each(|part| self.clear(part))
    }
}

/// Whether a text empties a value of this type: Okta empties an attribute with an empty text
/// (`okta_ref`). Of true and false neither is meant by it.
pub(super) fn is_emptying(value_type: &Type, text: &str) -> bool {
    text.is_empty() && !matches!(value_type, Type::Boolean)
}
