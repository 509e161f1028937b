//! Writes to a group: the edits of a PATCH as a list of changes, those of a PUT and of a POST as a whole
//! group.

use super::changes::{ignored, into_text};
use super::group::{MEMBERS, VALUE};
use super::vocabulary::Vocabulary;
use provost_proto::v1;
use provost_proto::v1::group_change::Change;
use provost_scim::{
    Attribute, Edit, Operator, ScimError, ScimFilter, ScimListEdit, ScimType, ScimValue,
};

/// Translates the edits of a PATCH.
pub fn group_changes(
    vocabulary: &Vocabulary<'_>,
    edits: Vec<Edit<'_>>,
) -> Result<Vec<v1::GroupChange>, ScimError> {
    let mut changes = Vec::with_capacity(edits.len());
    for edit in edits {
        match edit {
            Edit::Set { attribute, value } => changes.extend(single(vocabulary, attribute, value)),
            Edit::List { selector, edit, .. } => {
                changes.extend(of_members(vocabulary, selector.as_ref(), edit)?);
            }
            Edit::Ignored { name, cause, .. } => {
                changes.push(Change::Ignored(ignored(&name, cause)));
            }
        }
    }
    Ok(changes.into_iter().map(|change| v1::GroupChange { change: Some(change) }).collect())
}

/// Translates the edits of a PUT. What it doesn't mention is taken away, all members as well: that is
/// how Okta writes of a group that nobody is in (`sis247`). One that doesn't name the group is no
/// whole group: it changes what it names, and its sender is told.
pub fn group_replacement(
    vocabulary: &Vocabulary<'_>,
    edits: Vec<Edit<'_>>,
) -> Result<Vec<v1::GroupChange>, ScimError> {
    let is_mentioned = |name: &str| {
        edits.iter().any(|edit| match edit {
            Edit::Set { attribute, .. }
            | Edit::List { list: attribute, .. }
            | Edit::Ignored { attribute: Some(attribute), .. } => {
                vocabulary.name(attribute) == name
            }
            Edit::Ignored { attribute: None, .. } => false,
        })
    };
    let mut left_out = Vec::new();
    if is_mentioned("display_name") {
        if !is_mentioned("external_id") {
            left_out.push(Change::SetExternalId(v1::SetExternalId { external_id: None }));
        }
        if !is_mentioned(MEMBERS) {
            left_out.push(replaced(Vec::new()));
        }
    } else {
        left_out.push(Change::Ignored(not_whole()));
    }
    let left_out = left_out.into_iter().map(|change| v1::GroupChange { change: Some(change) });
    let mut changes = group_changes(vocabulary, edits)?;
    changes.extend(left_out);
    Ok(changes)
}

/// The ids of all members, where the changes of a PUT name them.
pub fn replaced_members(changes: &[v1::GroupChange]) -> Option<&[String]> {
    changes.iter().find_map(|change| match &change.change {
        Some(Change::ReplaceMembers(v1::ReplaceMembers { user_ids })) => Some(&**user_ids),
        _ => None,
    })
}

fn not_whole() -> v1::Ignored {
    v1::Ignored {
        attribute: "displayName".to_owned(),
        reason: v1::ErrorReason::ValueInvalid.into(),
        message: "the PUT has no displayName, so it is no whole group; what it names was changed \
                  and nothing else was cleared; send the whole group, or use PATCH"
            .to_owned(),
    }
}

/// Translates the edits of a POST to a site.
pub fn group_creation(
    vocabulary: &Vocabulary<'_>,
    site: String,
    edits: Vec<Edit<'_>>,
) -> Result<v1::CreateGroupRequest, ScimError> {
    let mut creation = v1::CreateGroupRequest { site, ..v1::CreateGroupRequest::default() };
    for change in group_changes(vocabulary, edits)? {
        match change.change {
            Some(Change::SetDisplayName(set)) => creation.display_name = set.display_name,
            Some(Change::SetExternalId(set)) => creation.external_id = set.external_id,
            Some(
                Change::AddMembers(v1::AddMembers { user_ids, selected: _ })
                | Change::ReplaceMembers(v1::ReplaceMembers { user_ids }),
            ) => creation.user_ids = user_ids,
            Some(Change::Ignored(ignored)) => creation.ignored.push(ignored),
            // A whole group takes nobody away.
            Some(Change::RemoveMembers(_) | Change::RemoveSelectedMembers(_)) | None => {}
        }
    }
    Ok(creation)
}

