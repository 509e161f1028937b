//! Pages: large users, large pages, and clients that don't read them.

use futures::future::join_all;
use provost_proto::v1::edit_list::Edit;
use provost_proto::v1::value::Kind;
use provost_proto::v1::{
    Change, ChangeUserRequest, Complex, EditList, List, RegisterSignInRequest, Value, change,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Neighbour, Street};

on_every_street!(clients_that_don_t_read_large_pages_hurt_nobody);

/// As many as make more than one page, each as large as a user may be.
const USERS: usize = 60;
/// Clients that ask for a page and read no more than its beginning.
const CLIENTS: usize = 150;
/// What the process may take. Without limits each client costs ten megabytes and more.
const MEMORY: usize = 700 << 20;

async fn clients_that_don_t_read_large_pages_hurt_nobody(street: Street) {
    let (good, bad) = (street.neighbour("good").await, street.neighbour("bad").await);
    settle_large_users(&street).await;
    let refused = join_all((0..CLIENTS).map(|number| {
        // Large users make a large page of a hundred too.
        let count = if number % 2 == 0 { 1000 } else { 100 };
        ask_and_stop_reading(&bad, count)
    }));
    let (asked, ()) = tokio::join!(refused, good.is_answered_in_time(10));
    good.is_answered_in_time(3).await;
    let statuses: Vec<_> = asked.iter().map(|(status, _)| status.as_str()).collect();
    assert!(statuses.contains(&"200"), "{statuses:?}");
    assert!(statuses.iter().all(|status| ["200", "503"].contains(status)), "{statuses:?}");
    let memory = street.memory();
    assert!(memory < MEMORY, "{memory} bytes");
    drop(asked);
    street.ends_within_the_grace().await;
}

/// The status, and the connection on which the rest waits to be read.
async fn ask_and_stop_reading(bad: &Neighbour, count: u32) -> (String, TcpStream) {
    let mut connection = TcpStream::connect(bad.address).await.unwrap();
    let request = format!(
        "GET /c/{}/auth/scim/v2/Users?count={count} HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\n\r\n",
        bad.name, bad.token
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    connection.read_exact(&mut beginning).await.unwrap();
    let status = String::from_utf8_lossy(&beginning[9..]).into_owned();
    (status, connection)
}

/// Fills the site `bad` with large users.
pub async fn settle_large_users(street: &Street) {
    let mut users = street.operator().users();
    let text = |text: String| Value { kind: Some(Kind::Text(text)) };
    let address = |number: usize| {
        let parts = [
            ("value".to_owned(), text(format!("{number}@example.com"))),
            ("display".to_owned(), text("x".repeat(4_000))),
        ];
        Value { kind: Some(Kind::Complex(Complex { attributes: parts.into() })) }
    };
    let elements: Vec<_> = (0..16).map(address).collect();
    for number in 0..USERS {
        let request = RegisterSignInRequest {
            site: "bad".to_owned(),
            user_name: format!("user-{number}"),
            profile: None,
            ..RegisterSignInRequest::default()
        };
        let answer = users.register_sign_in(request).await.unwrap().into_inner();
        let grow = EditList {
            list: "emails".to_owned(),
            selector: None,
            edit: Some(Edit::Add(List { elements: elements.clone() })),
        };
        let request = ChangeUserRequest {
            site: "bad".to_owned(),
            user_id: answer.decision.unwrap().user.unwrap().id,
            changes: vec![Change { change: Some(change::Change::EditList(grow)) }],
            options: None,
            include_groups: false,
        };
        users.change_user(request).await.unwrap();
    }
}
