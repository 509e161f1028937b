//! How much a request may ask for: each limit once, for both sides.
//!
//! The gateway refuses by these what the core would refuse, in the words of its own protocol; the
//! core refuses it for everybody else. What can be decoded is limited too: `prost` follows 100
//! messages into each other, and these limits keep well within.

use crate::v1::batch_write::Write;
use crate::v1::change::Change as Kind;
use crate::v1::filter::Node;
use crate::v1::group_change::Change as GroupKind;
use crate::v1::{BatchWrite, Change, Filter, GroupChange};
use std::fmt;

/// The largest request that the core reads, in bytes.
pub const MAX_REQUEST_BYTES: usize = 4 << 20;
/// The largest answer of the core, in bytes. Pages end long before; a single user who was stored
/// before there was a limit may be large.
pub const MAX_RESPONSE_BYTES: usize = 16 << 20;
/// The most changes of one request, what is ignored included.
pub const MAX_CHANGES: usize = 1000;
/// The most users of one request.
pub const MAX_BATCH: usize = 1000;
/// The most changes of one request about several users.
pub const MAX_BATCH_CHANGES: usize = 3000;
/// The most members that one request names, of one group.
pub const MAX_MEMBERS: usize = 50_000;
/// The most members of an answer.
pub const MAX_MEMBERS_OF_PAGE: u16 = 10_000;
/// The deepest filter, in messages of the contract: `and` and `or` take two, `not` one, a condition
/// on an element two, a comparison three. A filter lies in at most four messages more.
pub const MAX_FILTER_DEPTH: usize = 80;
/// The most conditions of a filter over users; `and`, `or` and `not` count too.
pub const MAX_CONDITIONS: usize = 100;
/// The most of them that look through a list of every user.
pub const MAX_ELEMENT_CONDITIONS: usize = 20;
/// The most conditions of all selectors of one request: the one writer evaluates them.
pub const MAX_SELECTOR_CONDITIONS: usize = 500;

/// How many changes of a user one write of several asks for, what is ignored included: each may have a notice.
pub fn user_changes(write: &BatchWrite) -> usize {
    match &write.write {
        Some(Write::CreateUser(asked)) => asked.ignored.len(),
        Some(Write::ChangeUser(asked)) => asked.changes.len(),
        _ => 0,
    }
}

/// A request that asks for too much. Its text is a clause that says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitExceeded {
    /// Larger than [`MAX_REQUEST_BYTES`].
    Bytes,
    /// More than [`MAX_CHANGES`].
    Changes,
    /// More than [`MAX_BATCH`].
    Batch,
    /// More than [`MAX_BATCH_CHANGES`].
    BatchChanges,
    /// More than [`MAX_MEMBERS`].
    Members,
    /// Deeper than [`MAX_FILTER_DEPTH`].
    FilterDepth,
    /// More than [`MAX_CONDITIONS`].
    Conditions,
    /// More than [`MAX_ELEMENT_CONDITIONS`].
    ElementConditions,
    /// More than [`MAX_SELECTOR_CONDITIONS`].
    SelectorConditions,
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes => write!(
                f,
                "the request says more than the {MAX_REQUEST_BYTES} bytes that are read; send \
                 several requests"
            ),
            Self::Changes => {
                write!(f, "the request has more than {MAX_CHANGES} changes; send several requests")
            }
            Self::Batch => {
                write!(f, "the request names more than {MAX_BATCH} users; send several requests")
            }
            Self::BatchChanges => write!(
                f,
                "the request has more than {MAX_BATCH_CHANGES} changes for all its users; send \
                 several requests"
            ),
            Self::Members => write!(
                f,
                "the request names more than {MAX_MEMBERS} members of the group; send several \
                 requests"
            ),
            Self::FilterDepth => write!(
                f,
                "the filter is nested too deeply: it takes more than {MAX_FILTER_DEPTH} levels, \
                 of which and, or and a condition on an element take two each and not one; write \
                 it flatter"
            ),
            Self::Conditions => write!(
                f,
                "the filter has more than {MAX_CONDITIONS} conditions, and, or and not included; \
                 ask for fewer values at a time"
            ),
            Self::ElementConditions => write!(
                f,
                "the filter has more than {MAX_ELEMENT_CONDITIONS} conditions on lists such as \
                 emails; ask for fewer values at a time"
            ),
            Self::SelectorConditions => write!(
                f,
                "all selectors of the request together have more than {MAX_SELECTOR_CONDITIONS} \
                 conditions; send several requests"
            ),
        }
    }
}

