//! Single requests, complete, as they go over the wire.

use crate::data::SCIM_TOKEN;
use crate::ids::{Ids, text};
use crate::person::Person;
use prost::Message;
use provost_proto::v1;
use std::ops::Range;

/// Where Provost serves SCIM.
pub const BASE: &str = "/api/scim/v2";

/// Requests about the users of one database to one server.
#[derive(Clone, Copy)]
pub struct Forms<'a> {
    /// Whose users are asked about.
    pub ids: &'a Ids,
    /// `127.0.0.1:port`
    pub host: &'a str,
    /// What stands in front of `/Users`.
    pub base: &'a str,
}

impl Forms<'_> {
    /// `GET /Users/{id}`
    pub fn get(&self, number: usize) -> String {
        let path = format!("{}/Users/{}", self.base, self.ids.text(number));
        http("GET", self.host, &path, "")
    }

    /// `GET /Users?filter=userName eq "…"`
    pub fn filter(&self, number: usize) -> String {
        let name = Person::new(number).user_name().replace('@', "%40");
        let path = format!("{}/Users?filter=userName%20eq%20%22{name}%22", self.base);
        http("GET", self.host, &path, "")
    }

    /// A page of 100, which one by this parameter.
    pub fn page(&self, which: &str) -> String {
        let path = format!("{}/Users?{which}&count=100", self.base);
        http("GET", self.host, &path, "")
    }

    /// PATCH of `active`.
    pub fn patch(&self, number: usize, active: bool) -> String {
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{active}}}]}}"#
        );
        let path = format!("{}/Users/{}", self.base, self.ids.text(number));
        http("PATCH", self.host, &path, &body)
    }

    /// A PATCH of `active` for each, in one request.
    pub fn bulk(&self, users: &[(usize, bool)]) -> String {
        let operation = |(number, active): &(usize, bool)| {
            format!(
                r#"{{"method":"PATCH","path":"/Users/{}","data":{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{active}}}]}}}}"#,
                self.ids.text(*number)
            )
        };
        let operations: Vec<_> = users.iter().map(operation).collect();
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{}]}}"#,
            operations.join(",")
        );
        http("POST", self.host, &format!("{}/Bulk", self.base), &body)
    }

    /// PATCH by which users join a group, or leave it.
    pub fn join(&self, group: u128, users: Range<usize>, joins: bool) -> String {
        let operation = if joins { "add" } else { "remove" };
        let member = |number| format!(r#"{{"value":"{}"}}"#, self.ids.text(number));
        let members: Vec<_> = users.map(member).collect();
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"{operation}","path":"members","value":[{}]}}]}}"#,
            members.join(",")
        );
        http("PATCH", self.host, &format!("{}/Groups/{}", self.base, text(group)), &body)
    }

    /// A page of 100 groups without their members.
    pub fn groups(&self) -> String {
        let path = format!("{}/Groups?excludedAttributes=members&count=100", self.base);
        http("GET", self.host, &path, "")
    }

    /// PUT of the whole resource, with the person's title or another.
    pub fn put(&self, number: usize, active: bool, title: Option<&str>) -> String {
        let id = self.ids.text(number);
        let body = Person::new(number).resource(&id, active, title).to_string();
        http("PUT", self.host, &format!("{}/Users/{id}", self.base), &body)
    }

    /// The body of `GetUser`, framed.
    pub fn get_user(&self, number: usize) -> Vec<u8> {
        framed(&v1::GetUserRequest {
            on_behalf_of: String::new(),
            site: String::new(),
            user_id: self.ids.text(number),
            include_groups: false,
        })
    }

    /// The body of `ChangeUser` with a status, framed.
    pub fn change_user(&self, number: usize, active: bool) -> Vec<u8> {
        framed(&self.change(number, active, None))
    }

    /// The same with an id by which it would be known again.
    pub fn change_user_once(&self, number: usize, active: bool, request_id: String) -> Vec<u8> {
        let options = v1::WriteOptions { request_id, ..v1::WriteOptions::default() };
        framed(&self.change(number, active, Some(options)))
    }

    fn change(
        &self,
        number: usize,
        active: bool,
        options: Option<v1::WriteOptions>,
    ) -> v1::ChangeUserRequest {
        let (user_id, changes) = (self.ids.text(number), vec![status(active)]);
        v1::ChangeUserRequest {
            site: String::new(),
            user_id,
            changes,
            options,
            include_groups: false,
        }
    }

    /// The body of `BatchChangeUsers` with a status for each, framed.
    pub fn batch_change_users(&self, users: &[(usize, bool)]) -> Vec<u8> {
        let item = |(number, active): &(usize, bool)| v1::UserChanges {
            user_id: self.ids.text(*number),
            changes: vec![status(*active)],
            expected_version: None,
        };
        let items = users.iter().map(item).collect();
        framed(&v1::BatchChangeUsersRequest { items, ..v1::BatchChangeUsersRequest::default() })
    }
}

fn status(active: bool) -> v1::Change {
    let change = v1::change::Change::SetActive(v1::SetActive { active });
    v1::Change { change: Some(change) }
}

/// One HTTP request about the users that are measured, complete.
pub fn http(method: &str, host: &str, path: &str, body: &str) -> String {
    authorized(SCIM_TOKEN, method, host, path, body)
}

/// One HTTP request with a token, complete.
pub fn authorized(token: &str, method: &str, host: &str, path: &str, body: &str) -> String {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Accept: application/scim+json\r\nUser-Agent: Okta SCIM Client 1.0.0\r\n"
    );
    if !body.is_empty() {
        text += "Content-Type: application/scim+json; charset=utf-8\r\n";
        text += "Content-Length: ";
        text += &body.len().to_string();
        text += "\r\n";
    }
    text + "\r\n" + body
}

/// A message as gRPC frames it: not compressed, its length, itself.
pub fn framed(message: &impl Message) -> Vec<u8> {
    let body = message.encode_to_vec();
    let length = u32::try_from(body.len()).unwrap_or_default();
    [&[0], &length.to_be_bytes()[..], &body].concat()
}
