//! Words that are read besides what is kept: app roles, as Entra's three ways of mapping them write them
//! (`ms_custom`, `sdk_az`): a bare text, a list of objects with a value, and JSON inside that value.

use std::borrow::Cow;

use super::Reader;
use crate::edit::Edit;
use crate::json::{Json, take};
use crate::limits::MAX_WORDS;
use crate::schema::Attribute;
use crate::value::ScimValue;

impl<'a> Reader<'a> {
    /// Hands on every word in the value of an attribute whose words are read; whether it is one.
    pub(super) fn heed(&mut self, kept: &Attribute, value: &Json<'a>) -> bool {
        let Some(attribute) = self.resource_type.words_of(kept) else { return false };
        let mut words = Vec::new();
        collect(value.clone(), &mut words);
        let edit = |word| Edit::Set { attribute, value: Some(ScimValue::Text(word)) };
        self.edits.extend(words.into_iter().take(MAX_WORDS).map(edit));
        true
    }
}

fn collect<'a>(value: Json<'a>, words: &mut Vec<Cow<'a, str>>) {
    match value {
        Json::Array(elements) => elements.into_iter().for_each(|element| collect(element, words)),
        Json::Object(mut members) => {
            let named = take(&mut members, "value").filter(|value| !value.is_blank_throughout());
            if let Some(value) = named.or_else(|| take(&mut members, "displayName")) {
                collect(value, words);
            }
        }
        Json::Text(text) => words.extend(word(text)),
        Json::Null | Json::Boolean(_) | Json::Number(_) => {}
    }
}

/// The word in a text, which may be the JSON of an app role.
fn word(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct AppRole {
        #[serde(alias = "Value")]
        value: Option<String>,
        #[serde(rename = "displayName", alias = "DisplayName")]
        display_name: Option<String>,
    }
    if !text.trim_start().starts_with('{') {
        return (!text.trim().is_empty()).then_some(text);
    }
    match serde_json::from_str::<AppRole>(&text) {
        Ok(role) => role.value.or(role.display_name).map(Cow::Owned),
        Err(_) => Some(text),
    }
}