impl LimitExceeded {
    /// The most that may be asked for.
    pub const fn limit(self) -> usize {
        match self {
            Self::Bytes => MAX_REQUEST_BYTES,
            Self::Changes => MAX_CHANGES,
            Self::Batch => MAX_BATCH,
            Self::BatchChanges => MAX_BATCH_CHANGES,
            Self::Members => MAX_MEMBERS,
            Self::FilterDepth => MAX_FILTER_DEPTH,
            Self::Conditions => MAX_CONDITIONS,
            Self::ElementConditions => MAX_ELEMENT_CONDITIONS,
            Self::SelectorConditions => MAX_SELECTOR_CONDITIONS,
        }
    }

    /// Whether it is about a condition, not about the request as a whole.
    pub fn is_about_a_filter(self) -> bool {
        match self {
            Self::Bytes | Self::Changes | Self::Batch | Self::BatchChanges | Self::Members => false,
            Self::FilterDepth
            | Self::Conditions
            | Self::ElementConditions
            | Self::SelectorConditions => true,
        }
    }
}

/// Whether a filter over users asks for no more than is looked for.
pub fn check_filter(filter: &Filter) -> Result<(), LimitExceeded> {
    let measured = measured(filter, MAX_FILTER_DEPTH)?;
    if measured.conditions > MAX_CONDITIONS {
        return Err(LimitExceeded::Conditions);
    }
    if measured.elements > MAX_ELEMENT_CONDITIONS {
        return Err(LimitExceeded::ElementConditions);
    }
    Ok(())
}

/// Whether a list of changes asks for no more than is done at once.
pub fn check_changes(changes: &[Change]) -> Result<(), LimitExceeded> {
    if changes.len() > MAX_CHANGES {
        return Err(LimitExceeded::Changes);
    }
    let selectors = changes.iter().filter_map(|change| match &change.change {
        Some(Kind::EditList(edit)) => edit.selector.as_ref(),
        _ => None,
    });
    let mut conditions = 0;
    for selector in selectors {
        conditions += measured(selector, MAX_FILTER_DEPTH)?.conditions;
        if conditions > MAX_SELECTOR_CONDITIONS {
            return Err(LimitExceeded::SelectorConditions);
        }
    }
    Ok(())
}

/// Whether a list of changes to a group asks for no more than is done at once.
pub fn check_group_changes(changes: &[GroupChange]) -> Result<(), LimitExceeded> {
    if changes.len() > MAX_CHANGES {
        return Err(LimitExceeded::Changes);
    }
    let mut conditions = 0;
    for change in changes {
        let Some(GroupKind::RemoveSelectedMembers(remove)) = &change.change else { continue };
        if let Some(selector) = &remove.filter {
            conditions += measured(selector, MAX_FILTER_DEPTH)?.conditions;
        }
        if conditions > MAX_SELECTOR_CONDITIONS {
            return Err(LimitExceeded::SelectorConditions);
        }
    }
    let members = changes.iter().map(|change| match &change.change {
        Some(GroupKind::AddMembers(add)) => add.user_ids.len(),
        Some(GroupKind::RemoveMembers(remove)) => remove.user_ids.len(),
        Some(GroupKind::ReplaceMembers(replace)) => replace.user_ids.len(),
        _ => 0,
    });
    check_members(members.sum())
}

/// Whether so many members are no more than one request names.
pub fn check_members(members: usize) -> Result<(), LimitExceeded> {
    if members > MAX_MEMBERS { Err(LimitExceeded::Members) } else { Ok(()) }
}

/// How much there is in a filter.
#[derive(Default)]
struct Measure {
    conditions: usize,
    elements: usize,
}

fn measured(filter: &Filter, levels: usize) -> Result<Measure, LimitExceeded> {
    let mut measure = Measure::default();
    measure.add(filter, levels)?;
    Ok(measure)
}

