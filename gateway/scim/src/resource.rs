//! The strict writer: users and lists in the exact form of RFC 7643, without nulls and without
//! empty members.
//!
//! Walks the attribute tables, so it knows neither attribute by attribute nor what they mean.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::projection::Projection;
use super::schema::{Attribute, ENTERPRISE_USER, Kind, Schema, USER, attributes};

/// A user, ready to be written.
#[derive(Debug, Clone)]
pub struct UserResource<'a> {
    /// `id`
    pub id: &'a str,
    /// `externalId`
    pub external_id: Option<&'a str>,
    /// `userName`
    pub user_name: &'a str,
    /// `active`
    pub active: bool,
    /// `userType`
    pub user_type: &'a str,
    /// Every other single text, by canonical path: `title`, `name.givenName`, `manager.value`.
    pub texts: Vec<(&'static str, &'a str)>,
    /// Lists by canonical path.
    pub lists: Vec<(&'static str, Vec<ElementView<'a>>)>,
    /// `meta`
    pub meta: Meta<'a>,
}

/// One element of a list.
#[derive(Debug, Clone)]
pub struct ElementView<'a> {
    /// Texts by the name of the part.
    pub texts: Vec<(&'static str, &'a str)>,
    /// `primary`
    pub primary: bool,
}

/// About the resource itself (RFC 7643 section 3.1).
#[derive(Debug, Clone)]
pub struct Meta<'a> {
    /// `created`, as an RFC 3339 time in UTC.
    pub created: Cow<'a, str>,
    /// `lastModified`, as an RFC 3339 time in UTC.
    pub last_modified: Cow<'a, str>,
    /// `location`, the URL of the user.
    pub location: Cow<'a, str>,
    /// `version`, as in the `ETag` header, quotation marks included.
    pub version: Cow<'a, str>,
}

impl<'a> UserResource<'a> {
    /// The user, seen through a projection.
    pub fn projected<'r>(&'r self, projection: &'r Projection) -> Projected<'r, 'a> {
        Projected { user: self, projection }
    }

    fn text(&self, path: &str) -> Option<&str> {
        let text = match path {
            "id" => Some(self.id),
            "externalId" => self.external_id,
            "userName" => Some(self.user_name),
            "userType" => Some(self.user_type),
            "meta.resourceType" => Some("User"),
            "meta.created" => Some(&*self.meta.created),
            "meta.lastModified" => Some(&*self.meta.last_modified),
            "meta.location" => Some(&*self.meta.location),
            "meta.version" => Some(&*self.meta.version),
            _ => find(&self.texts, path),
        };
        text.filter(|text| !text.is_empty())
    }

    fn elements(&self, path: &str) -> &[ElementView<'a>] {
        let list = self.lists.iter().find(|(known, _)| *known == path);
        list.map_or(&[], |(_, elements)| elements)
    }
}

fn find<'a>(texts: &[(&'static str, &'a str)], path: &str) -> Option<&'a str> {
    texts.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
}

/// A user seen through a projection. Writes itself as a SCIM User.
#[derive(Debug, Clone, Copy)]
pub struct Projected<'r, 'a> {
    user: &'r UserResource<'a>,
    projection: &'r Projection,
}

impl Serialize for Projected<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let enterprise = Members(self, attributes(Schema::Enterprise));
        let enterprise = (!enterprise.is_empty()).then_some(enterprise);
        let schemas: &[&str] =
            if enterprise.is_some() { &[USER, ENTERPRISE_USER] } else { &[USER] };

        let common = attributes(Schema::Common);
        let (meta, identifiers): (Vec<_>, Vec<_>) =
            common.iter().partition(|attribute| attribute.path == "meta");
        let core = attributes(Schema::Core).iter();
        let first = std::iter::once(("schemas", Out::Schemas(schemas)));
        let middle = identifiers.into_iter().chain(core).filter_map(|a| self.member(a));
        let block = enterprise.map(|members| (ENTERPRISE_USER, Out::Members(members)));
        let last = meta.into_iter().filter_map(|a| self.member(a));
        serializer.collect_map(first.chain(middle).chain(block).chain(last))
    }
}

impl<'r, 'a> Projected<'r, 'a> {
    /// A member of the object, if there is anything to say.
    fn member(&'r self, attribute: &'static Attribute) -> Option<(&'static str, Out<'r, 'a>)> {
        let value = match attribute.kind {
            Kind::Complex(parts) => {
                let whole = Whole { projected: self, attribute, parts };
                (!whole.is_empty()).then_some(Out::Whole(whole))?
            }
            Kind::List(parts) => self.list(attribute, parts)?,
            _ if !self.projection.picks(None, attribute) => return None,
            Kind::Boolean => Out::Boolean(self.user.active),
            Kind::Text | Kind::Reference | Kind::DateTime => {
                Out::Text(self.user.text(attribute.path)?)
            }
        };
        Some((attribute.name(), value))
    }

    fn list(
        &'r self,
        list: &'static Attribute,
        parts: &'static [Attribute],
    ) -> Option<Out<'r, 'a>> {
        let elements = self.user.elements(list.path).iter();
        let elements = elements.map(|element| ElementOut {
            element,
            list,
            parts,
            projection: self.projection,
        });
        let elements: Vec<_> = elements.filter(|element| !element.is_empty()).collect();
        (!elements.is_empty()).then_some(Out::List(elements))
    }
}

/// A value in the answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Out<'r, 'a> {
    Text(&'r str),
    Boolean(bool),
    Schemas(&'r [&'static str]),
    Members(Members<'r, 'a>),
    Whole(Whole<'r, 'a>),
    List(Vec<ElementOut<'r, 'a>>),
}

/// The block of an extension.
struct Members<'r, 'a>(&'r Projected<'r, 'a>, &'static [Attribute]);

impl<'r, 'a> Members<'r, 'a> {
    fn iter(&self) -> impl Iterator<Item = (&'static str, Out<'r, 'a>)> {
        let projected = self.0;
        self.1.iter().filter_map(|attribute| projected.member(attribute))
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for Members<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// A complex attribute. All its parts are texts.
struct Whole<'r, 'a> {
    projected: &'r Projected<'r, 'a>,
    attribute: &'static Attribute,
    parts: &'static [Attribute],
}

impl<'r> Whole<'r, '_> {
    fn iter(&self) -> impl Iterator<Item = (&'static str, &'r str)> {
        let Projected { user, projection } = *self.projected;
        let picked = self.parts.iter().filter(|part| projection.picks(Some(self.attribute), part));
        picked.filter_map(|part| Some((part.name(), user.text(part.path)?)))
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for Whole<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// An element of a list.
struct ElementOut<'r, 'a> {
    element: &'r ElementView<'a>,
    list: &'static Attribute,
    parts: &'static [Attribute],
    projection: &'r Projection,
}

#[derive(Serialize)]
#[serde(untagged)]
enum PartOut<'r> {
    Text(&'r str),
    Boolean(bool),
}

impl<'r> ElementOut<'r, '_> {
    fn iter(&self) -> impl Iterator<Item = (&'static str, PartOut<'r>)> {
        let element = self.element;
        let picked = self.parts.iter().filter(|part| self.projection.picks(Some(self.list), part));
        picked.filter_map(|part| {
            let value = if matches!(part.kind, Kind::Boolean) {
                PartOut::Boolean(element.primary)
            } else {
                let text = find(&element.texts, part.path).filter(|text| !text.is_empty());
                PartOut::Text(text?)
            };
            Some((part.path, value))
        })
    }

    fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Serialize for ElementOut<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests;
