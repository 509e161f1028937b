//! A site of its own for one test: with a token, and with the ways in which an identity provider
//! knocks. Must never know what the answers should be.

use provost_proto::v1::{
    ConnectionDialect, CreateSiteRequest, CreateTokenRequest, GetUserRequest, Profile,
    RegisterSignInRequest, Role, SetUserRoleRequest, UpdateConnectionRequest,
    UpdateScimSettingsRequest, User,
};
use provost_test_kit::person;
use serde_json::Value;

use super::wire::{self, Request};
use super::{Answer, House};

/// A fresh site and its first SCIM token.
pub struct Site<'house> {
    pub house: &'house House,
    pub name: String,
    pub base: String,
    pub token: String,
}

impl<'house> Site<'house> {
    pub async fn new(house: &'house House, name: &str) -> Self {
        house
            .operator
            .sites()
            .create_site(CreateSiteRequest { name: name.to_owned(), options: None })
            .await
            .unwrap();
        let mut site = Self {
            house,
            name: name.to_owned(),
            base: format!("/c/{name}/auth/scim/v2"),
            token: String::new(),
        };
        site.token = site.another_token("first").await;
        site
    }

    /// The site that is there from the start, under its short address.
    pub fn default_of(house: &'house House) -> Self {
        Self {
            house,
            name: "default".to_owned(),
            base: "/api/scim/v2".to_owned(),
            token: house.first_token.clone(),
        }
    }

    pub async fn another_token(&self, name: &str) -> String {
        let request = CreateTokenRequest {
            site: self.name.clone(),
            name: name.to_owned(),
            ..CreateTokenRequest::default()
        };
        let mut sites = self.house.operator.sites();
        sites.create_token(request).await.unwrap().into_inner().value
    }

    /// Changes the settings that are not at their default in `update`.
    pub async fn settings(&self, update: UpdateScimSettingsRequest) {
        let request = UpdateScimSettingsRequest { site: self.name.clone(), ..update };
        let mut sites = self.house.operator.sites();
        sites.update_scim_settings(request).await.unwrap();
    }

    /// How the first connection is understood.
    pub async fn understand(&self, dialect: ConnectionDialect) {
        let request = UpdateConnectionRequest {
            site: self.name.clone(),
            connection: "scim".to_owned(),
            dialect: dialect.into(),
            options: None,
        };
        let mut sites = self.house.operator.sites();
        sites.update_connection(request).await.unwrap();
    }

    /// Both promotion switches.
    pub async fn promotions(&self, moderator: bool, admin: bool) {
        self.settings(UpdateScimSettingsRequest {
            allow_moderator_promotion: Some(moderator),
            allow_admin_promotion: Some(admin),
            ..UpdateScimSettingsRequest::default()
        })
        .await;
    }

    /// Somebody who signs in for the first time.
    pub async fn user(&self, user_name: &str) -> User {
        self.user_with(user_name, person(user_name)).await
    }

    pub async fn user_with(&self, user_name: &str, profile: Profile) -> User {
        let request = RegisterSignInRequest {
            site: self.name.clone(),
            user_name: user_name.to_owned(),
            profile: Some(profile),
            ..RegisterSignInRequest::default()
        };
        let mut users = self.house.operator.users();
        let answer = users.register_sign_in(request).await.unwrap().into_inner();
        answer.decision.unwrap().user.unwrap()
    }

    /// Somebody who signed in and was then given a role by the operator.
    pub async fn user_as(&self, user_name: &str, role: Role) -> User {
        let user = self.user(user_name).await;
        self.set_role(&user.id, role).await
    }

    pub async fn set_role(&self, user_id: &str, role: Role) -> User {
        let request = SetUserRoleRequest {
            site: self.name.clone(),
            user_id: user_id.to_owned(),
            role: role.into(),
            ..SetUserRoleRequest::default()
        };
        let mut users = self.house.operator.users();
        let answer = users.set_user_role(request).await.unwrap().into_inner();
        answer.decision.unwrap().user.unwrap()
    }

    /// The user as the core tells it.
    pub async fn stored(&self, user_id: &str) -> User {
        let request = GetUserRequest {
            on_behalf_of: String::new(),
            site: self.name.clone(),
            user_id: user_id.to_owned(),
            include_groups: false,
        };
        let mut users = self.house.operator.users();
        users.get_user(request).await.unwrap().into_inner().user.unwrap()
    }

    /// A SCIM request with the site's token; `path` is relative to the base URL.
    pub fn push(&self, method: &str, path: &str) -> Push<'_> {
        Push {
            site: self,
            request: Request {
                method: method.to_owned(),
                target: format!("{}{path}", self.base),
                headers: vec![("Authorization".to_owned(), format!("Bearer {}", self.token))],
                body: None,
            },
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.push("GET", path).send().await
    }

    pub async fn patch(&self, user_id: &str, operations: &Value) -> Answer {
        let path = format!("/Users/{user_id}");
        self.push("PATCH", &path).operations(operations).send().await
    }

    pub async fn put(&self, user_id: &str, body: &Value) -> Answer {
        let path = format!("/Users/{user_id}");
        self.push("PUT", &path).json(body).send().await
    }
}

/// A request in the making.
pub struct Push<'site> {
    site: &'site Site<'site>,
    request: Request,
}

impl Push<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.request.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = Some(body.into());
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/scim+json").bytes(body.to_string())
    }

    /// A PATCH body of these operations (RFC 7644 section 3.5.2).
    pub fn operations(self, operations: &Value) -> Self {
        self.json(&serde_json::json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        }))
    }

    pub async fn send(self) -> Answer {
        wire::send(self.site.house.http, &self.request).await.unwrap()
    }
}
