//! From messages to the domain's values: what is malformed is refused here, so that nobody
//! checks again further in.

use provost_domain::{
    AttributeType, Attributes, Decimal, ExpectedVersion, MetadataKey, Profile, ProfileAttribute,
    ProfileSchema, Reason, Refusal, RequestClaim, RequestFingerprint, RequestId, Role, Timestamp,
    UserId, Value,
};
use provost_proto::v1;
use provost_proto::v1::value::Kind;
use uuid::Uuid;

/// A version that nothing has.
const NO_VERSION: i64 = -1;
/// The longest text for people, in bytes.
const MAX_TEXT: usize = 1024;

/// An id that is no UUID names no user, which is what the caller is told.
pub(super) fn user_id(text: &str) -> Result<UserId, Refusal> {
    Uuid::try_parse(text)
        .map(UserId)
        .map_err(|_| Refusal::new(Reason::UserNotFound, "there is no such user in this site"))
}

pub(super) fn some<T>(value: Option<T>, field: &'static str) -> Result<T, Refusal> {
    value.ok_or_else(|| missing(field))
}

pub(super) fn missing(field: &'static str) -> Refusal {
    Refusal::about(Reason::ValueInvalid, field, format!("the field {field} is missing; set it"))
}

/// The value of an enum that a number stands for.
pub(super) fn known<E: TryFrom<i32>>(number: i32, field: &'static str) -> Result<E, Refusal> {
    E::try_from(number).map_err(|_| {
        let message = format!(
            "the field {field} is {number}, which this version does not know; send a value that \
             the contract names"
        );
        Refusal::about(Reason::ValueInvalid, field, message)
    })
}

/// A role, or none for the unspecified one.
pub(super) fn role(number: i32) -> Result<Option<Role>, Refusal> {
    match v1::Role::try_from(number) {
        Ok(v1::Role::Unspecified) => Ok(None),
        Ok(v1::Role::Registered) => Ok(Some(Role::Registered)),
        Ok(v1::Role::Moderator) => Ok(Some(Role::Moderator)),
        Ok(v1::Role::Admin) => Ok(Some(Role::Admin)),
        Err(_) => Err(Refusal::about(
            Reason::RoleUnknown,
            "role",
            "there is no role of this number; the roles are Registered, Moderator and Admin",
        )),
    }
}

pub(super) fn time(time: &prost_types::Timestamp) -> Timestamp {
    let micros = i64::from(time.nanos) / 1_000;
    Timestamp(time.seconds.saturating_mul(1_000_000).saturating_add(micros))
}

/// A point in time that can be told: within the calendar.
pub(super) fn told_time(at: &prost_types::Timestamp, field: &str) -> Result<Timestamp, Refusal> {
    if is_in_calendar(at) {
        return Ok(time(at));
    }
    let message = "a point in time lies within the years 1 to 9999; send one of them";
    Err(Refusal::about(Reason::ValueInvalid, field, message))
}

/// Reads a profile.
pub(super) fn profile(
    schema: ProfileSchema,
    profile: Option<v1::Profile>,
) -> Result<Profile, Refusal> {
    let v1::Profile { attributes } = profile.unwrap_or_default();
    let read = |(name, value): (String, v1::Value)| {
        let attribute = schema.attribute(&name)?;
        Ok((attribute.name(), self::value(attribute, value)?))
    };
    Ok(Profile { attributes: attributes.into_iter().map(read).collect::<Result<_, Refusal>>()? })
}

/// Reads the value of an attribute; of one that has several, the list of them.
pub(super) fn value(attribute: &ProfileAttribute, value: v1::Value) -> Result<Value, Refusal> {
    match value.kind {
        Some(Kind::List(list)) if attribute.multi_valued => {
            elements(attribute, list).map(Value::List)
        }
        kind if !attribute.multi_valued => single(attribute, kind),
        _ => Err(wrong_type(attribute)),
    }
}

/// Reads values of an attribute.
pub(super) fn elements(
    attribute: &ProfileAttribute,
    list: v1::List,
) -> Result<Vec<Value>, Refusal> {
    list.elements.into_iter().map(|element| single(attribute, element.kind)).collect()
}

