//! The core is away or too slow: the gateway says when to come again, in SCIM's words, and
//! recovers by itself.

use tokio::net::TcpListener;

use crate::support::child::{Fixture, Served};
use crate::support::wire::{self, Request};
use crate::support::{Answer, Engine, until};

#[tokio::test]
async fn an_absent_core_is_a_503_until_it_is_back() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let mut core = fixture.launch("core", &[]).await;
    let token = core.scim_token();
    let address = core.grpc.to_string();
    let url = format!("http://{address}");
    let gateway = fixture.launch("gateway", &[("PROVOST_CORE__ADDRESS", &url)]).await;
    list(&gateway, &token).await.expect(200);
    core.kill().await;
    let answer = list(&gateway, &token).await;
    answer.refusal(503);
    whole_seconds(&answer);

    let _core = fixture.launch("core", &[("PROVOST_GRPC__LISTEN", &address)]).await;
    until("the gateway finds the core again", async || {
        (list(&gateway, &token).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_gateway_without_its_core_says_so_and_where_it_looks() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let gateway = fixture.launch("gateway", &[("PROVOST_CORE__ADDRESS", &url)]).await;
    assert!(gateway.stdout().contains("no core answers it yet"), "{}", gateway.stdout());
    list(&gateway, "any").await.refusal(503);
    for warning in ["no core answers yet", "the core can't be reached"] {
        let line = gateway.logged(warning).await;
        assert!(line.contains(&url), "{line}");
    }
}

#[tokio::test]
async fn a_core_that_never_answers_is_a_504() {
    let fixture = Fixture::fresh(Engine::Sqlite).unwrap();
    // Connections are accepted by the kernel and never served.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let variables = [("PROVOST_CORE__ADDRESS", url.as_str()), ("PROVOST_CORE__TIMEOUT_MS", "300")];
    let gateway = fixture.launch("gateway", &variables).await;
    let answer = list(&gateway, "any").await;
    answer.refusal(504);
    whole_seconds(&answer);
}

fn whole_seconds(answer: &Answer) {
    let seconds = answer.header("Retry-After").unwrap_or_default();
    assert!(seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0), "{seconds:?}");
}

async fn list(gateway: &Served, token: &str) -> Answer {
    let request = Request {
        method: "GET".to_owned(),
        target: "/api/scim/v2/Users".to_owned(),
        headers: vec![("Authorization".to_owned(), format!("Bearer {token}"))],
        body: None,
    };
    wire::send(gateway.http, &request).await.unwrap()
}
