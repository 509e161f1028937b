//! The language: `provost.identity.v1`, generated from the `.proto` files beside this crate.
//!
//! Owns the generated messages, clients and servers, and the descriptor set for reflection.
//! Must never know how either side works.

#![expect(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "generated code; the .proto files carry the documentation"
)]

/// Version 1 of the identity contract.
pub mod v1 {
    tonic::include_proto!("provost.identity.v1");
}

/// The encoded `google.protobuf.FileDescriptorSet` of the contract, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The `domain` of every `google.rpc.ErrorInfo` that the core answers.
pub const ERROR_DOMAIN: &str = "provost";
