//! The strict writer: resources in the exact form of RFC 7643, without nulls and without empty
//! members.
//!
//! Walks the attributes of the resource type, so it knows neither attribute by attribute nor
//! what they mean.

mod written;

use std::mem::take;

use time::OffsetDateTime;

use super::projection::Projection;
use super::schema::{Attribute, ResourceType};
use super::value::ScimValue;
pub use written::Projected;

/// A resource, ready to be written.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "a resource type is RFC 7643's word")]
pub struct Resource<'a> {
    resource_type: &'a ResourceType,
    /// Values by attribute, each once; parts of complex attributes stand on their own.
    values: Vec<(&'a Attribute, ScimValue<'a>)>,
    /// By the index of an attribute: where its value stands, counted from 1; 0 where it has none.
    /// The writer asks for each attribute there is, and some twice.
    places: Vec<u16>,
}

/// What every resource has (RFC 7643 section 3.1).
#[derive(Debug, Clone)]
pub struct Common<'a> {
    /// `id`
    pub id: &'a str,
    /// `meta.created`
    pub created: OffsetDateTime,
    /// `meta.lastModified`
    pub last_modified: OffsetDateTime,
    /// `meta.location`, the URL of the resource.
    pub location: String,
    /// `meta.version`, as in the `ETag` header, quotation marks included.
    pub version: String,
}

impl<'a> Resource<'a> {
    /// A resource of which nothing else is known yet, with room for so many values.
    pub fn new(resource_type: &'a ResourceType, common: Common<'a>, room: usize) -> Self {
        let Common { id, created, last_modified, mut location, mut version } = common;
        let [id_attribute, _, meta] = resource_type.common();
        let values = Vec::with_capacity(room + 1 + meta.parts().len());
        let places = vec![0; resource_type.size()];
        let mut resource = Self { resource_type, values, places };
        resource.set(id_attribute, ScimValue::Text(id.into()));
        for part in meta.parts() {
            let value = match part.name() {
                "created" => ScimValue::DateTime(created),
                "lastModified" => ScimValue::DateTime(last_modified),
                "location" => ScimValue::Reference(take(&mut location).into()),
                "version" => ScimValue::Text(take(&mut version).into()),
                _ => ScimValue::Text(resource_type.name().into()),
            };
            resource.set(part, value);
        }
        resource
    }

    /// Gives an attribute that has none yet its value: a single value, also for a part of a
    /// complex attribute, or a list.
    pub fn set(&mut self, attribute: &'a Attribute, value: ScimValue<'a>) {
        self.values.push((attribute, value));
        if let Some(place) = self.places.get_mut(attribute.index()) {
            *place = u16::try_from(self.values.len()).unwrap_or_default();
        }
    }

    /// `meta.location`
    pub fn location(&self) -> &str {
        self.meta("location")
    }

    /// `meta.version`
    pub fn version(&self) -> &str {
        self.meta("version")
    }

    /// The resource, seen through a projection.
    pub fn projected<'r>(&'r self, projection: &'r Projection<'r>) -> Projected<'r> {
        Projected { resource: self, projection }
    }

    fn meta(&self, name: &str) -> &str {
        let [.., meta] = self.resource_type.common();
        let part = meta.parts().iter().find(|part| part.name() == name);
        match part.and_then(|part| self.value(part)) {
            Some(ScimValue::Text(text) | ScimValue::Reference(text)) => text,
            _ => "",
        }
    }

    fn value(&self, attribute: &Attribute) -> Option<&ScimValue<'a>> {
        let place = usize::from(*self.places.get(attribute.index())?);
        let (known, value) = self.values.get(place.checked_sub(1)?)?;
        (*known == attribute && !value.is_blank()).then_some(value)
    }
}

#[cfg(test)]
mod tests;
