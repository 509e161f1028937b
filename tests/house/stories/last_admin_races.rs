//! Somebody stays in charge while everybody is taken out of charge at once (design: the law, point 5).
//!
//! `PROVOST_RACE_ROUNDS` sets how often; a thousand rounds take some minutes.

use futures::future::{BoxFuture, join_all};
use provost_proto::v1::{
    DeactivateUserRequest, DeleteUserRequest, DeletionPolicy, PlaceHoldRequest, Role,
    SetUserRoleRequest, UpdateScimSettingsRequest, User,
};
use serde_json::json;

use crate::support::{Callers, House, Site, in_every_house};

in_every_house!(of_admins_who_are_all_taken_out_of_charge_at_once_one_stays);

const ADMINS: usize = 8;
const ROUNDS: usize = 4;
const WAYS: usize = 12;

async fn of_admins_who_are_all_taken_out_of_charge_at_once_one_stays(house: &House) {
    let site = Site::new(house, "acme").await;
    site.promotions(true, true).await;
    let deletion = DeletionPolicy::Delete.into();
    site.settings(UpdateScimSettingsRequest { deletion, ..UpdateScimSettingsRequest::default() })
        .await;
    let rounds = std::env::var("PROVOST_RACE_ROUNDS").ok().and_then(|text| text.parse().ok());
    let service = house.operator.with_token(&house.operator.service_token("billing").await);
    let mut admins = Vec::new();
    for round in 0..rounds.unwrap_or(ROUNDS) {
        while admins.len() < ADMINS {
            let name = format!("admin-{round}-{}@example.com", admins.len());
            admins.push(site.user_as(&name, Role::Admin).await);
        }
        // Each by four ways, so that 32 are under way, and each round by others.
        let asked = (0..4 * ADMINS).map(|number| {
            take_out_of_charge(
                &site,
                &service,
                &admins[number % ADMINS],
                (number / 4 + number + round) % WAYS,
            )
        });
        join_all(asked).await;
        let filter = "userType%20eq%20%22Admin%22%20and%20active%20eq%20true";
        let answer = site.get(&format!("/Users?filter={filter}")).await;
        let left = answer.expect(200);
        assert_eq!(left["totalResults"], 1, "round {round}: {left}");
        admins.retain(|admin| left["Resources"][0]["id"] == admin.id.as_str());
    }
}

/// By the operator, by the directory or by a service. Whether that is refused depends on the others.
fn take_out_of_charge<'a>(
    site: &'a Site<'_>,
    service: &Callers,
    admin: &User,
    way: usize,
) -> BoxFuture<'a, ()> {
    let (name, user_id, options) = (site.name.clone(), admin.id.clone(), None);
    let user_name = admin.user_name.clone();
    let mut users = if way < 4 { site.house.operator.users() } else { service.users() };
    Box::pin(async move {
        match way {
            0 | 8 => {
                let role = Role::Registered.into();
                let request = SetUserRoleRequest { site: name, user_id, role, options };
                drop(users.set_user_role(request).await);
            }
            1 | 9 => {
                let note = String::new();
                let request = DeactivateUserRequest { site: name, user_id, note, options };
                drop(users.deactivate_user(request).await);
            }
            2 | 10 => {
                let (hold, rest) = ("legal".to_owned(), PlaceHoldRequest::default());
                let request = PlaceHoldRequest { site: name, user_id, name: hold, ..rest };
                drop(users.place_hold(request).await);
            }
            3 | 11 => {
                drop(users.delete_user(DeleteUserRequest { site: name, user_id, options }).await);
            }
            4 => {
                let demotion = json!([{"op": "replace", "path": "userType", "value": "Moderator"}]);
                drop(site.patch(&user_id, &demotion).await);
            }
            5 => {
                let status = json!([{"op": "Replace", "path": "active", "value": "False"}]);
                drop(site.patch(&user_id, &status).await);
            }
            6 => {
                let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
                let whole = json!({"schemas": schemas, "userName": user_name, "active": false});
                drop(site.put(&user_id, &whole).await);
            }
            _ => drop(site.push("DELETE", &format!("/Users/{user_id}")).send().await),
        }
    })
}
