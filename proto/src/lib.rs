//! The language: `provost.identity.v1`, generated from the `.proto` files beside this crate.
//!
//! Owns the generated messages, clients and servers, the descriptor set for reflection, and what
//! else both sides must say alike.
//! Must never know how either side works.

#![expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated code; the .proto files carry the documentation"
)]

mod codec;
pub mod limits;

/// Version 1 of the identity contract.
pub mod v1 {
    tonic::include_proto!("provost.identity.v1");
}

/// The encoded `google.protobuf.FileDescriptorSet` of the contract, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The `domain` of every `google.rpc.ErrorInfo` that the core answers.
pub const ERROR_DOMAIN: &str = "provost";

/// The metadata key by which the gateway says that a call came in over SCIM.
pub const DOOR_KEY: &str = "provost-door";

/// The number of users in a page when the caller names none.
pub const DEFAULT_PAGE_SIZE: u16 = 100;

/// The largest number of users in a page.
pub const MAX_PAGE_SIZE: u16 = 1000;

impl v1::ErrorReason {
    /// The name in errors and notices: that of the contract without the enum's prefix.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The reason of a name; none where this version doesn't know it.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::v1::ErrorReason;

    #[test]
    fn every_reason_has_the_name_of_the_contract_and_is_found_by_it() {
        for reason in ErrorReason::iter() {
            assert_eq!(format!("ERROR_REASON_{}", reason.name()), reason.as_str_name());
            assert_eq!(ErrorReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!(ErrorReason::from_name("OF_A_LATER_VERSION"), None);
    }
}
