//! What a service does with Provost: signs people in, deactivates them, gives them roles, and follows
//! every decision.
//!
//! ```text
//! identity-client sign-in USER_NAME
//! identity-client deactivate USER_NAME
//! identity-client set-role USER_NAME ROLE
//! identity-client follow CURSOR_FILE
//! ```
//!
//! Owns the program; how calls are made is `identity`, how ledgers are followed `watcher`.

mod identity;
mod watcher;

use std::path::Path;
use std::process::ExitCode;

use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::user_service_client::UserServiceClient;
use provost_proto::v1::{
    DeactivateUserRequest, ErrorReason, Event, LookupUserRequest, RegisterSignInRequest, Role,
    SetUserRoleRequest, User, WriteOptions, lookup_user_request::Key,
};
use tokio::io::AsyncWriteExt as _;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use uuid::Uuid;

use identity::{Bearer, Fault, Refused, answered, connect};
use watcher::Watcher;

const USAGE: &str =
    "say sign-in USER_NAME, deactivate USER_NAME, set-role USER_NAME ROLE or follow CURSOR_FILE";

/// What this follower of the ledger is called, one name for each that has a cursor of its own.
const CONSUMER: &str = "example";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{}", explained(&fault));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Fault> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (channel, bearer) = (connect()?, Bearer::from_environment()?);
    let people = People {
        users: UserServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        site: std::env::var("IDENTITY_SITE").unwrap_or_else(|_| "default".to_owned()),
    };
    let done = match words[..] {
        ["sign-in", user_name] => people.sign_in(user_name).await?,
        ["deactivate", user_name] => people.deactivate(user_name).await?,
        ["set-role", user_name, role] => {
            let known = role.parse().map_err(|_| "the roles are Registered, Moderator and Admin");
            people.set_role(user_name, known?).await?
        }
        ["follow", cursor] => {
            let ledgers = LedgerServiceClient::with_interceptor(channel, bearer);
            let sites = vec![people.site];
            let (consumer, cursor) = (CONSUMER, Path::new(cursor));
            return Watcher { ledgers, sites, consumer, cursor }.follow(tell).await;
        }
        _ => return Err(USAGE.into()),
    };
    println!("{done}");
    Ok(())
}

/// What a service of yours does with an event. The same one may come twice.
async fn tell(event: Event) -> Result<(), Fault> {
    let Event { site, revision, kind, user_id, caller, .. } = event;
    let line = format!("{site} {revision} {kind} {user_id} by {caller}\n");
    let mut out = tokio::io::stdout();
    out.write_all(line.as_bytes()).await?;
    Ok(out.flush().await?)
}

/// The users of a site.
struct People {
    users: UserServiceClient<InterceptedService<Channel, Bearer>>,
    site: String,
}

impl People {
    /// What your single sign-on service does when it has a valid assertion.
    async fn sign_in(&self, user_name: &str) -> Result<String, Fault> {
        let request = RegisterSignInRequest {
            site: self.site.clone(),
            user_name: user_name.to_owned(),
            options: Some(once()),
            ..RegisterSignInRequest::default()
        };
        let answer =
            answered(request, async |request| self.users.clone().register_sign_in(request).await)
                .await?;
        // Let the person in only when this is true.
        if !answer.admitted {
            let holds = answer.denial.unwrap_or_default().holds.join(", ");
            return Ok(format!("{user_name} is not admitted, by the holds: {holds}"));
        }
        let role = role_of(answer.decision.and_then(|decision| decision.user));
        let first = if answer.created { ", for the first time" } else { "" };
        Ok(format!("{user_name} is admitted as {role}{first}"))
    }

    async fn deactivate(&self, user_name: &str) -> Result<String, Fault> {
        let reason = "asked for on the command line".to_owned();
        let request = DeactivateUserRequest {
            site: self.site.clone(),
            user_id: self.look_up(user_name).await?.id,
            note: "left the company".to_owned(),
            options: Some(WriteOptions { reason, ..once() }),
        };
        let answer =
            answered(request, async |request| self.users.clone().deactivate_user(request).await)
                .await?;
        let changed = answer.decision.is_some_and(|decision| decision.changed);
        let before = if changed { "" } else { ", and was before" };
        Ok(format!("{user_name} is deactivated{before}"))
    }

    /// Reads, decides, writes: whoever is slower than somebody else reads again.
    async fn set_role(&self, user_name: &str, role: Role) -> Result<String, Fault> {
        loop {
            let user = self.look_up(user_name).await?;
            let request = SetUserRoleRequest {
                site: self.site.clone(),
                user_id: user.id,
                role: role.into(),
                options: Some(WriteOptions { expected_version: Some(user.version), ..once() }),
            };
            let answer =
                answered(request, async |request| self.users.clone().set_user_role(request).await);
            match answer.await {
                Ok(answer) => {
                    let role = role_of(answer.decision.and_then(|decision| decision.user));
                    return Ok(format!("{user_name} is {role}"));
                }
                Err(refused) if refused.reason == Some(ErrorReason::VersionMismatch) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
    }

    async fn look_up(&self, user_name: &str) -> Result<User, Fault> {
        let request = LookupUserRequest {
            site: self.site.clone(),
            key: Some(Key::UserName(user_name.to_owned())),
            ..LookupUserRequest::default()
        };
        let answer =
            answered(request, async |request| self.users.clone().lookup_user(request).await)
                .await?;
        Ok(answer.user.ok_or("the answer has no user")?)
    }
}

/// One effect, however often the request is made.
fn once() -> WriteOptions {
    WriteOptions { request_id: Uuid::new_v4().to_string(), ..WriteOptions::default() }
}

fn role_of(user: Option<User>) -> &'static str {
    user.unwrap_or_default().role().into()
}

/// What to tell whoever asked.
fn explained(fault: &Fault) -> String {
    let grant_missing = |refused: &&Refused| refused.reason == Some(ErrorReason::GrantMissing);
    let Some(refused) = fault.downcast_ref().filter(grant_missing) else {
        return fault.to_string();
    };
    let permission = refused.metadata.get("missing_permission").map_or("", String::as_str);
    format!("{refused}\nAsk for the permission {permission}.")
}
