//! Requests and answers. Whatever is answered is checked to be SCIM.

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, Request, Response, Version};
use http_body_util::BodyExt as _;
use provost_gateway::{GatewaySettings, Normalized, router};
use provost_telemetry::{
    Http, Meters, Sampling, ServerSpans, ServerSpansLayer, TraceInjectionLayer,
};
use provost_test_kit::fake_core::{Asked, Call, Fake, Reply};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer as _, Service, ServiceExt as _};

/// Below `/api/scim/v2`.
pub const ONE: &str = "/Users/0198b3a0-0000-7000-8000-000000000001";

pub fn settings() -> GatewaySettings {
    GatewaySettings {
        body_limit: 4096,
        rpc_timeout: Duration::from_mins(10),
        core: "in this process".to_owned(),
        public_url: "https://id.example.com/".to_owned(),
        hosts: [("acme.example.com".to_owned(), "acme".to_owned())].into(),
        users: provost_gateway::translate::Vocabulary::user(),
        groups: provost_gateway::translate::Vocabulary::group(),
    }
}

/// A gateway and the core behind it.
pub struct House {
    router: ServerSpans<Normalized<Router>, Http>,
    core: Fake,
}

impl House {
    /// A house whose core gives these answers, in this order.
    pub fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with(settings(), replies)
    }

    pub fn with(settings: GatewaySettings, replies: impl IntoIterator<Item = Reply>) -> Self {
        let core = Fake::answering(replies);
        let channel = TraceInjectionLayer.layer(core.served());
        let http = Http::of(&Meters::uncollected(), "http");
        let spans = ServerSpansLayer::new(http, Sampling::ParentBased(1.0));
        Self { router: spans.layer(router(channel, settings, &Meters::uncollected())), core }
    }

    /// What the core was asked.
    pub fn calls(&self) -> Vec<Call> {
        self.core.calls()
    }

    /// The one thing that the core was asked.
    pub fn asked(&self) -> Asked {
        let mut calls = self.calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0).asked
    }

    /// A house whose core is only asked whether the token is good, and says yes.
    pub fn admitting() -> Self {
        Self::answering([Reply::Admitted])
    }

    /// Checks that the core was asked whether the token is good, and nothing besides.
    #[track_caller]
    pub fn asked_for_the_token_only(&self) {
        let Asked::CheckToken(request) = self.asked() else { panic!("not for the token") };
        assert_eq!(request.site, "default");
    }

    /// Whatever is answered names its trace, a failure also where people read.
    pub async fn send(&self, asking: Asking) -> Answer {
        let is_silent = asking.method == "HEAD";
        let answer = send(self.router.clone(), asking).await;
        let header = answer.header("traceresponse").expect("no trace");
        let [_, trace, _, _] = header.split('-').collect::<Vec<_>>()[..] else {
            panic!("{header}")
        };
        if answer.status >= 400 && !is_silent {
            let told = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(told.ends_with(&format!(". Trace ID: {trace}.")), "{told}");
        }
        answer
    }

    /// An answer whose body nobody has read.
    pub async fn unread(&self, asking: Asking) -> Response<Body> {
        let request = asking.request();
        self.router.clone().oneshot(request).await.unwrap().map(Body::new)
    }
}

/// A request with a token and no header besides.
pub struct Asking {
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    body: Body,
    version: Version,
}

/// A request for something below `/api/scim/v2`.
pub fn ask(method: &str, path: &str) -> Asking {
    ask_at(method, &format!("/api/scim/v2{path}"))
}

pub fn ask_at(method: &str, uri: &str) -> Asking {
    Asking {
        method: method.to_owned(),
        uri: uri.to_owned(),
        headers: vec![("Authorization".to_owned(), "Bearer t0ken".to_owned())],
        body: Body::empty(),
        version: Version::HTTP_11,
    }
}

impl Asking {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without_token(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "Authorization");
        self
    }

    pub fn over_http_2(mut self) -> Self {
        self.version = Version::HTTP_2;
        self
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    fn request(self) -> Request<Body> {
        let Self { method, uri, headers, body, version } = self;
        let mut request = Request::builder().method(method.as_str()).uri(&uri).version(version);
        if !headers.iter().any(|(name, _)| name == "Host") {
            request = request.header("Host", "id.example.com");
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(body).unwrap()
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    text: String,
}

/// Asks a router, and checks what holds for every answer: a body is SCIM JSON by media type, and
/// of a failure it is the message that RFC 7644 section 3.12 describes.
pub async fn send<S, B>(router: S, asking: Asking) -> Answer
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: HttpBody<Error: std::fmt::Debug>,
{
    let (method, uri) = (asking.method.clone(), asking.uri.clone());
    let response = router.oneshot(asking.request()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, text };
    if !answer.text.is_empty() {
        assert_eq!(answer.header("Content-Type"), Some("application/scim+json"), "{uri}");
    }
    if answer.status >= 400 && method != "HEAD" {
        let body = answer.json();
        assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error", "{body}");
        assert_eq!(body["status"], answer.status.to_string(), "{body}");
        assert!(answer.detail().ends_with('.'), "{body}");
    }
    answer
}

impl Answer {
    /// Checks the status; shows the answer where it is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The sentence of a failure, without the name of its trace.
    pub fn detail(&self) -> String {
        let json = self.json();
        let told = json["detail"].as_str().unwrap();
        told.split_once(" Trace ID: ").map_or(told, |(sentence, _)| sentence).to_owned()
    }
}
