//! Schemas, and resource types made of them (RFC 7643 sections 6 and 7), as values.

use std::borrow::Cow;

use super::attribute::Attribute;
use super::common;

/// A schema: attributes under one URN.
#[derive(Debug)]
pub struct Schema {
    /// The URN that qualifies its attributes.
    pub urn: Cow<'static, str>,
    /// Its name, for people.
    pub name: Cow<'static, str>,
    /// What it describes.
    pub description: Cow<'static, str>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) spellings: Vec<&'static str>,
    pub(super) under_any_urn: bool,
}

impl Schema {
    /// A schema of these attributes, in the order in which they are written.
    pub fn new(
        urn: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        attributes: Vec<Attribute>,
    ) -> Self {
        Self {
            urn: urn.into(),
            name: name.into(),
            description: description.into(),
            attributes,
            spellings: Vec::new(),
            under_any_urn: false,
        }
    }

    /// Its top-level attributes.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The same schema with other spellings of its URN.
    #[must_use]
    pub(super) fn spelled(self, spellings: &[&'static str]) -> Self {
        Self { spellings: spellings.to_vec(), ..self }
    }

    /// The same schema, whose attributes may also stand under the URN of another extension, known
    /// or not, of the same resource type.
    #[must_use]
    pub(super) fn under_any_urn(self) -> Self {
        Self { under_any_urn: true, ..self }
    }

    fn settle(&mut self, is_extension: bool, next: &mut usize) {
        let urn = is_extension.then_some(&self.urn);
        for attribute in &mut self.attributes {
            attribute.settle(urn, None, next);
        }
    }
}

/// Schemas are told apart by their URNs.
impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.urn == other.urn
    }
}

impl Eq for Schema {}

/// A kind of resource: its schemas and where it is served. Readers, filters, projections, the
/// writer and discovery are handed one, and borrow attributes from it.
#[derive(Debug)]
pub struct ResourceType {
    name: Cow<'static, str>,
    endpoint: Cow<'static, str>,
    common: [Attribute; 3],
    /// The core schema first, then the extensions.
    schemas: Vec<Schema>,
    /// Attributes whose words are read besides what is kept under the same name.
    pub(super) heeded: Vec<Attribute>,
    pub(crate) dropped: &'static [&'static str],
    /// Spellings of URNs with the number of their schema, the longer ones first.
    pub(super) spellings: Vec<(Cow<'static, str>, usize)>,
    size: usize,
}

impl ResourceType {
    /// A resource type whose resources are found below the endpoint.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        endpoint: impl Into<Cow<'static, str>>,
        core: Schema,
        extensions: Vec<Schema>,
    ) -> Self {
        let mut schemas = vec![core];
        schemas.extend(extensions);
        let mut size = 0;
        let mut common = common::attributes();
        for attribute in &mut common {
            attribute.settle(None, None, &mut size);
        }
        let mut spellings = Vec::new();
        for (number, schema) in schemas.iter_mut().enumerate() {
            schema.settle(number > 0, &mut size);
            spellings.push((schema.urn.clone(), number));
            spellings.extend(schema.spellings.iter().map(|urn| (Cow::Borrowed(*urn), number)));
        }
        spellings.sort_by_key(|(urn, _)| std::cmp::Reverse(urn.len()));
        let (name, endpoint) = (name.into(), endpoint.into());
        let (heeded, dropped): (_, &[&str]) = (Vec::new(), &[]);
        Self { name, endpoint, common, schemas, heeded, dropped, spellings, size }
    }

    /// The same resource type, of which members of these names are dropped without a word.
    #[must_use]
    pub(super) fn dropping(self, dropped: &'static [&'static str]) -> Self {
        Self { dropped, ..self }
    }

    /// The same resource type, of which the words of these attributes are read in whatever shape they come,
    /// besides what is kept under the same name; they are in no schema.
    #[must_use]
    pub(super) fn heeding(mut self, mut attributes: Vec<Attribute>) -> Self {
        for attribute in &mut attributes {
            attribute.settle(None, None, &mut self.size);
        }
        Self { heeded: attributes, ..self }
    }

    /// Its name: `User`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is served, below the base URL: `/Users`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The core schema.
    pub fn core(&self) -> &Schema {
        &self.schemas[0]
    }

    /// The extensions, in the order in which they are written.
    pub fn extensions(&self) -> &[Schema] {
        &self.schemas[1..]
    }

    /// The core schema and the extensions.
    pub fn schemas(&self) -> &[Schema] {
        &self.schemas
    }

    /// What all resources have: `id`, `externalId` and, last, `meta`.
    pub fn common(&self) -> &[Attribute; 3] {
        &self.common
    }

    /// The number of all its attributes and parts, which is above every `Attribute::index`.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Every top-level attribute that is kept.
    pub fn all(&self) -> impl Iterator<Item = &Attribute> {
        self.common.iter().chain(self.schemas.iter().flat_map(Schema::attributes))
    }

    /// Every single value: complex attributes are taken apart, lists are left out.
    pub fn singles(&self) -> impl Iterator<Item = &Attribute> {
        self.all().filter(|attribute| !attribute.multi_valued).flat_map(|attribute| {
            if attribute.is_complex() { attribute.parts() } else { std::slice::from_ref(attribute) }
        })
    }

    /// Every multi-valued attribute.
    pub fn lists(&self) -> impl Iterator<Item = &Attribute> {
        self.all().filter(|attribute| attribute.multi_valued)
    }

    /// Attributes whose words are read besides what is kept under the same name.
    pub fn heeded(&self) -> &[Attribute] {
        &self.heeded
    }

    /// That of the words of an attribute which is kept, where they are read.
    pub(crate) fn words_of(&self, kept: &Attribute) -> Option<&Attribute> {
        let mut heeded = self.heeded.iter();
        heeded.find(|heeded| kept.urn().is_none() && heeded.path() == kept.path())
    }
}
