//! The test user: found or created, and left as found.
//!
//! Must never know what a provider does with it in between.

use serde_json::{Map, Value, json};

use super::check::Check;
use super::conversation::Step;
use super::diagnosis::{Diagnosis, of_step};
use super::exchange::{Placeholders, outgoing, unmet};
use super::reply::Reply;
use super::visit::Visit;

/// Statuses by which a service says that it creates nobody.
const REFUSALS: [u16; 4] = [400, 403, 405, 501];

/// Somebody who may be changed for a while.
pub struct TestUser {
    /// The id over there.
    pub id: String,
    /// As it was.
    original: Value,
    is_created: bool,
}

impl TestUser {
    /// The user of this name; none where there is none who is active, which is a finding.
    pub async fn find(visit: &mut Visit, user_name: &str) -> Option<Self> {
        visit.report.begin(format!("The test user {user_name}"));
        let list = listed(visit, user_name).await;
        let list = list.map(|reply| reply.json()).unwrap_or_default();
        let found = &list["Resources"][0];
        // Where filters are not obeyed, somebody else would be played with.
        let id = found["id"].as_str().filter(|_| is_named(found, user_name));
        let unusable = match id {
            None => format!("There is no user with the name {user_name}."),
            Some(id) => match Self::read(visit, id).await {
                Err(sentence) => sentence,
                Ok(original) if original["active"] == false => {
                    format!("The user {user_name} is not active.")
                }
                Ok(original) => {
                    return Some(Self { id: id.to_owned(), original, is_created: false });
                }
            },
        };
        visit.report.found(Check::UserUnusable, unusable);
        None
    }

    /// Somebody new of this name, created as Okta does. Nobody where that fails, which is a finding; the
    /// error says whether whoever may have been created is gone, and nothing where nobody was.
    pub async fn create(
        visit: &mut Visit,
        user_name: &str,
        steps: &[Step],
    ) -> Result<Self, Option<bool>> {
        visit.report.begin("The test user, created as by Okta");
        let mut placeholders = Placeholders::new();
        placeholders.insert("token".to_owned(), visit.token().into());
        let (create, again) = steps.split_first().ok_or(None)?;
        let request = outgoing(create, &visit.base, &placeholders);
        let created = visit.ask(&create.name, &request, |timed| {
            if REFUSALS.contains(&timed.reply.status) {
                let sentence = format!("Nobody may be created: {}.", timed.reply.said());
                return vec![Diagnosis::new(Check::CreationRefused, sentence)];
            }
            of_step(create, &timed.reply, &unmet(create, &timed.reply, &placeholders))
        });
        let created = created.await;
        let status = created.as_ref().map(|reply| reply.status);
        let mut original = created.map(|reply| reply.json()).unwrap_or_default();
        // Whoever else is in the answer was not created, and is not to be deleted.
        let is_ours = original["userName"].is_null() || is_named(&original, user_name);
        let is_ours = is_ours && matches!(status, Some(200..=299));
        let Some(id) = original["id"].as_str().filter(|_| is_ours).map(str::to_owned) else {
            return Err(Self::undo(visit, user_name, status).await);
        };
        for step in again {
            let request = outgoing(step, &visit.base, &placeholders);
            let judge = |reply: &Reply| of_step(step, reply, &unmet(step, reply, &placeholders));
            let reply = visit.ask(&step.name, &request, |timed| judge(&timed.reply)).await;
            // Who creates it twice has to be rid of it twice.
            let twin = reply.filter(|reply| reply.status == 201).map(|reply| reply.json());
            if let Some(twin) = twin.as_ref().and_then(|twin| twin["id"].as_str())
                && twin != id
            {
                visit.see_to("DELETE", &target(twin), None).await;
            }
        }
        match Self::read(visit, &id).await {
            Ok(read) => original = read,
            Err(sentence) => visit.report.found(Check::UserUnusable, sentence),
        }
        Ok(Self { id, original, is_created: true })
    }

    /// Is rid of whoever was created by a request without a usable answer, if only one with this status;
    /// answers whether they are gone, and nothing where nobody was created.
    async fn undo(visit: &mut Visit, user_name: &str, status: Option<u16>) -> Option<bool> {
        // A proxy may have asked twice, so a name that is taken can be that of the doctor.
        if matches!(status, Some(400..=407 | 410..=499 | 501)) {
            return None;
        }
        let list = listed(visit, user_name).await.filter(|reply| reply.status == 200);
        let list = list.map(|reply| reply.json()).unwrap_or_default();
        // Where filters are not obeyed, others stand in the list.
        let named = list["Resources"].as_array().into_iter().flatten();
        let named = named.filter(|one| one["userName"] == user_name);
        let mut is_gone = None;
        for one in named {
            let Some(id) = one["id"].as_str() else { continue };
            let user = Self { id: id.to_owned(), original: one.clone(), is_created: true };
            is_gone = Some(user.leave(visit).await && is_gone.unwrap_or(true));
        }
        // The service itself says that it failed, and nobody is there. A proxy doesn't know.
        let is_failed = matches!(status, Some(409 | 500 | 503)) && list["totalResults"] == 0;
        if is_gone.is_none() && !is_failed {
            let sentence = format!(
                "The user {user_name} may have been created, and can't be found to be deleted."
            );
            visit.report.found(Check::LeftBehind, sentence);
            return Some(false);
        }
        is_gone
    }

