//! A console in front of a core that is older: what that core does not say is shown as unknown, and nothing is
//! done as if it had been said. Must never know how a page looks.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use prost::Message;
use prost::bytes::Bytes;
use provost_console::ConsoleSettings;
use provost_proto::v1::{
    ChangeGroupRequest, ChangeGroupResponse, GetGroupResponse, Group, GroupDecision,
    RenamedGroupRoles,
};
use tonic::body::Body;
use tower::{ServiceExt as _, service_fn};

const GROUP: &str = "0198b3a0-0000-7000-8000-00000000000a";
/// Of a message that is not compressed: a byte that says so, and four of its length.
const PREFIX: usize = 5;

/// A core that has one group, and says this of the roles that another name of it would give.
#[derive(Default)]
struct OneGroup {
    renamed_roles: Option<RenamedGroupRoles>,
    /// How often something was done.
    deeds: AtomicUsize,
}

impl OneGroup {
    /// What it answers to whatever it is asked; of what is not about its group, nothing.
    async fn answer(&self, request: Request<Body>) -> Vec<u8> {
        let (parts, body) = request.into_parts();
        let asked = body.collect().await.unwrap().to_bytes();
        match parts.uri.path().rsplit('/').next().unwrap() {
            "GetGroup" => {
                let (id, display_name) = (GROUP.to_owned(), "Guides".to_owned());
                let group = Group { id, display_name, version: 1, ..Group::default() };
                GetGroupResponse { group: Some(group) }.encode_to_vec()
            }
            "ChangeGroup" => {
                let asked = ChangeGroupRequest::decode(&asked[PREFIX..]).unwrap();
                if !asked.options.unwrap_or_default().validate_only {
                    self.deeds.fetch_add(1, Ordering::SeqCst);
                }
                let decision = Some(GroupDecision { changed: true, ..GroupDecision::default() });
                let renamed_roles = self.renamed_roles;
                ChangeGroupResponse { decision, preview: None, renamed_roles }.encode_to_vec()
            }
            _ => Vec::new(),
        }
    }

    /// Sends the console in front of it the form by which its group gets another name.
    async fn renamed(self: &Arc<Self>, form: &str) -> (u16, String) {
        let core = Arc::clone(self);
        let channel = service_fn(move |request| {
            let core = Arc::clone(&core);
            async move { Ok::<_, Infallible>(framed(&core.answer(request).await)) }
        });
        let settings = ConsoleSettings {
            rpc_timeout: Duration::from_mins(1),
            request_timeout: Duration::from_mins(1),
            core: String::new(),
            public_url: String::new(),
            own_url: String::new(),
            hosts: BTreeMap::new(),
        };
        let request = Request::post(format!("/sites/acme/groups/{GROUP}/rename"))
            .header("cookie", "__Host-provost-session=provost_ses_1")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(axum::body::Body::from(form.to_owned()))
            .unwrap();
        let answer = provost_console::router(channel, settings).oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let page = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(page.into()).unwrap())
    }

    fn deeds(&self) -> usize {
        self.deeds.load(Ordering::SeqCst)
    }
}

/// A message as an answer of gRPC.
fn framed(message: &[u8]) -> Response<Body> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let frame = [&[0], &length[..], message].concat();
    let well = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from(0))]);
    let body = Full::new(Bytes::from(frame)).with_trailers(async { Some(Ok(well)) });
    let answer = Response::builder().header("content-type", "application/grpc");
    answer.body(Body::new(body)).unwrap()
}

#[tokio::test]
async fn a_name_of_which_the_core_does_not_say_whom_it_moves_is_asked_about() {
    let core = Arc::new(OneGroup::default());
    let (status, page) = core.renamed("version=1&name=Pilots").await;
    assert_eq!((status, core.deeds()), (200, 0), "{page}");
    assert!(page.contains("Whom it would move is not known"), "{page}");
    // Whoever was told that may do it all the same.
    let (status, page) = core.renamed("version=1&name=Pilots&told=Pilots").await;
    assert_eq!((status, core.deeds()), (303, 1), "{page}");
}

#[tokio::test]
async fn a_name_that_moves_nobody_is_done_at_once() {
    let renamed_roles = Some(RenamedGroupRoles::default());
    let core = Arc::new(OneGroup { renamed_roles, ..OneGroup::default() });
    let (status, page) = core.renamed("version=1&name=Pilots").await;
    assert_eq!((status, core.deeds()), (303, 1), "{page}");
}
