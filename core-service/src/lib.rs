//! The judge: owns user life cycle and role rules behind gRPC.
//!
//! Must never know the words of any provisioning protocol, configuration, sockets or the gateway.

pub mod domain;
pub mod store;
