//! A collector for traces and metrics, in place of an operator's own: over gRPC and HTTP, in clear and over TLS. Owns
//! what it was sent; must never know what that should be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use futures::stream::unfold;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use provost_test_kit::Issued;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// The header by which whoever sends is told apart.
pub const TENANT: &str = "x-tenant";

/// A collector that keeps what it is sent.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<Vec<Sent>>>, Arc<Mutex<BTreeSet<String>>>);

/// What was sent at once, and by whom.
struct Sent {
    spans: Vec<ResourceSpans>,
    tenant: Option<String>,
}

impl Receiver {
    pub async fn start() -> (Self, String) {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("http://{}", socket.local_addr().unwrap());
        let receiver = Self::default();
        let server = tonic::transport::Server::builder().accept_http1(true);
        let server = { server }.add_routes(receiver.routes());
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(socket)));
        (receiver, endpoint)
    }

    /// The same, which shows this certificate of `localhost`.
    pub async fn start_behind(certificate: &Issued) -> (Self, String) {
        let chain = CertificateDer::pem_slice_iter(certificate.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config =
            config.with_single_cert(chain.collect::<Result<_, _>>().unwrap(), key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("https://localhost:{}", socket.local_addr().unwrap().port());
        let incoming = unfold((socket, acceptor), async |(socket, acceptor)| {
            let (stream, _) = socket.accept().await.ok()?;
            Some((acceptor.accept(stream).await, (socket, acceptor)))
        });
        let receiver = Self::default();
        let server = tonic::transport::Server::builder().accept_http1(true);
        let server = { server }.add_routes(receiver.routes());
        tokio::spawn(server.serve_with_incoming(Box::pin(incoming)));
        (receiver, endpoint)
    }

    fn routes(&self) -> Routes {
        let kept = self.clone();
        let over_http = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            kept.keep(ExportTraceServiceRequest::decode(body).unwrap(), headers.get(TENANT));
            ExportTraceServiceResponse::default().encode_to_vec()
        };
        let kept = self.clone();
        let metrics_over_http = async move |body: Bytes| {
            kept.keep_metrics(ExportMetricsServiceRequest::decode(body).unwrap());
            ExportMetricsServiceResponse::default().encode_to_vec()
        };
        let routes = Routes::new(TraceServiceServer::new(self.clone()))
            .add_service(MetricsServiceServer::new(self.clone()));
        Router::new()
            .route("/v1/traces", post(over_http))
            .route("/v1/metrics", post(metrics_over_http))
            .merge(routes.into_axum_router())
            .into()
    }

    fn keep(&self, request: ExportTraceServiceRequest, tenant: Option<&impl AsRef<[u8]>>) {
        let tenant = tenant.map(|name| String::from_utf8(name.as_ref().to_vec()).unwrap());
        self.0.lock().unwrap().push(Sent { spans: request.resource_spans, tenant });
    }

    fn keep_metrics(&self, request: ExportMetricsServiceRequest) {
        let scopes = request.resource_metrics.into_iter().flat_map(|sent| sent.scope_metrics);
        let names = scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name);
        self.1.lock().unwrap().extend(names);
    }

    /// The names of all metrics that were sent.
    pub fn metrics(&self) -> BTreeSet<String> {
        self.1.lock().unwrap().clone()
    }

    pub fn spans(&self) -> Vec<Span> {
        self.scopes().into_iter().flat_map(|scope| scope.spans).collect()
    }

    /// The spans of whose they are.
    pub fn scopes(&self) -> Vec<ScopeSpans> {
        let sent = self.0.lock().unwrap();
        let resources = sent.iter().flat_map(|sent| sent.spans.clone());
        resources.flat_map(|resource| resource.scope_spans).collect()
    }

    /// Who has sent something: each the attributes of its resource.
    pub fn resources(&self) -> Vec<BTreeMap<String, String>> {
        let sent = self.0.lock().unwrap();
        let resources = sent.iter().flat_map(|sent| &sent.spans);
        let resources = resources.filter_map(|spans| spans.resource.as_ref());
        resources.map(|resource| resource.attributes.iter().map(text).collect()).collect()
    }

    /// By which names they have sent it.
    pub fn tenants(&self) -> Vec<Option<String>> {
        self.0.lock().unwrap().iter().map(|sent| sent.tenant.clone()).collect()
    }
}

fn text(attribute: &KeyValue) -> (String, String) {
    let value = attribute.value.as_ref().and_then(|value| value.value.as_ref());
    let Some(Value::StringValue(value)) = value else { panic!("no text: {attribute:?}") };
    (attribute.key.clone(), value.clone())
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        self.keep(request, metadata.into_headers().get(TENANT));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Receiver {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.keep_metrics(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}
