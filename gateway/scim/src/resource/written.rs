//! A resource as JSON, member by member.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::Resource;
use crate::date_time;
use crate::projection::Projection;
use crate::schema::{Attribute, Schema};
use crate::value::{Complex, ScimValue};

/// A resource seen through a projection. Writes itself as a SCIM resource.
#[derive(Debug, Clone, Copy)]
pub struct Projected<'r> {
    pub(super) resource: &'r Resource<'r>,
    pub(super) projection: &'r Projection<'r>,
}

impl Serialize for Projected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let resource_type = self.resource.resource_type;
        let [identifiers @ .., meta] = resource_type.common();
        let core = resource_type.core();
        let extensions = resource_type.extensions().iter();
        let blocks: Vec<_> = extensions.filter(|schema| self.has_members(schema)).collect();

        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schemas", &Urns(core, &blocks))?;
        for attribute in identifiers.iter().chain(core.attributes()) {
            self.write(attribute, &mut map)?;
        }
        for schema in blocks {
            map.serialize_entry(&schema.urn, &Block { projected: self, schema })?;
        }
        self.write(meta, &mut map)?;
        map.end()
    }
}

impl Projected<'_> {
    fn has_members(&self, schema: &Schema) -> bool {
        schema.attributes().iter().any(|attribute| self.member(attribute).is_some())
    }

    fn write<M: SerializeMap>(&self, attribute: &Attribute, map: &mut M) -> Result<(), M::Error> {
        match self.member(attribute) {
            Some(member) => map.serialize_entry(attribute.name(), &member),
            None => Ok(()),
        }
    }

    /// What a member holds, if there is anything to say.
    fn member<'s>(&'s self, attribute: &'s Attribute) -> Option<Member<'s>> {
        if attribute.multi_valued {
            return self.list(attribute);
        }
        if attribute.is_complex() {
            let whole = WrittenComplex { projected: self, attribute };
            return whole.parts().next().is_some().then_some(Member::Whole(whole));
        }
        if !self.projection.picks(None, attribute) {
            return None;
        }
        self.resource.value(attribute).map(Member::Value)
    }

    fn list<'s>(&'s self, list: &'s Attribute) -> Option<Member<'s>> {
        let projection = self.projection;
        if !list.is_complex() && !list.value_part().is_some_and(|p| projection.picks(Some(list), p))
        {
            return None;
        }
        let Some(ScimValue::List(elements)) = self.resource.value(list) else {
            return None;
        };
        let elements = Elements { values: elements, list, projection };
        elements.written().next().is_some().then_some(Member::List(elements))
    }
}

/// What is written for a member.
#[derive(Serialize)]
#[serde(untagged)]
enum Member<'s> {
    Value(&'s ScimValue<'s>),
    Whole(WrittenComplex<'s>),
    List(Elements<'s>),
}

/// The URNs of the schemas that a resource speaks of.
struct Urns<'s>(&'s Schema, &'s [&'s Schema]);

impl Serialize for Urns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(core, extensions) = self;
        serializer.collect_seq(std::iter::once(&core.urn).chain(extensions.iter().map(|s| &s.urn)))
    }
}

/// The attributes of an extension.
struct Block<'s> {
    projected: &'s Projected<'s>,
    schema: &'s Schema,
}

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for attribute in self.schema.attributes() {
            self.projected.write(attribute, &mut map)?;
        }
        map.end()
    }
}

/// A complex attribute, whose parts are values of their own.
#[derive(Clone, Copy)]
struct WrittenComplex<'s> {
    projected: &'s Projected<'s>,
    attribute: &'s Attribute,
}

impl<'s> WrittenComplex<'s> {
    fn parts(self) -> impl Iterator<Item = (&'s str, &'s ScimValue<'s>)> {
        let Projected { resource, projection } = *self.projected;
        let Self { attribute, .. } = self;
        let picked = attribute.parts().iter();
        let picked = picked.filter(move |part| projection.picks(Some(attribute), part));
        picked.filter_map(move |part| Some((part.name(), resource.value(part)?)))
    }
}

impl Serialize for WrittenComplex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.parts())
    }
}

/// The elements of a list.
#[derive(Clone, Copy)]
struct Elements<'s> {
    values: &'s [ScimValue<'s>],
    list: &'s Attribute,
    projection: &'s Projection<'s>,
}

impl<'s> Elements<'s> {
    /// Those of which anything is written.
    fn written(self) -> impl Iterator<Item = Element<'s>> {
        let Self { values, list, projection } = self;
        values.iter().filter_map(move |element| match element {
            ScimValue::Complex(complex) => {
                let parts = Parts { complex, list, projection };
                parts.iter().next().is_some().then_some(Element::Parts(parts))
            }
            value => (!value.is_blank()).then_some(Element::Value(value)),
        })
    }
}

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        for element in self.written() {
            sequence.serialize_element(&element)?;
        }
        sequence.end()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Element<'s> {
    Parts(Parts<'s>),
    Value(&'s ScimValue<'s>),
}

/// The parts of an element.
#[derive(Clone, Copy)]
struct Parts<'s> {
    complex: &'s Complex<'s>,
    list: &'s Attribute,
    projection: &'s Projection<'s>,
}

impl<'s> Parts<'s> {
    fn iter(self) -> impl Iterator<Item = (&'s str, &'s ScimValue<'s>)> {
        let Self { complex, list, projection } = self;
        let picked = list.parts().iter().filter(move |part| projection.picks(Some(list), part));
        picked.filter_map(move |part| {
            let value = complex.get(part).filter(|value| !value.is_blank())?;
            Some((part.name(), value))
        })
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// A single value as JSON.
impl Serialize for ScimValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Reference(text) => serializer.serialize_str(text),
            Self::Boolean(truth) => serializer.serialize_bool(*truth),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Decimal(number) => serializer.serialize_f64(*number),
            Self::DateTime(at) => serializer.collect_str(&date_time::Written(*at)),
            Self::Binary(bytes) => serializer.collect_str(&Base64Display::new(bytes, &STANDARD)),
            Self::Complex(complex) => {
                serializer.collect_map(complex.iter().map(|(part, value)| (part.name(), value)))
            }
            Self::List(elements) => serializer.collect_seq(elements),
        }
    }
}
