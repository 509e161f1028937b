//! What a bulk request asks: its operations as writes, and the steps in which they are done.
//!
//! A reference makes an operation wait for the one that makes what it refers to; operations on one resource
//! wait for each other. Must never know what becomes of a step.

use super::order::{Operations, ordered};
use crate::http::address;
use crate::http::answer::RequestError;
use crate::http::preconditions::versions_in;
use crate::translate::{BulkWrite, Collection, Vocabulary};
use provost_scim::bulk::{BulkAsked, BulkError, referred, unknown_path, unknown_reference};
use provost_scim::{BulkMethod, BulkOperation, BulkRequest, ScimError};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// What operations can be about.
#[derive(Clone, Copy)]
pub(super) struct Vocabularies {
    pub users: &'static Vocabulary<'static>,
    pub groups: &'static Vocabulary<'static>,
}

/// A bulk request, ready to be done.
pub(super) struct BulkPlan {
    pub fail_on_errors: Option<usize>,
    pub operations: Vec<PlannedOperation>,
    pub steps: VecDeque<BulkStep>,
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
    /// What is added to a new user when those are there that it refers to.
    pub put_off: Option<BulkWrite>,
}

/// What a path names.
pub(super) struct OperationPath {
    pub collection: Collection,
    /// None for a collection as a whole.
    pub id: Option<String>,
}

/// One write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BulkStep {
    /// An operation, by its number.
    Operation(usize),
    /// What was put off of it.
    Rest(usize),
}

impl BulkPlan {
    /// Reads a body and puts what it asks in order.
    pub fn read(body: &[u8], vocabularies: Vocabularies) -> Result<Self, ScimError> {
        let BulkRequest { fail_on_errors, operations } = BulkRequest::read(body)?;
        let new_names = operations.iter().enumerate();
        let new_names: HashMap<String, usize> = new_names
            .filter_map(|(number, operation)| Some((operation.new_name()?.to_owned(), number)))
            .collect();
        let operations =
            operations.into_iter().map(|operation| planned(operation, vocabularies, &new_names));
        let mut operations: Vec<_> = operations.collect();
        let steps = steps(&mut operations);
        Ok(Self { fail_on_errors, operations, steps })
    }
}

impl PlannedOperation {
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
    vocabularies: Vocabularies,
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
        put_off: None,
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
    let write = write(asked, &target, vocabularies);
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
    let id = segments.next().map(str::to_owned);
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
    vocabularies: Vocabularies,
) -> Result<BulkWrite, RequestError> {
    let BulkAsked { method, path: _, version, data } = asked;
    let OperationPath { collection, id } = target;
    let vocabulary = match collection {
        Collection::Users => vocabularies.users,
        Collection::Groups => vocabularies.groups,
    };
    match (method, id) {
        (BulkMethod::Post, None) => {
            let missing = || BulkError::Missing { what: "data" };
            let data = data.ok_or_else(|| ScimError::from(missing()))?;
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

/// The steps, in their order. Where operations wait for each other in a circle, users are made without what
/// they refer to, which is added when all are there; what is left then can't be done.
fn steps(operations: &mut [PlannedOperation]) -> VecDeque<BulkStep> {
    let mut waits_for = waits_for(operations);
    let (mut order, mut left) = ordered(&waits_for, |number| number);
    let mut rests = Vec::new();
    if !left.is_empty() {
        rests = put_off(operations, &left);
        for number in &rests {
            let behind = std::mem::take(&mut waits_for[*number]);
            let refers_to = operations[*number].refers_to.values();
            waits_for[*number] = behind
                .into_iter()
                .filter(|other| !refers_to.clone().any(|it| it == other))
                .collect();
        }
        for (place, number) in rests.iter().enumerate() {
            let node = operations.len() + place;
            let own = operations[*number].refers_to.values().copied();
            waits_for.push(own.chain([*number]).collect());
            // What comes behind about the same user finds it whole.
            for (other, before) in waits_for[..operations.len()].iter_mut().enumerate() {
                if is_about(&operations[other], &operations[*number]) {
                    before.push(node);
                }
            }
        }
        let of = |node: usize| rests.get(node.wrapping_sub(operations.len())).copied();
        (order, left) = ordered(&waits_for, |node| of(node).unwrap_or(node));
        left.retain(|node| *node < operations.len());
    }
    for number in &left {
        operations[*number].write = Err(ScimError::from(BulkError::Circular).into());
    }
    let step = |node: usize| match rests.get(node.wrapping_sub(operations.len())) {
        Some(number) => BulkStep::Rest(*number),
        None => BulkStep::Operation(node),
    };
    order.into_iter().chain(left).map(step).collect()
}

/// What each operation waits for: those that it refers to, and the one before it on the same resource.
fn waits_for(operations: &[PlannedOperation]) -> Vec<Operations> {
    let mut last = HashMap::new();
    let mut waits_for = Vec::with_capacity(operations.len());
    for (number, operation) in operations.iter().enumerate() {
        let mut before: Operations = operation.refers_to.values().copied().collect();
        if let Some(OperationPath { collection, id: Some(id) }) = &operation.target
            && let Some(earlier) = last.insert((*collection, id.to_ascii_lowercase()), number)
            && !before.contains(&earlier)
        {
            before.push(earlier);
        }
        waits_for.push(before);
    }
    waits_for
}

/// Takes out of new users what they refer to, as far as they are left because of one another only.
fn put_off(operations: &mut [PlannedOperation], left: &[usize]) -> Operations {
    let mut waiting: HashMap<usize, Operations> = HashMap::new();
    for number in left {
        for before in operations[*number].refers_to.values() {
            waiting.entry(*before).or_default().push(*number);
        }
    }
    let makes_a_user =
        |number: &usize| operations[*number].write.as_ref().is_ok_and(BulkWrite::makes_a_user);
    let mut in_vain: Operations =
        left.iter().copied().filter(|number| !makes_a_user(number)).collect();
    let mut known: HashSet<usize> = in_vain.iter().copied().collect();
    while let Some(number) = in_vain.pop() {
        let behind = waiting.get(&number).into_iter().flatten();
        in_vain.extend(behind.copied().filter(|number| known.insert(*number)));
    }
    let users: Operations = left.iter().copied().filter(|number| !known.contains(number)).collect();
    for number in &users {
        let operation = &mut operations[*number];
        let bulk_id = operation.bulk_id.clone().unwrap_or_default();
        if let Ok(write) = &mut operation.write {
            operation.put_off = write.put_off(&bulk_id);
        }
    }
    users
}

/// Whether an operation is about the user that another one makes.
fn is_about(operation: &PlannedOperation, other: &PlannedOperation) -> bool {
    let id = operation.target.as_ref().and_then(|target| target.id.as_deref());
    id.and_then(referred).is_some_and(|name| other.bulk_id.as_deref() == Some(name))
}
