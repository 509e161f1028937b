//! From the contract's orders to the domain's.

use super::decode_filter::key_field;
use provost_domain::{
    AttributeType, ElementPart, GroupKey, GroupSort, GroupSortKey, ProfileAttribute, ProfileSchema,
    Reason, Refusal, Sort, TimeField, UserSort, UserSortKey,
};
use provost_proto::v1;

/// The sub-attribute by which elements are sorted where none is named.
const VALUE: &str = "value";

/// Reads an order of users.
pub(super) fn user_sort(schema: ProfileSchema, sort: &v1::Sort) -> Result<UserSort, Refusal> {
    let v1::Sort { attribute, sub_attribute, descending } = sort;
    let by = match (attribute.as_str(), sub_attribute.as_str()) {
        ("active", "") => UserSortKey::Active,
        ("role", "") => UserSortKey::Role,
        ("create_time", "") => UserSortKey::Time(TimeField::Created),
        ("update_time", "") => UserSortKey::Time(TimeField::Updated),
        (name, part) => match key_field(name) {
            Some(field) if part.is_empty() => UserSortKey::Key(field),
            Some(_) => return Err(unsortable(name)),
            None => of_profile(schema.attribute(name).map_err(|_| unsortable(name))?, part)?,
        },
    };
    Ok(Sort { by, descending: *descending })
}

fn of_profile(attribute: &'static ProfileAttribute, part: &str) -> Result<UserSortKey, Refusal> {
    let name = attribute.name();
    let wrong = || unsortable(attribute.name);
    let sub = |part: &str| attribute.sub_attribute(part).map_err(|_| wrong());
    let key = match (attribute.multi_valued, attribute.kind) {
        (true, AttributeType::Complex(_)) => {
            let sub = sub(if part.is_empty() { VALUE } else { part })?;
            UserSortKey::Element(name, ElementPart::Sub(sub.name()), single(sub).ok_or_else(wrong)?)
        }
        (true, kind) if part.is_empty() || part == VALUE => {
            UserSortKey::Element(name, ElementPart::Whole, comparable(kind).ok_or_else(wrong)?)
        }
        (false, AttributeType::Complex(_)) => {
            let sub = sub(part)?;
            UserSortKey::Complex(name, sub.name(), single(sub).ok_or_else(wrong)?)
        }
        (false, kind) if part.is_empty() => {
            UserSortKey::Value(name, comparable(kind).ok_or_else(wrong)?)
        }
        (_, _) => return Err(wrong()),
    };
    Ok(key)
}

fn single(attribute: &ProfileAttribute) -> Option<AttributeType> {
    if attribute.multi_valued { None } else { comparable(attribute.kind) }
}

/// The type, where its values come one before the other.
fn comparable(kind: AttributeType) -> Option<AttributeType> {
    match kind {
        AttributeType::Text
        | AttributeType::Boolean
        | AttributeType::Integer
        | AttributeType::Decimal
        | AttributeType::DateTime
        | AttributeType::Reference => Some(kind),
        AttributeType::Binary | AttributeType::Complex(_) => None,
    }
}

/// Reads an order of groups.
pub(super) fn group_sort(sort: Option<&v1::Sort>) -> Result<GroupSort, Refusal> {
    let Some(v1::Sort { attribute, sub_attribute, descending }) = sort else {
        return Ok(GroupSort::BY_ID);
    };
    let by = match (attribute.as_str(), sub_attribute.as_str()) {
        ("id", "") => GroupSortKey::Key(GroupKey::Id),
        ("display_name", "") => GroupSortKey::Key(GroupKey::DisplayName),
        ("external_id", "") => GroupSortKey::Key(GroupKey::ExternalId),
        ("create_time", "") => GroupSortKey::Time(TimeField::Created),
        ("update_time", "") => GroupSortKey::Time(TimeField::Updated),
        (name, _) => return Err(unsortable(name)),
    };
    Ok(Sort { by, descending: *descending })
}

fn unsortable(name: &str) -> Refusal {
    let name: String = name.chars().take(64).collect();
    let message = format!("{name} is nothing to sort by; name an attribute whose values compare");
    Refusal::about(Reason::ValueInvalid, "sort", message)
}