    async fn read(visit: &mut Visit, id: &str) -> Result<Value, String> {
        let Some(reply) = visit.see_to("GET", &target(id), None).await else {
            return Err("The user can't be read: no answer came.".to_owned());
        };
        let user = reply.json();
        if !user.is_object() || reply.status != 200 {
            return Err(format!("The user can't be read: {}.", visit.said(&reply)));
        }
        let version = user["meta"]["version"].as_str();
        if let Some(version) = version.filter(|version| reply.header("etag") != Some(*version)) {
            let etag = reply.header("etag").unwrap_or("missing");
            let sentence = format!("meta.version of a user is {version}, and the ETag is {etag}.");
            visit.report.found(Check::VersionLost, sentence);
        }
        Ok(user)
    }

    /// Leaves the user as it was; answers whether that went well, and finds where it didn't.
    pub async fn put_back(&self, visit: &mut Visit) -> bool {
        let target = target(&self.id);
        let mut differences = self.differences(visit).await;
        if differences.as_ref().is_some_and(Vec::is_empty) {
            return true;
        }
        let written = writable(&self.original);
        visit.see_to("PUT", &target, Some(&Value::Object(written.clone()))).await;
        differences = self.differences(visit).await;
        if let Some(names) = differences.as_ref().filter(|names| !names.is_empty()) {
            let operation = |name: &String| match written.get(name) {
                Some(value) => json!({"op": "replace", "path": name, "value": value}),
                None => json!({"op": "remove", "path": name}),
            };
            let operations: Vec<Value> = names.iter().map(operation).collect();
            let patch = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": operations,
            });
            visit.see_to("PATCH", &target, Some(&patch)).await;
            differences = self.differences(visit).await;
        }
        let sentence = match differences {
            Some(names) if names.is_empty() => return true,
            Some(names) => format!("These attributes are not as before: {}.", names.join(", ")),
            None => "Whether the user is as before can't be read.".to_owned(),
        };
        visit.report.found(Check::NotPutBack, sentence);
        false
    }

    /// Goes, where it was created.
    pub async fn leave(self, visit: &mut Visit) -> bool {
        if !self.is_created {
            return self.put_back(visit).await;
        }
        let target = target(&self.id);
        let deleted = visit.see_to("DELETE", &target, None).await;
        if deleted.as_ref().is_some_and(|reply| matches!(reply.status, 200 | 204 | 404)) {
            return true;
        }
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": false}],
        });
        visit.see_to("PATCH", &target, Some(&patch)).await;
        let said = deleted.map_or_else(|| "no answer".to_owned(), |reply| visit.said(&reply));
        let name = self.original["userName"].as_str().unwrap_or(&self.id);
        let sentence =
            format!("The user {name} was created for this and can't be deleted: {said}.");
        visit.report.found(Check::LeftBehind, sentence);
        false
    }

    /// The attributes that are not as they were; none where that can't be read.
    async fn differences(&self, visit: &mut Visit) -> Option<Vec<String>> {
        let now = visit.see_to("GET", &target(&self.id), None).await?.json();
        let now = writable(now.is_object().then_some(&now)?);
        let before = writable(&self.original);
        let names = before.keys().chain(now.keys().filter(|name| !before.contains_key(*name)));
        let is_other = |name: &&String| before.get(*name) != now.get(*name);
        Some(names.filter(is_other).cloned().collect())
    }
}

/// The answer to a filter for this name.
async fn listed(visit: &mut Visit, user_name: &str) -> Option<Reply> {
    let quoted = Value::from(user_name).to_string();
    let filter = percent_encoding::utf8_percent_encode(&quoted, percent_encoding::NON_ALPHANUMERIC);
    visit.see_to("GET", &format!("/Users?filter=userName%20eq%20{filter}"), None).await
}

/// Whether a user has this name, which has no case (RFC 7643 section 4.1.1).
fn is_named(user: &Value, user_name: &str) -> bool {
    user["userName"].as_str().is_some_and(|name| name.to_lowercase() == user_name.to_lowercase())
}

fn target(id: &str) -> String {
    format!("/Users/{id}")
}

/// The attributes that a client may write, and those that an answer has besides are left out (RFC 7643
/// section 3.1). The order of schemas says nothing.
fn writable(user: &Value) -> Map<String, Value> {
    let mut attributes = user.as_object().cloned().unwrap_or_default();
    for read_only in ["meta", "groups"] {
        attributes.remove(read_only);
    }
    if let Some(Value::Array(schemas)) = attributes.get_mut("schemas") {
        schemas.sort_by_key(ToString::to_string);
    }
    attributes
}
