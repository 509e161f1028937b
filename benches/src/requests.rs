//! What is asked in a run: ready requests, made before the clock starts.

use crate::data::SCIM_TOKEN;
use crate::dataset::Dataset;
use crate::outcome::Outcome;
use crate::person::Person;
use prost::Message;
use provost_proto::v1;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;

/// How many different users reads ask for, as far as there are so many.
const READ: usize = 100_000;
/// How many different users a pass of `PATCH` changes.
const PATCHED: usize = 16_000;
/// How many different users a pass of `PUT` writes.
const PUT: usize = 6_000;

/// What a run asks for through SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scim {
    /// `GET /Users/{id}`
    Get,
    /// `GET /Users?filter=userName eq "…"`
    Filter,
    /// PATCH of `active`, to what it was not.
    Patch,
    /// PUT of the whole resource with another title.
    PutChange,
    /// PUT of the whole resource as it is.
    PutSame,
    /// A page of 100 from this index.
    List(usize),
}

impl Scim {
    /// Whether each of its answers stands for a line of the ledger, or none does.
    pub fn writes(self) -> bool {
        match self {
            Self::Patch | Self::PutChange => true,
            Self::Get | Self::Filter | Self::List(_) | Self::PutSame => false,
        }
    }
}

/// One HTTP request, complete.
pub fn http(method: &str, host: &str, path: &str, body: &str) -> String {
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {SCIM_TOKEN}\r\n\
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

/// The requests of one run against one server.
pub struct Requests<'a> {
    /// Whose users are asked about.
    pub dataset: &'a Dataset,
    /// How many of them, from the first.
    pub users: usize,
    /// `127.0.0.1:port`
    pub host: String,
    /// What stands in front of `/Users`.
    pub base: &'a str,
    /// Different for every run, so that every run asks for other users and writes other titles.
    pub seed: u64,
}

impl Requests<'_> {
    /// The requests in the order in which they are sent, over and over.
    pub fn of(&self, what: Scim) -> Outcome<Vec<String>> {
        let users = self.users;
        // PUTs that change nothing know the titles, so PUTs that change titles stay elsewhere.
        match what {
            Scim::Get => Ok(self.reads(|number| self.get(number))),
            Scim::Filter => Ok(self.reads(|number| self.filter(number))),
            Scim::List(start) => {
                let path = format!("{}/Users?startIndex={start}&count=100", self.base);
                Ok(vec![http("GET", &self.host, &path, "")])
            }
            Scim::Patch => {
                self.passes(0..users, PATCHED, [true, false], |number, active, other| {
                    self.patch(number, active != other)
                })
            }
            Scim::PutChange => {
                let titles = ["Deputy", "Acting"].map(|word| format!("{word} {}", self.seed));
                self.passes(users / 2..users, PUT, [0, 1], |number, active, pass: usize| {
                    self.put(number, active, Some(&titles[pass]))
                })
            }
            Scim::PutSame => self.passes(0..users / 2, PUT, [()], |number, active, ()| {
                self.put(number, active, None)
            }),
        }
    }

    /// Bodies of `GetUser`, framed.
    pub fn get_user(&self) -> Vec<Vec<u8>> {
        self.reads(|number| {
            framed(&v1::GetUserRequest { site: String::new(), user_id: self.dataset.id(number) })
        })
    }

    /// Bodies of `ChangeUser` with a new status, framed.
    pub fn change_user(&self) -> Outcome<Vec<Vec<u8>>> {
        self.passes(0..self.users, PATCHED, [true, false], |number, active, other| {
            let change = v1::change::Change::SetActive(v1::SetActive { active: active != other });
            framed(&v1::ChangeUserRequest {
                site: String::new(),
                user_id: self.dataset.id(number),
                changes: vec![v1::Change { change: Some(change) }],
                options: None,
            })
        })
    }

    /// Seven GETs, a filter and two `PATCH`, in turn, for as long as there are users to read.
    pub fn mixed(&self) -> Outcome<Vec<String>> {
        let patches = self.of(Scim::Patch)?;
        let numbers = self.sample(0..self.users, patches.len() * 4);
        let mut reads = numbers.into_iter();
        let mut mixed = Vec::with_capacity(patches.len() * 5);
        for pair in patches.chunks(2) {
            mixed.extend(reads.by_ref().take(7).map(|number| self.get(number)));
            mixed.extend(reads.by_ref().take(1).map(|number| self.filter(number)));
            mixed.extend(pair.iter().cloned());
        }
        Ok(mixed)
    }

    fn get(&self, number: usize) -> String {
        let path = format!("{}/Users/{}", self.base, self.dataset.id(number));
        http("GET", &self.host, &path, "")
    }

    fn filter(&self, number: usize) -> String {
        let name = Person::new(number).user_name().replace('@', "%40");
        let path = format!("{}/Users?filter=userName%20eq%20%22{name}%22", self.base);
        http("GET", &self.host, &path, "")
    }

    fn patch(&self, number: usize, active: bool) -> String {
        let body = format!(
            r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{"op":"replace","path":"active","value":{active}}}]}}"#
        );
        let path = format!("{}/Users/{}", self.base, self.dataset.id(number));
        http("PATCH", &self.host, &path, &body)
    }

    fn put(&self, number: usize, active: bool, title: Option<&str>) -> String {
        let id = self.dataset.id(number);
        let body = Person::new(number).resource(&id, active, title).to_string();
        http("PUT", &self.host, &format!("{}/Users/{id}", self.base), &body)
    }

    fn reads<R>(&self, one: impl Fn(usize) -> R) -> Vec<R> {
        self.sample(0..self.users, READ).into_iter().map(one).collect()
    }

    /// The same users in several passes, each told their status and which pass it is.
    fn passes<P: Copy, R, const N: usize>(
        &self,
        range: Range<usize>,
        most: usize,
        passes: [P; N],
        one: impl Fn(usize, bool, P) -> R,
    ) -> Outcome<Vec<R>> {
        // Not so few that a user comes again while still being written.
        let numbers = self.sample(range, most);
        let active = self.dataset.active(&numbers)?;
        let known: Vec<(usize, bool)> = numbers.into_iter().zip(active).collect();
        let pass = |pass: P| known.iter().map(move |(number, active)| (*number, *active, pass));
        Ok(passes
            .into_iter()
            .flat_map(pass)
            .map(|(n, active, pass)| one(n, active, pass))
            .collect())
    }

    fn sample(&self, range: Range<usize>, most: usize) -> Vec<usize> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let chosen = index::sample(&mut random, range.len(), most.min(range.len()));
        chosen.into_iter().map(|index| range.start + index).collect()
    }
}

/// Writes requests as `replay.lua` reads them.
pub fn write(requests: &[String], file: &Path) -> Outcome {
    let mut file = BufWriter::new(File::create(file)?);
    for request in requests {
        writeln!(file, "{}\n{request}", request.len())?;
    }
    Ok(file.flush()?)
}

/// A message as gRPC frames it: not compressed, its length, itself.
pub fn framed(message: &impl Message) -> Vec<u8> {
    let body = message.encode_to_vec();
    let length = u32::try_from(body.len()).unwrap_or_default();
    [&[0], &length.to_be_bytes()[..], &body].concat()
}