/// What the service alone writes never comes as an edit.
fn single(
    vocabulary: &Vocabulary<'_>,
    attribute: &Attribute,
    value: Option<ScimValue<'_>>,
) -> Option<Change> {
    let value = value.and_then(into_text);
    match vocabulary.name(attribute) {
        "display_name" => {
            let display_name = value.unwrap_or_default();
            Some(Change::SetDisplayName(v1::SetDisplayName { display_name }))
        }
        "external_id" => Some(Change::SetExternalId(v1::SetExternalId { external_id: value })),
        _ => None,
    }
}

fn of_members(
    vocabulary: &Vocabulary<'_>,
    selector: Option<&ScimFilter<'_>>,
    edit: ScimListEdit<'_>,
) -> Result<Vec<Change>, ScimError> {
    let selected = selector.map(|selector| Selected::by(vocabulary, selector));
    Ok(match (selected, edit) {
        (_, ScimListEdit::Add(elements)) => vec![added(ids(vocabulary, &elements))],
        (None, ScimListEdit::Replace(elements)) => vec![replaced(ids(vocabulary, &elements))],
        (None, ScimListEdit::Remove) => vec![replaced(Vec::new())],
        (Some(selected), ScimListEdit::Remove) => vec![selected.removed(false)],
        (Some(selected @ Selected::Named(_)), ScimListEdit::Replace(elements)) => {
            vec![selected.removed(true), added(ids(vocabulary, &elements))]
        }
        // Where nobody is selected, a member is made from what the selector asks for, if that is no dialect.
        (Some(Selected::Named(named)), ScimListEdit::Merge(parts)) => {
            let value = parts.iter().find(|(part, _)| vocabulary.name(part) == VALUE);
            let other = value.and_then(|(_, value)| value.as_text());
            if other.is_some_and(|other| named.iter().any(|id| id != other)) {
                return Err(another());
            }
            vec![Change::AddMembers(v1::AddMembers { user_ids: named, selected: true })]
        }
        // Of a member there is nothing else to be written or cleared.
        (None | Some(Selected::Where(_)), ScimListEdit::Merge(_))
        | (Some(Selected::Where(_)), ScimListEdit::Replace(_))
        | (_, ScimListEdit::Clear(_)) => {
            return Err(another());
        }
    })
}

fn another() -> ScimError {
    ScimError::bad_request(
        ScimType::Mutability,
        "A member can't become another one. Remove the one member, and add the other.",
    )
}

fn added(user_ids: Vec<String>) -> Change {
    Change::AddMembers(v1::AddMembers { user_ids, selected: false })
}

fn replaced(user_ids: Vec<String>) -> Change {
    Change::ReplaceMembers(v1::ReplaceMembers { user_ids })
}

/// The ids of the members in a list.
fn ids(vocabulary: &Vocabulary<'_>, elements: &[ScimValue<'_>]) -> Vec<String> {
    let id = |element: &ScimValue<'_>| match element {
        ScimValue::Complex(parts) => {
            let mut values = parts.iter().filter(|(part, _)| vocabulary.name(part) == VALUE);
            values.find_map(|(_, value)| value.as_text().map(str::to_owned))
        }
        _ => None,
    };
    elements.iter().filter_map(id).collect()
}

/// Which members a selector picks.
enum Selected {
    /// Those with these ids.
    Named(Vec<String>),
    /// Those who fulfil a condition, which the core finds.
    Where(v1::Filter),
}

impl Selected {
    fn by(vocabulary: &Vocabulary<'_>, selector: &ScimFilter<'_>) -> Self {
        match named(vocabulary, selector) {
            Some(ids) => Self::Named(ids),
            None => Self::Where(super::filter(vocabulary, selector)),
        }
    }

    /// Their removal, where they are replaced as well.
    fn removed(self, is_replaced: bool) -> Change {
        match self {
            Self::Named(user_ids) => {
                Change::RemoveMembers(v1::RemoveMembers { user_ids, selected: is_replaced })
            }
            Self::Where(filter) => {
                Change::RemoveSelectedMembers(v1::RemoveSelectedMembers { filter: Some(filter) })
            }
        }
    }
}

/// The ids that a selector names, where it does nothing else.
fn named(vocabulary: &Vocabulary<'_>, selector: &ScimFilter<'_>) -> Option<Vec<String>> {
    match selector {
        ScimFilter::Comparison { attribute, operator: Operator::Equal, value }
            if vocabulary.name(attribute) == VALUE =>
        {
            Some(value.as_text().map(str::to_owned).into_iter().collect())
        }
        ScimFilter::Any(selectors) => {
            let named = selectors.iter().map(|selector| named(vocabulary, selector));
            Some(named.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        ScimFilter::All(_)
        | ScimFilter::Not(_)
        | ScimFilter::Comparison { .. }
        | ScimFilter::Present(_)
        | ScimFilter::Element { .. } => None,
    }
}
