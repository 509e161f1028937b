//! How identity providers are asked, by whoever may open connections.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// An answer that is waited for.
pub type ProviderWait =
    Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderUnreachable>> + Send>>;

type Ask = dyn Fn(HttpRequest) -> ProviderWait + Send + Sync;

/// A way to identity providers: it follows no redirect, waits for a while and reads so much.
#[derive(Clone)]
pub struct ProviderChannel(Arc<Ask>);

/// The reason why an identity provider gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProviderUnreachable(pub Box<dyn Error + Send + Sync>);

impl ProviderChannel {
    /// A channel by which requests go.
    pub fn new(ask: impl Fn(HttpRequest) -> ProviderWait + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    pub(super) fn ask(&self, request: HttpRequest) -> ProviderWait {
        (self.0)(request)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderChannel {
    type Error = ProviderUnreachable;
    type Future = ProviderWait;

    fn call(&'c self, request: HttpRequest) -> ProviderWait {
        self.ask(request)
    }
}

impl fmt::Debug for ProviderChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderChannel")
    }
}