/// Reads sub-attributes of an attribute.
pub(super) fn sub_attributes(
    attribute: &ProfileAttribute,
    complex: v1::Complex,
) -> Result<Attributes, Refusal> {
    let read = |(name, value): (String, v1::Value)| {
        let sub_attribute = attribute.sub_attribute(&name)?;
        Ok((sub_attribute.name(), self::value(sub_attribute, value)?))
    };
    complex.attributes.into_iter().map(read).collect()
}

fn single(attribute: &ProfileAttribute, kind: Option<Kind>) -> Result<Value, Refusal> {
    match (attribute.kind, kind) {
        (AttributeType::Text, Some(Kind::Text(text))) => Ok(Value::Text(text)),
        (AttributeType::Boolean, Some(Kind::Boolean(boolean))) => Ok(Value::Boolean(boolean)),
        (AttributeType::Integer, Some(Kind::Integer(number))) => Ok(Value::Integer(number)),
        (AttributeType::Decimal, Some(Kind::Decimal(number))) => {
            Decimal::new(number).map(Value::Decimal).ok_or_else(|| wrong_type(attribute))
        }
        (AttributeType::DateTime, Some(Kind::DateTime(at))) if is_in_calendar(&at) => {
            Ok(Value::DateTime(time(&at)))
        }
        // A URI is a text as well.
        (AttributeType::Reference, Some(Kind::Reference(uri) | Kind::Text(uri))) => {
            Ok(Value::Reference(uri))
        }
        (AttributeType::Binary, Some(Kind::Binary(bytes))) => Ok(Value::Binary(bytes)),
        (AttributeType::Complex(_), Some(Kind::Complex(complex))) => {
            sub_attributes(attribute, complex).map(Value::Complex)
        }
        _ => Err(wrong_type(attribute)),
    }
}

/// Whether a point in time is within the years 1 to 9999, as `google.protobuf.Timestamp` says.
fn is_in_calendar(at: &prost_types::Timestamp) -> bool {
    (-62_135_596_800..=253_402_300_799).contains(&at.seconds)
        && (0..1_000_000_000).contains(&at.nanos)
}

fn wrong_type(attribute: &ProfileAttribute) -> Refusal {
    let (name, kind) = (attribute.name, attribute.kind.as_str());
    let wanted = if attribute.multi_valued { "a list of values" } else { "one value" };
    let message = format!("{name} is {wanted} of type {kind}; send it so");
    Refusal::about(Reason::ValueInvalid, name, message)
}

/// What a write may say besides what it wants.
pub(super) struct CommandOptions {
    pub expected_version: Option<ExpectedVersion>,
    pub request: Option<RequestClaim>,
    pub validate_only: bool,
    pub reason: Option<String>,
}

/// Reads them. A request that has an id comes with its fingerprint.
pub(super) fn options(
    options: Option<v1::WriteOptions>,
    fingerprint: Option<RequestFingerprint>,
) -> Result<CommandOptions, Refusal> {
    let v1::WriteOptions {
        expected_version,
        validate_only,
        expected_versions: any_of,
        unexpected_versions: none_of,
        reason,
        request_id,
        on_behalf_of: _,
    } = options.unwrap_or_default();
    let mut expected = ExpectedVersion { any_of, none_of };
    if let Some(version) = expected_version {
        // Both conditions hold only together.
        let fits = expected.any_of.is_empty() || expected.any_of.contains(&version);
        expected.any_of = vec![if fits { version } else { NO_VERSION }];
    }
    let expected_version = (expected != ExpectedVersion::default()).then_some(expected);
    let reason = (!reason.is_empty()).then(|| for_people(reason, "options.reason")).transpose()?;
    let id = fingerprint.is_some().then(|| RequestId::parse(&request_id)).transpose()?;
    let request = id.zip(fingerprint).map(|(id, fingerprint)| RequestClaim { id, fingerprint });
    Ok(CommandOptions { expected_version, request, validate_only, reason })
}

/// A text that only people read.
pub(super) fn for_people(text: String, field: &str) -> Result<String, Refusal> {
    if text.contains('\0') {
        let message = "the text contains a NUL character; send it without";
        return Err(Refusal::about(Reason::ValueInvalid, field, message));
    }
    if text.len() > MAX_TEXT {
        let message = format!("the text is longer than {MAX_TEXT} bytes; shorten it");
        let refusal = Refusal::about(Reason::LimitExceeded, field, message);
        return Err(refusal.naming(MetadataKey::Limit, &MAX_TEXT));
    }
    Ok(text)
}
