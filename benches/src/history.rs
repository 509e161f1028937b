//! A past for a ledger: people about whom there are many events, and people who have a role.

use crate::dataset::Dataset;
use crate::forms::framed;
use crate::house::Size;
use crate::operator;
use crate::outcome::Outcome;
use futures::future::try_join_all;
use provost::channel::{Clients, Remote};
use provost_proto::v1;
use provost_proto::v1::change::Change;

/// Of so many people there are events.
const PEOPLE: usize = 20;
/// So many of each, besides the one by which they came; a page holds as many. Between two about one of
/// them there are some about the others.
const EVENTS: usize = 100;
/// So many others become Admins.
const HOLDERS: usize = 100;

/// Has the service decide it all.
pub fn write(size: &Size) -> Outcome {
    operator::ask(&size.serve, async |clients| {
        for number in 0..EVENTS {
            // An even number of them, so that everybody is left as they were.
            let status = Change::SetActive(v1::SetActive { active: !number.is_multiple_of(2) });
            change(&clients, &size.sqlite, 0..PEOPLE, &status).await?;
        }
        let role = Change::SetRole(v1::SetRole { role: v1::Role::Admin.into() });
        change(&clients, &size.sqlite, PEOPLE..PEOPLE + HOLDERS, &role).await
    })
}

async fn change(
    clients: &Clients<Remote>,
    dataset: &Dataset,
    people: std::ops::Range<usize>,
    change: &Change,
) -> Outcome {
    let calls = people.map(|number| {
        let request = v1::ChangeUserRequest {
            user_id: dataset.ids.text(number),
            changes: vec![v1::Change { change: Some(change.clone()) }],
            ..v1::ChangeUserRequest::default()
        };
        let mut users = clients.users.clone();
        async move { users.change_user(request).await }
    });
    try_join_all(calls).await?;
    Ok(())
}

/// Asks for a page of the events about each of the people in turn.
pub fn events(dataset: &Dataset) -> Vec<Vec<u8>> {
    let request = |number| v1::ListEventsRequest {
        user_id: dataset.ids.text(number),
        page_size: 100,
        ..v1::ListEventsRequest::default()
    };
    (0..PEOPLE).map(|number| framed(&request(number))).collect()
}

/// Asks who is an Admin.
pub fn holders() -> Vec<Vec<u8>> {
    let role = v1::Role::Admin.into();
    vec![framed(&v1::ListRoleHoldersRequest { role, ..v1::ListRoleHoldersRequest::default() })]
}
