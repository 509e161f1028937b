//! Who a user is, as typed: for a sign-in, a new user, or a change.

use std::collections::BTreeMap;

use clap::{ArgGroup, Args};
use provost_proto::v1::change::Change as Kind;
use provost_proto::v1::edit_list::{Edit, Remove};
use provost_proto::v1::filter::Node;
use provost_proto::v1::value::Kind as ValueKind;
use provost_proto::v1::{
    Change, Comparison, Complex, CreateUserRequest, EditList, Filter, List, Operator, Profile,
    RegisterSignInRequest, Role, SetAttribute, SetExternalId, SetUserName, Value,
};

use super::super::core::WriteFlags;
use super::super::words::words;

/// What is known of a person.
#[derive(Debug, Args)]
pub struct Person {
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// The address at work
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// A sign-in.
#[derive(Debug, Args)]
pub struct SignInArgs {
    /// The value that identifies the user in the assertion
    user_name: String,
    /// By what the identity provider knows the user whatever the user name becomes
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    write: WriteFlags,
}

/// A new user.
#[derive(Debug, Args)]
pub struct CreateUserArgs {
    /// The value that will identify the user in the assertion
    user_name: String,
    /// The id of the user at the identity provider
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The role [default: Registered]
    #[arg(long, value_parser = words::<Role>(), ignore_case = true)]
    role: Option<Role>,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    write: WriteFlags,
}

/// What is to be otherwise.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("edits").required(true).multiple(true)
    .args(["user_name", "external_id", "given_name", "family_name", "display_name", "email"]))]
pub struct Edits {
    /// Another user name
    #[arg(long, value_name = "NAME")]
    user_name: Option<String>,
    /// The id of the user at the identity provider
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    #[command(flatten)]
    person: Person,
}

impl SignInArgs {
    pub fn into_request(self, site: String) -> RegisterSignInRequest {
        let Self { user_name, subject, person, write } = self;
        RegisterSignInRequest {
            site,
            user_name,
            profile: Some(person.into_profile()),
            options: write.into_options(),
            subject: subject.unwrap_or_default(),
        }
    }
}

impl CreateUserArgs {
    pub fn into_request(self, site: String) -> CreateUserRequest {
        let Self { user_name, external_id, role, person, write } = self;
        CreateUserRequest {
            site,
            user_name,
            external_id,
            active: None,
            role: role.unwrap_or_default().into(),
            profile: Some(person.into_profile()),
            ignored: Vec::new(),
            options: write.into_options(),
            include_groups: false,
        }
    }
}

impl Edits {
    pub fn into_changes(self) -> Vec<Change> {
        let Self { user_name, external_id, person } = self;
        let user_name = user_name.map(|user_name| Kind::SetUserName(SetUserName { user_name }));
        let external_id = external_id.map(|id| {
            let external_id = Some(id).filter(|id| !id.is_empty());
            Kind::SetExternalId(SetExternalId { external_id })
        });
        let (texts, email) = person.into_parts();
        let texts = texts.map(|(name, text)| {
            let value = (!text.is_empty()).then(|| value(ValueKind::Text(text)));
            Kind::SetAttribute(SetAttribute { attribute: name.to_owned(), value })
        });
        let kinds = user_name.into_iter().chain(external_id).chain(texts);
        let kinds = kinds.chain(email.map(|address| Kind::EditList(of_work_email(address))));
        kinds.map(|kind| Change { change: Some(kind) }).collect()
    }
}

/// The address at work becomes this one; an empty one goes.
fn of_work_email(address: String) -> EditList {
    let comparison = Comparison {
        attribute: "type".to_owned(),
        operator: Operator::Equal.into(),
        value: Some(value(ValueKind::Text("work".to_owned()))),
    };
    let edit = if address.is_empty() {
        Edit::Remove(Remove {})
    } else {
        let attributes = BTreeMap::from([named("value", ValueKind::Text(address))]);
        Edit::Merge(Complex { attributes })
    };
    EditList {
        list: "emails".to_owned(),
        selector: Some(Filter { node: Some(Node::Comparison(comparison)) }),
        edit: Some(edit),
    }
}

impl Person {
    fn into_parts(self) -> (impl Iterator<Item = (&'static str, String)>, Option<String>) {
        let Self { given_name, family_name, display_name, email } = self;
        let texts = [
            ("given_name", given_name),
            ("family_name", family_name),
            ("display_name", display_name),
        ];
        (texts.into_iter().filter_map(|(name, text)| Some((name, text?))), email)
    }

    fn into_profile(self) -> Profile {
        let (texts, email) = self.into_parts();
        let emails = email.map(|address| {
            let attributes = BTreeMap::from([
                named("type", ValueKind::Text("work".to_owned())),
                named("value", ValueKind::Text(address)),
                named("primary", ValueKind::Boolean(true)),
            ]);
            let elements = vec![value(ValueKind::Complex(Complex { attributes }))];
            named("emails", ValueKind::List(List { elements }))
        });
        let texts = texts.map(|(name, text)| named(name, ValueKind::Text(text)));
        Profile { attributes: texts.chain(emails).collect() }
    }
}

fn value(kind: ValueKind) -> Value {
    Value { kind: Some(kind) }
}

fn named(name: &str, kind: ValueKind) -> (String, Value) {
    (name.to_owned(), value(kind))
}