impl Measure {
    /// Adds a filter that may take so many levels.
    fn add(&mut self, filter: &Filter, levels: usize) -> Result<(), LimitExceeded> {
        let below = |taken: usize| levels.checked_sub(taken).ok_or(LimitExceeded::FilterDepth);
        self.conditions += 1;
        match &filter.node {
            None | Some(Node::Present(_)) => below(1).map(drop),
            // Itself, its value and what a point in time is made of.
            Some(Node::Comparison(_)) => below(3).map(drop),
            Some(Node::Not(operand)) => self.add(operand, below(1)?),
            Some(Node::All(list) | Node::Any(list)) => {
                let levels = below(2)?;
                list.filters.iter().try_for_each(|operand| self.add(operand, levels))
            }
            Some(Node::Element(element)) => {
                self.elements += 1;
                let levels = below(2)?;
                element.filter.iter().try_for_each(|condition| self.add(condition, levels))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{ChangeUserRequest, Comparison, EditList, FilterList, Value, value};
    use prost::Message as _;

    fn node(node: Node) -> Filter {
        Filter { node: Some(node) }
    }

    fn leaf() -> Filter {
        let at = prost_types::Timestamp { seconds: 1, nanos: 1 };
        let value = Some(Value { kind: Some(value::Kind::DateTime(at)) });
        node(Node::Comparison(Comparison { attribute: "x".to_owned(), operator: 1, value }))
    }

    /// The ways in which one filter can lie in another.
    fn wrapped(filter: Filter, way: usize) -> Filter {
        let list = |filter| FilterList { filters: vec![filter] };
        node(match way {
            0 => Node::All(list(filter)),
            1 => Node::Any(list(filter)),
            2 => Node::Not(Box::new(filter)),
            _ => Node::Element(Box::new(crate::v1::ElementFilter {
                list: "emails".to_owned(),
                filter: Some(Box::new(filter)),
            })),
        })
    }

    fn selecting(selector: Filter) -> Change {
        let edit = EditList { selector: Some(selector), ..EditList::default() };
        Change { change: Some(Kind::EditList(edit)) }
    }

    /// As deep as is allowed in the deepest place that a filter can have.
    #[test]
    fn what_is_within_the_limits_is_decoded() {
        for way in 0..4 {
            let mut filter = leaf();
            let mut deepest = None;
            while check_changes(&[selecting(filter.clone())]).is_ok() {
                deepest = Some(filter.clone());
                filter = wrapped(filter, way);
            }
            let changes = vec![selecting(deepest.unwrap())];
            let request = ChangeUserRequest { changes, ..ChangeUserRequest::default() };
            let decoded = ChangeUserRequest::decode(&*request.encode_to_vec());
            assert_eq!(decoded, Ok(request), "{way}");
            assert_eq!(check_filter(&filter), Err(LimitExceeded::FilterDepth), "{way}");
        }
    }

    #[test]
    fn each_limit_is_kept_and_no_more() {
        let any = |count: usize, one: &Filter| {
            node(Node::Any(FilterList { filters: vec![one.clone(); count] }))
        };
        let element = wrapped(node(Node::Present("value".to_owned())), 3);
        let present = node(Node::Present("title".to_owned()));
        assert_eq!(check_filter(&any(MAX_CONDITIONS - 1, &present)), Ok(()));
        let beyond = any(MAX_CONDITIONS, &present);
        assert_eq!(check_filter(&beyond), Err(LimitExceeded::Conditions));
        assert_eq!(check_filter(&any(MAX_ELEMENT_CONDITIONS, &element)), Ok(()));
        let beyond = any(MAX_ELEMENT_CONDITIONS + 1, &element);
        assert_eq!(check_filter(&beyond), Err(LimitExceeded::ElementConditions));

        let edit = selecting(any(49, &present));
        assert_eq!(check_changes(&vec![edit.clone(); 10]), Ok(()));
        assert_eq!(check_changes(&vec![edit; 11]), Err(LimitExceeded::SelectorConditions));
        assert_eq!(check_changes(&vec![Change::default(); MAX_CHANGES]), Ok(()));
        let beyond = vec![Change::default(); MAX_CHANGES + 1];
        assert_eq!(check_changes(&beyond), Err(LimitExceeded::Changes));
    }
}
