//! The language: `provost.identity.v1`, generated from the `.proto` files beside this crate.
//!
//! Owns the generated messages, clients and servers, the descriptor set for reflection, and what
//! else both sides must say alike.
//! Must never know how either side works.

#![expect(clippy::all, clippy::pedantic, reason = "generated code")]

mod codec;
mod event_batch;
pub mod limits;

/// Version 1 of the identity contract.
pub mod v1 {
    pub use crate::event_batch::{EncodedEvent, EventBatch, SharedEvent};
    tonic::include_proto!("provost.identity.v1");
}

/// The message by which an RPC is called.
pub trait RpcRequest: prost::Message {
    /// Service and name of the RPC.
    const RPC: &'static str;

    /// Whether nothing comes of it but the answer.
    const READS: bool;

    /// What a write says besides what it wants.
    fn options(&self) -> Option<&v1::WriteOptions>;

    /// The name of the site that it is about, if it is one.
    fn site(&self) -> Option<&str>;
}

include!(concat!(env!("OUT_DIR"), "/rpc_requests.rs"));
include!(concat!(env!("OUT_DIR"), "/unspoken.rs"));

/// The encoded `google.protobuf.FileDescriptorSet` of the contract, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The `domain` of every `google.rpc.ErrorInfo` that the core answers.
pub const ERROR_DOMAIN: &str = "provost";

/// The metadata key by which the gateway says that a call came in over SCIM.
pub const DOOR_KEY: &str = "provost-door";

/// The metadata key by which the gateway says that it has read a request strictly.
pub const STRICT_KEY: &str = "provost-strict";

/// The site that a request without the name of a site is about.
pub const DEFAULT_SITE: &str = "default";

/// The number of users in a page when the caller names none.
pub const DEFAULT_PAGE_SIZE: u16 = 100;

/// The largest number of users in a page.
pub const MAX_PAGE_SIZE: u16 = 1000;

impl v1::ErrorReason {
    /// The name in errors and notices: that of the contract without the enum's prefix.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether it is a decision of the rules about users, which the ledger keeps. The others are
    /// mistakes in a request, or explain the state.
    pub const fn is_judgement(self) -> bool {
        matches!(
            self,
            Self::CreationRefused
                | Self::DeletionRefused
                | Self::ModeratorPromotionClosed
                | Self::AdminPromotionClosed
                | Self::LastAdmin
                | Self::UserProtected
                | Self::HoldNotOwned
                | Self::StatusNotInCharge
                | Self::SubjectMismatch
                | Self::RoleUnknown
        )
    }

    /// The reason of a name; none where this version doesn't know it.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use prost::Message as _;
    use prost_types::FileDescriptorSet;
    use prost_types::method_options::IdempotencyLevel;
    use strum::IntoEnumIterator as _;

    use super::v1::lookup_user_request::Key;
    use super::v1::value::Kind;
    use super::v1::{self, ErrorReason, batch_change_result, edit_list};

    #[test]
    fn every_reason_has_the_name_of_the_contract_and_is_found_by_it() {
        for reason in ErrorReason::iter() {
            assert_eq!(format!("ERROR_REASON_{}", reason.name()), reason.as_str_name());
            assert_eq!(ErrorReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(ErrorReason::from_name("OF_A_LATER_VERSION"), None);
    }

    /// Whoever formats one tells neither of a person nor a secret.
    #[test]
    fn messages_show_no_text() {
        let ada = || "ada@example.com".to_owned();
        let value = |kind| v1::Value { kind: Some(kind) };
        let attributes = || [(ada(), value(Kind::Text(ada())))].into();
        let user = v1::User {
            id: ada(),
            user_name: ada(),
            external_id: Some(ada()),
            role: v1::Role::Admin.into(),
            profile: Some(v1::Profile { attributes: attributes() }),
            version: 7,
            ..v1::User::default()
        };
        let notice = v1::Notice {
            reason: ErrorReason::LastAdmin.into(),
            message: ada(),
            metadata: [(ada(), ada())].into(),
            ..v1::Notice::default()
        };
        let status = tonic_types::Status { message: ada(), ..tonic_types::Status::default() };
        let cleared = edit_list::Clear { attributes: vec![ada()] };
        let list =
            v1::List { elements: vec![value(Kind::Integer(1815)), value(Kind::Binary(vec![7]))] };
        let event = v1::Event { caller: ada(), unknown_body: ada(), ..v1::Event::default() };
        let batch = v1::EventBatch {
            encoded: vec![v1::EncodedEvent {
                shared: v1::SharedEvent::of(&event),
                site: "acme".into(),
                follows_revision: 8,
            }],
            events: vec![event],
        };
        let shown: [(&dyn Debug, &str); 9] = [
            (&user, "role: Admin, profile: Some(Profile { .. }), version: 7,"),
            (&notice, "Notice { reason: LastAdmin, .. }"),
            (&Key::UserName(ada()), "UserName(…)"),
            (
                &v1::LookupUserRequest { key: Some(Key::ExternalId(ada())), ..Default::default() },
                "key: Some(ExternalId(…))",
            ),
            (&batch_change_result::Result::Status(status), "Status(…)"),
            (
                &v1::CreateSessionResponse { token: ada(), ..Default::default() },
                "CreateSessionResponse {",
            ),
            (
                &v1::EditList { edit: Some(edit_list::Edit::Clear(cleared)), ..Default::default() },
                "edit: Some(Clear(Clear { .. }))",
            ),
            (&list, "[Value { kind: Some(Integer(…)), .. }, Value { kind: Some(Binary(…)), .. }]"),
            (&batch, "shared: SharedEvent(…)"),
        ];
        for (message, form) in shown {
            let (short, long) = (format!("{message:?}"), format!("{message:#?}"));
            assert!(short.contains(form), "{short} does not show {form}");
            assert!(!short.contains("ada@") && !long.contains("ada@"), "{short}");
            assert!(!short.contains("1815"), "{short}");
        }
    }

    /// Clients may repeat and cache what has no side effects.
    #[test]
    fn what_only_reads_says_so_and_nothing_else_does() {
        let descriptors = FileDescriptorSet::decode(super::DESCRIPTORS).unwrap();
        let services = descriptors.file.iter().flat_map(|file| &file.service);
        let mut methods = 0;
        for method in services.flat_map(|service| &service.method) {
            let reads = ["BatchGet", "Check", "Explain", "Get", "List", "Lookup", "Watch"];
            let reads = reads.iter().any(|verb| method.name().starts_with(verb));
            let level = method.options.clone().unwrap_or_default().idempotency_level();
            assert_eq!(level == IdempotencyLevel::NoSideEffects, reads, "{}", method.name());
            methods += 1;
        }
        assert!(methods > 20, "{methods}");
    }

    #[test]
    fn every_field_says_whether_it_must_be_sent() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/provost/identity/v1");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let fields = text.lines().map(str::trim).filter(|line| {
                let is_named_low = line.starts_with(|letter: char| letter.is_lowercase());
                let is_of_the_file = line.starts_with("option ") || line.starts_with("syntax ");
                is_named_low && line.contains(" = ") && !is_of_the_file
            });
            for field in fields {
                assert!(field.contains("(google.api.field_behavior) = "), "{path:?}: {field}");
            }
        }
    }
}
