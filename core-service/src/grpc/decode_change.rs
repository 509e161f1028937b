//! From the contract's changes to the domain's.

use super::decode::{elements, for_people, missing, profile, role, some, sub_attributes, value};
use super::decode_expiration::{expire_time, ttl};
use super::decode_filter::{element_filter, too_much};
use provost_domain::{
    AttributeType, Change, DirectoryStatus, Expiration, ExternalId, HoldName, HoldNote, ListEdit,
    ListOperation, Notice, ProfileSchema, Reason, Refusal, Replacement, UserName,
};
use provost_proto::limits::check_changes;
use provost_proto::v1;
use provost_proto::v1::ErrorReason;
use provost_proto::v1::change::Change as Wire;
use provost_proto::v1::edit_list::Edit as WireEdit;
use provost_proto::v1::place_hold::Expiration as WireExpiration;

/// Reads a list of changes.
pub(super) fn changes(
    schema: ProfileSchema,
    changes: Vec<v1::Change>,
) -> Result<Vec<Change>, Refusal> {
    check_changes(&changes).map_err(too_much)?;
    changes.into_iter().map(|wire| change(schema, wire)).collect()
}

fn change(schema: ProfileSchema, change: v1::Change) -> Result<Change, Refusal> {
    match some(change.change, "change")? {
        Wire::SetActive(v1::SetActive { active }) => {
            Ok(Change::SetDirectoryStatus(DirectoryStatus::from(active)))
        }
        Wire::SetRole(v1::SetRole { role: number }) => {
            Ok(Change::SetRole(some(role(number)?, "role")?))
        }
        Wire::SetUserName(v1::SetUserName { user_name }) => {
            Ok(Change::SetUserName(UserName::parse(&user_name)?))
        }
        Wire::SetExternalId(v1::SetExternalId { external_id: id }) => {
            Ok(Change::SetExternalId(external_id(id)?))
        }
        Wire::SetAttribute(set) => set_attribute(schema, set),
        Wire::EditList(edit) => list_edit(schema, edit).map(Change::EditList),
        Wire::Replace(replace) => replacement(schema, replace).map(Box::new).map(Change::Replace),
        Wire::PlaceHold(v1::PlaceHold { name, note, expiration }) => {
            let expiration = expiration.map(|expiration| match expiration {
                WireExpiration::ExpireTime(at) => expire_time(&at),
                WireExpiration::Ttl(span) => ttl(span),
            });
            place_hold(&name, note, expiration.transpose()?)
        }
        Wire::LiftHold(v1::LiftHold { name }) => Ok(Change::LiftHold(HoldName::parse(&name)?)),
        Wire::ForgetSubject(v1::ForgetSubject {}) => Ok(Change::ForgetSubject),
        Wire::Ignored(wire) => ignored(wire).map(Change::Ignored),
    }
}

/// Reads the wish for a hold.
pub(super) fn place_hold(
    name: &str,
    note: String,
    expiration: Option<Expiration>,
) -> Result<Change, Refusal> {
    let (name, note) = (HoldName::parse(name)?, HoldNote(for_people(note, "note")?));
    Ok(Change::PlaceHold { name, note, expiration })
}

/// Reads an external id; absent and empty both mean none.
pub(super) fn external_id(id: Option<String>) -> Result<Option<ExternalId>, Refusal> {
    id.map_or(Ok(None), |text| ExternalId::parse(&text))
}

/// Reads what a sender could not express. Only reasons that a sender can know are taken.
pub(super) fn ignored(ignored: v1::Ignored) -> Result<Notice, Refusal> {
    let v1::Ignored { attribute, reason, message } = ignored;
    let reason = match ErrorReason::try_from(reason) {
        Ok(ErrorReason::RoleUnknown) => Reason::RoleUnknown,
        Ok(ErrorReason::RoleEmpty) => Reason::RoleEmpty,
        Ok(ErrorReason::AttributeNotKept) => Reason::AttributeNotKept,
        Ok(ErrorReason::ValueInvalid) => Reason::ValueInvalid,
        _ => {
            return Err(Refusal::about(
                Reason::ValueInvalid,
                "reason",
                "a sender ignores input for one of ROLE_UNKNOWN, ROLE_EMPTY, \
                 ATTRIBUTE_NOT_KEPT and VALUE_INVALID",
            ));
        }
    };
    Ok(Notice {
        reason,
        attribute: for_people(attribute, "attribute")?,
        message: for_people(message, "message")?,
        metadata: Vec::new(),
    })
}

fn set_attribute(schema: ProfileSchema, set: v1::SetAttribute) -> Result<Change, Refusal> {
    let attribute = schema.attribute(&set.attribute)?;
    if attribute.multi_valued {
        let message = format!("{} has several values; change them by edit_list", attribute.name);
        return Err(Refusal::about(Reason::ValueInvalid, attribute.name, message));
    }
    let value = set.value.map(|wire| value(attribute, wire)).transpose()?;
    Ok(Change::SetAttribute(attribute.name(), value))
}

fn list_edit(schema: ProfileSchema, edit: v1::EditList) -> Result<ListEdit, Refusal> {
    let v1::EditList { list, selector, edit } = edit;
    let list = schema.attribute(&list)?;
    if !list.multi_valued && !matches!(list.kind, AttributeType::Complex(_)) {
        let message = format!("{} has one value; set it by set_attribute", list.name);
        return Err(Refusal::about(Reason::ValueInvalid, list.name, message));
    }
    let selector = selector.as_ref().map(|filter| element_filter(list, filter));
    let selector = selector.transpose()?;
    let edit = match edit.ok_or_else(|| missing("edit"))? {
        WireEdit::Add(added) => ListOperation::Add(elements(list, added)?),
        WireEdit::Replace(others) => ListOperation::Replace(elements(list, others)?),
        WireEdit::Merge(values) => ListOperation::Merge(sub_attributes(list, values)?),
        WireEdit::Clear(v1::edit_list::Clear { attributes }) => {
            let names = attributes.iter().map(|name| Ok(list.sub_attribute(name)?.name()));
            ListOperation::Clear(names.collect::<Result<_, _>>()?)
        }
        WireEdit::Remove(v1::edit_list::Remove {}) => ListOperation::Remove,
    };
    Ok(ListEdit { list: list.name(), multi_valued: list.multi_valued, selector, edit })
}

fn replacement(schema: ProfileSchema, replace: v1::Replace) -> Result<Replacement, Refusal> {
    let v1::Replace { user_name, external_id: id, active, role: number, profile: known } = replace;
    Ok(Replacement {
        user_name: user_name.as_deref().map(UserName::parse).transpose()?,
        external_id: external_id(id)?,
        directory_status: active.map(DirectoryStatus::from),
        role: role(number)?,
        profile: profile(schema, known)?,
    })
}
