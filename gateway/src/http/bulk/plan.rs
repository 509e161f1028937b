//! What a bulk request asks: its operations as writes, and the order in which they are done.
//!
//! That is the order of the request, but for an operation that refers to what a later one makes: it is done right
//! behind that one, and what is about the same resource stays behind it. Must never know what becomes of an operation.

use super::order::{Operations, ordered};
use crate::http::address;
use crate::http::answer::RequestError;
use crate::http::preconditions::versions_in;
use crate::translate::{BulkWrite, Collection, Vocabulary};
use percent_encoding::percent_decode_str;
use provost_scim::bulk::{BulkAsked, BulkError, unknown_path, unknown_reference};
use provost_scim::{BulkMethod, BulkOperation, BulkRequest, ScimError, strict};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// What operations can be about, and how they are read.
#[derive(Clone, Copy)]
pub(super) struct BulkReading {
    pub users: &'static Vocabulary<'static>,
    pub groups: &'static Vocabulary<'static>,
    /// Whether what they say is held to the published protocol.
    pub is_strict: bool,
}

/// A bulk request, ready to be done.
pub(super) struct BulkPlan {
    pub fail_on_errors: Option<usize>,
    pub operations: Vec<PlannedOperation>,
    /// Their numbers, as they are done one after the other.
    pub order: VecDeque<usize>,
}

/// One operation.
pub(super) struct PlannedOperation {
    /// As it was asked.
    pub method: Option<String>,
    /// As it was asked.
    pub bulk_id: Option<String>,
    /// What it is about, as far as the path tells.
    pub target: Option<OperationPath>,
    /// What is called a success.
    pub success: u16,
    /// Whether it is the end of a resource.
    pub is_deletion: bool,
    /// What is sent, or why nothing is.
    pub write: Result<BulkWrite, RequestError>,
    /// The operations that it refers to, by their bulk ids.
    pub refers_to: BTreeMap<String, usize>,
}

/// What a path names.
pub(super) struct OperationPath {
    pub collection: Collection,
    /// None for a collection as a whole.
    pub id: Option<String>,
}

impl BulkPlan {
    /// Reads a body and puts what it asks in order.
    pub fn read(body: &[u8], reading: BulkReading) -> Result<Self, ScimError> {
        if reading.is_strict {
            strict::bulk(body)?;
        }
        let BulkRequest { fail_on_errors, operations } = BulkRequest::read(body)?;
        let new_names = operations.iter().enumerate();
        let new_names: HashMap<String, usize> = new_names
            .filter_map(|(number, operation)| Some((operation.new_name()?.to_owned(), number)))
            .collect();
        let operations =
            operations.into_iter().map(|operation| planned(operation, reading, &new_names));
        let mut operations: Vec<_> = operations.collect();
        let order = in_order(&mut operations).into();
        Ok(Self { fail_on_errors, operations, order })
    }
}

impl PlannedOperation {
    fn references(&self) -> Operations {
        self.refers_to.values().copied().collect()
    }

    fn is_creation(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.id.is_none())
    }

    /// What a single request of its kind is called in the log: without whom it is about.
    pub fn route(&self) -> String {
        let method = self.method.as_deref().unwrap_or_default();
        match &self.target {
            Some(OperationPath { collection, id: None }) => {
                format!("{method} {}", path(*collection))
            }
            Some(OperationPath { collection, id: Some(_) }) => {
                format!("{method} {}/{{id}}", path(*collection))
            }
            None => "POST /Bulk".to_owned(),
        }
    }
}

/// Where a collection is, below the base URL.
pub(super) const fn path(collection: Collection) -> &'static str {
    match collection {
        Collection::Users => "/Users",
        Collection::Groups => "/Groups",
    }
}

fn planned(
    operation: BulkOperation<'_>,
    reading: BulkReading,
    new_names: &HashMap<String, usize>,
) -> PlannedOperation {
    let BulkOperation { method, bulk_id, asked } = operation;
    let rest = |target, success, write| PlannedOperation {
        method,
        bulk_id,
        target,
        success,
        is_deletion: false,
        write,
        refers_to: BTreeMap::new(),
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return rest(None, 0, Err(ScimError::from(error).into())),
    };
    let Some(target) = target(&asked.path) else {
        return rest(None, 0, Err(unknown_path(&asked.path).into()));
    };
    let success = success(asked.method, target.collection);
    let is_deletion = asked.method == BulkMethod::Delete;
    let write = write(asked, &target, reading);
    let rest = rest(Some(target), success, write);
    let mut planned = PlannedOperation { is_deletion, ..rest };
    if let Ok(write) = &mut planned.write {
        for name in write.references() {
            let Some(number) = new_names.get(&name) else {
                planned.write = Err(unknown_reference(&name).into());
                planned.refers_to.clear();
                break;
            };
            planned.refers_to.insert(name, *number);
        }
    }
    planned
}

