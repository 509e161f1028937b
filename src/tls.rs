//! TLS: by what listeners and callers show who they are, from files that are read again when they change.
//!
//! Owns certificates, keys and what is said about files that can't be used. Must never know what is
//! sent over a connection.

mod client;
mod client_trust;
mod error;
mod files;
mod names;
mod server;
mod validity;

pub use client::{ClientTls, DialError, Trust};
pub use error::TlsError;
pub use files::{TlsFile, TlsFiles};
pub use names::client_certificate;
pub use server::ServerTls;
pub use validity::not_after;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

/// The cryptography that all connections use.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

#[cfg(test)]
mod tests;
