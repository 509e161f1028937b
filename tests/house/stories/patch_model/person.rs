//! A user as some texts and a list of addresses, and what operations plainly mean for them. Must never know
//! how a service does it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
const SINGLES: [&str; 5] = ["title", "nickName", "name.givenName", "name.middleName", DEPARTMENT];
const KINDS: [&str; 3] = ["work", "home", "other"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    texts: BTreeMap<&'static str, String>,
    emails: Vec<Email>,
}

/// What says the same but for being the primary one is one address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Email {
    value: Option<String>,
    display: Option<String>,
    kind: Option<String>,
    primary: bool,
}

/// The parts of an address that are told one by one.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Value,
    Display,
}

/// One operation; the number says in which of the ways that are seen it is written.
#[derive(Debug, Clone)]
pub enum Step {
    Set(&'static str, String, u8),
    Clear(&'static str, u8),
    Add(Vec<Email>, u8),
    Replace(Vec<Email>, u8),
    RemoveAll(u8),
    RemoveKind(&'static str),
    RemoveValues(Vec<String>),
    SetPart(&'static str, Part, String, u8),
    ClearPart(&'static str, Part, u8),
    /// Of this kind there is to be this one and no other.
    ReplaceKind(&'static str, Email),
}

pub fn step() -> impl Strategy<Value = Step> {
    let single = || select(SINGLES.to_vec());
    let kind = || select(KINDS.to_vec());
    let part = || prop_oneof![Just(Part::Value), Just(Part::Display)];
    let way = || any::<u8>();
    let emails = || prop::collection::vec(email(), 0..3);
    prop_oneof![
        4 => (single(), "[a-c]", way()).prop_map(|(path, text, way)| Step::Set(path, text, way)),
        2 => (single(), way()).prop_map(|(path, way)| Step::Clear(path, way)),
        4 => (emails(), way()).prop_map(|(emails, way)| Step::Add(emails, way)),
        2 => (emails(), way()).prop_map(|(emails, way)| Step::Replace(emails, way)),
        1 => way().prop_map(Step::RemoveAll),
        2 => kind().prop_map(Step::RemoveKind),
        2 => prop::collection::vec(address(), 0..3).prop_map(Step::RemoveValues),
        4 => (kind(), part(), address(), way())
            .prop_map(|(kind, part, text, way)| Step::SetPart(kind, part, text, way)),
        2 => (kind(), part(), way()).prop_map(|(kind, part, way)| Step::ClearPart(kind, part, way)),
        3 => (kind(), email()).prop_map(|(kind, email)| {
            Step::ReplaceKind(kind, Email { kind: Some(kind.to_owned()), ..email })
        }),
    ]
}

fn address() -> impl Strategy<Value = String> {
    "[a-c]".prop_map(|letter| format!("{letter}@example.com"))
}

fn email() -> impl Strategy<Value = Email> {
    let kind = select(KINDS.to_vec()).prop_map(str::to_owned);
    let display = prop::option::weighted(0.3, "[A-C]");
    (address(), display, prop::option::weighted(0.8, kind), prop::bool::weighted(0.3)).prop_map(
        |(value, display, kind, primary)| Email { value: Some(value), display, kind, primary },
    )
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Display => "display",
        }
    }
}

impl Email {
    fn written(&self) -> Value {
        let mut email = json!({});
        let texts = [("value", &self.value), ("display", &self.display), ("type", &self.kind)];
        for (name, text) in texts {
            if let Some(text) = text {
                email[name] = json!(text);
            }
        }
        if self.primary {
            // As a truth, and as Entra writes it.
            email["primary"] = if self.display.is_some() { json!("True") } else { json!(true) };
        }
        email
    }

    fn part(&mut self, part: Part) -> &mut Option<String> {
        match part {
            Part::Value => &mut self.value,
            Part::Display => &mut self.display,
        }
    }

    fn is_of(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let said = |email: &Self| Self { primary: false, ..email.clone() };
        said(self) == said(other)
    }
}

impl Step {
    pub fn written(&self) -> Value {
        let all = |emails: &[Email]| -> Value { emails.iter().map(Email::written).collect() };
        let assigned = |op: &str, path: &str, value: Value, way: &u8| match way % 3 {
            0 => json!({"op": op, "path": path, "value": value}),
            1 => json!({"op": op.to_uppercase(), "path": path.to_uppercase(), "value": value}),
            _ => json!({"op": op, "value": {path: value}}),
        };
        match self {
            Self::Set(path, text, way) if way % 2 == 0 => assigned("add", path, json!(text), way),
            Self::Set(path, text, way) => assigned("replace", path, json!(text), way),
            Self::Clear(path, way) => match way % 3 {
                0 => json!({"op": "remove", "path": path}),
                1 => json!({"op": "replace", "path": path, "value": null}),
                _ => json!({"op": "Replace", "path": path, "value": ""}),
            },
            Self::Add(emails, way) => assigned("add", "emails", all(emails), way),
            Self::Replace(emails, way) => assigned("replace", "emails", all(emails), way),
            Self::RemoveAll(way) if way % 2 == 0 => json!({"op": "remove", "path": "emails"}),
            Self::RemoveAll(_) => json!({"op": "replace", "path": "emails", "value": null}),
            Self::RemoveKind(kind) => {
                json!({"op": "remove", "path": format!("emails[type eq \"{kind}\"]")})
            }
            Self::RemoveValues(values) => {
                let values: Vec<_> = values.iter().map(|value| json!({"value": value})).collect();
                json!({"op": "Remove", "path": "emails", "value": values})
            }
            Self::SetPart(kind, part, text, way) => {
                let path = format!("emails[type eq \"{kind}\"].{}", part.name());
                let op = if way % 2 == 0 { "Add" } else { "Replace" };
                json!({"op": op, "path": path, "value": text})
            }
            Self::ClearPart(kind, part, way) => {
                let path = format!("emails[type eq \"{kind}\"].{}", part.name());
                match way % 2 {
                    0 => json!({"op": "remove", "path": path}),
                    _ => json!({"op": "replace", "path": path, "value": null}),
                }
            }
            Self::ReplaceKind(kind, email) => {
                let path = format!("emails[type eq \"{kind}\"]");
                json!({"op": "replace", "path": path, "value": email.written()})
            }
        }
    }
}

impl Person {
    /// What an answer says of the user.
    pub fn read(user: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut texts = BTreeMap::new();
        for path in SINGLES {
            let found = if path == DEPARTMENT {
                let (urn, name) = path.rsplit_once(':').unwrap();
                &user[urn][name]
            } else {
                path.split('.').fold(user, |value, name| &value[name])
            };
            texts.extend(text(found).map(|text| (path, text)));
        }
        let emails = user["emails"].as_array().into_iter().flatten().map(|email| Email {
            value: text(&email["value"]),
            display: text(&email["display"]),
            kind: text(&email["type"]),
            primary: email["primary"] == true,
        });
        Self { texts, emails: emails.collect() }
    }

    /// All steps of one request.
    pub fn apply(&mut self, steps: &[Step]) {
        for step in steps {
            self.apply_one(step);
        }
        self.drop_repeated();
    }

    fn apply_one(&mut self, step: &Step) {
        match step {
            Step::Set(path, text, _) => _ = self.texts.insert(*path, text.clone()),
            Step::Clear(path, _) => _ = self.texts.remove(path),
            Step::Add(emails, _) => {
                for email in with_one_primary(emails) {
                    self.add(email);
                }
            }
            Step::Replace(emails, _) => self.emails = with_one_primary(emails),
            Step::RemoveAll(_) => self.emails.clear(),
            Step::RemoveKind(kind) => self.emails.retain(|email| !email.is_of(kind)),
            Step::RemoveValues(values) => {
                let goes = |email: &Email| {
                    email.value.as_ref().is_some_and(|value| values.contains(value))
                };
                self.emails.retain(|email| !goes(email));
            }
            Step::SetPart(kind, part, text, _) => {
                let mut selected =
                    self.emails.iter_mut().filter(|email| email.is_of(kind)).peekable();
                if selected.peek().is_some() {
                    selected.for_each(|email| *email.part(*part) = Some(text.clone()));
                    return;
                }
                let mut made = Email { kind: Some((*kind).to_owned()), ..Email::default() };
                *made.part(*part) = Some(text.clone());
                self.emails.push(made);
            }
            Step::ClearPart(kind, part, _) => {
                for email in self.emails.iter_mut().filter(|email| email.is_of(kind)) {
                    *email.part(*part) = None;
                }
                // A label alone is no address.
                self.emails.retain(|email| email.value.is_some() || email.display.is_some());
            }
            Step::ReplaceKind(kind, new) => {
                if new.primary {
                    self.none_primary();
                }
                let place = self.emails.iter().position(|email| email.is_of(kind));
                let place = place.unwrap_or(self.emails.len());
                self.emails.insert(place, new.clone());
                let mut at = 0;
                self.emails.retain(|email| {
                    at += 1;
                    at - 1 == place || !email.is_of(kind)
                });
            }
        }
    }

    /// Adding what is there is adding nothing; what is new of it is learned.
    fn add(&mut self, email: Email) {
        if email.primary {
            self.none_primary();
        }
        let is_same = |known: &&mut Email| known.value == email.value && known.kind == email.kind;
        match self.emails.iter_mut().find(is_same) {
            Some(known) => {
                known.primary |= email.primary;
                if email.display.is_some() {
                    known.display = email.display;
                }
            }
            None => self.emails.push(email),
        }
    }

    fn none_primary(&mut self) {
        self.emails.iter_mut().for_each(|email| email.primary = false);
    }

    /// Of several that say the same the first one stays, primary if one of them was.
    fn drop_repeated(&mut self) {
        let mut kept: Vec<Email> = Vec::new();
        for email in self.emails.drain(..) {
            match kept.iter_mut().find(|known| known.says_the_same(&email)) {
                Some(known) => known.primary |= email.primary,
                None => kept.push(email),
            }
        }
        self.emails = kept;
    }
}

/// The last one that is named primary is it.
fn with_one_primary(emails: &[Email]) -> Vec<Email> {
    let primary = emails.iter().rposition(|email| email.primary);
    let one =
        |(at, email): (usize, &Email)| Email { primary: Some(at) == primary, ..email.clone() };
    emails.iter().enumerate().map(one).collect()
}