/// Paths are read as those of single requests.
fn target(text: &str) -> Option<OperationPath> {
    let path = text.split('?').next().unwrap_or_default();
    let path = address::below_base(path);
    let mut segments = path.strip_prefix('/')?.splitn(2, '/');
    let collection = match segments.next()? {
        "Users" => Collection::Users,
        "Groups" => Collection::Groups,
        _ => return None,
    };
    let id = segments.next().map(|id| percent_decode_str(id).decode_utf8_lossy().into_owned());
    let is_one = |id: &String| !id.contains('/') && id != ".search";
    id.as_ref().is_none_or(is_one).then_some(OperationPath { collection, id })
}

/// What a single request is answered, but for bodies.
fn success(method: BulkMethod, collection: Collection) -> u16 {
    match (method, collection) {
        (BulkMethod::Post, _) => 201,
        (BulkMethod::Put, _) | (BulkMethod::Patch, Collection::Users) => 200,
        (BulkMethod::Patch, Collection::Groups) | (BulkMethod::Delete, _) => 204,
    }
}

fn write(
    asked: BulkAsked<'_>,
    target: &OperationPath,
    reading: BulkReading,
) -> Result<BulkWrite, RequestError> {
    let BulkAsked { method, path: _, version, data } = asked;
    let OperationPath { collection, id } = target;
    let vocabulary = match collection {
        Collection::Users => reading.users,
        Collection::Groups => reading.groups,
    };
    if let Some(data) = data.as_ref().filter(|_| reading.is_strict) {
        match method {
            BulkMethod::Patch => strict::operations(vocabulary.resource_type, data)?,
            BulkMethod::Post | BulkMethod::Put => {
                strict::resource(vocabulary.resource_type, data)?;
            }
            BulkMethod::Delete => {}
        }
    }
    match (method, id) {
        (BulkMethod::Post, None) => {
            let missing = || BulkError::Missing { what: "data" };
            let data = data.ok_or_else(|| ScimError::from(missing()))?;
            if version.as_deref().is_some_and(|version| !versions_in(version).is_empty()) {
                return Err(ScimError::from(BulkError::VersionOfNew).into());
            }
            Ok(BulkWrite::creation(*collection, vocabulary, data)?)
        }
        (BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete, Some(id)) => {
            let versions = version.as_deref().map(versions_in).unwrap_or_default();
            let about = (*collection, id.clone());
            Ok(BulkWrite::change(about, method, vocabulary, data, versions)?)
        }
        (BulkMethod::Post, Some(_)) => {
            Err(RequestError::method_not_allowed(method.as_str(), "PUT, PATCH, DELETE"))
        }
        (_, None) => Err(RequestError::method_not_allowed(method.as_str(), "POST")),
    }
}

/// The numbers of the operations in the order in which they are done. New resources that refer to each other can't
/// be made, nor what is made of them (RFC 7644 section 3.7.1).
fn in_order(operations: &mut [PlannedOperation]) -> Operations {
    let references: Vec<Operations> = operations.iter().map(PlannedOperation::references).collect();
    let (_, left) = ordered(&references);
    for number in left {
        let operation = &mut operations[number];
        // Who only waits for one of them is told, in its turn, that this one failed.
        if operation.is_creation() {
            operation.write = Err(ScimError::from(BulkError::Circular).into());
            operation.refers_to.clear();
        }
    }
    // What is left refers to new resources only, which refer to no circle, and comes behind earlier operations
    // only, so that all have a place.
    ordered(&waits_for(operations)).0
}

/// What each operation waits for: those that it refers to, and the one before it on the same resource.
fn waits_for(operations: &[PlannedOperation]) -> Vec<Operations> {
    let mut last = HashMap::new();
    let mut waits_for = Vec::with_capacity(operations.len());
    for (number, operation) in operations.iter().enumerate() {
        let mut before = operation.references();
        if let Some(OperationPath { collection, id: Some(id) }) = &operation.target
            && let Some(earlier) = last.insert((*collection, id.to_ascii_lowercase()), number)
        {
            before.push(earlier);
        }
        waits_for.push(before);
    }
    waits_for
}
