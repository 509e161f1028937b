//! The requests of one run, written to a file for whoever sends them.
//!
//! `provost-bench requests` is an interface between commits: a comparison has each side's own
//! program write what that side is asked, because the contract and the people may have changed.

use crate::compare::first_contract;
use crate::forms::{BASE, Forms};
use crate::ids::Ids;
use crate::outcome::Outcome;
use crate::requests::write;
use clap::{Args, ValueEnum};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

/// How many different users a run reads, as far as there are so many.
const READ: usize = 50_000;
/// How many different users a run of PUT writes.
const PUT: usize = 6_000;

/// What a run asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// `GET /Users/{id}`
    Get,
    /// `GET /Users?filter=userName eq "…"`
    Filter,
    /// PATCH of `active`, to what it was not.
    Patch,
    /// PUT of the whole resource with another title.
    Put,
    /// PUT of the whole resource as it is.
    PutSame,
    /// The first 100 users.
    Page,
    /// `GetUser`
    GrpcGet,
    /// `ChangeUser` with a new status.
    GrpcChange,
}

/// The contract that gRPC messages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contract {
    /// This program's.
    Own,
    /// That of commits whose program can't write requests yet.
    First,
}

/// One run's share of the users.
///
/// Nobody has to look up who is active: all users are made active, a run that changes the status
/// has users to itself, and PUTs that change titles have others than PUTs that change nothing.
#[derive(Debug, Args)]
pub struct Part {
    /// What is asked.
    #[arg(value_enum)]
    pub kind: Kind,
    /// The file of the users' ids, as `make` wrote it.
    pub ids: PathBuf,
    /// `127.0.0.1:port`
    pub host: String,
    /// Which run it is, from 0.
    pub run: usize,
    /// How many runs there are.
    pub runs: usize,
    /// Where the requests are written to: each behind a line with its length.
    pub file: PathBuf,
}

impl Part {
    /// Writes the file.
    pub fn write(&self, contract: Contract) -> Outcome {
        let ids = Ids::read(&self.ids)?;
        let forms = Forms { ids: &ids, host: &self.host, base: BASE };
        write(&self.requests(contract, &forms), &self.file)
    }

    /// The requests in the order in which they are sent, over and over.
    fn requests(&self, contract: Contract, forms: &Forms<'_>) -> Vec<Vec<u8>> {
        let all = 0..forms.ids.len();
        let get_user = |number| match contract {
            Contract::Own => forms.get_user(number),
            Contract::First => first_contract::get_user(forms.ids.text(number)),
        };
        let change_user = |number, active| match contract {
            Contract::Own => forms.change_user(number, active),
            Contract::First => first_contract::change_user(forms.ids.text(number), active),
        };
        match self.kind {
            Kind::Get => each(self.sample(all, READ), |number| forms.get(number).into()),
            Kind::Filter => each(self.sample(all, READ), |number| forms.filter(number).into()),
            Kind::GrpcGet => each(self.sample(all, READ), get_user),
            Kind::Page => vec![forms.page("startIndex=1").into()],
            Kind::Patch => self.statuses(twentieths(&all, 0..7), |number, active| {
                forms.patch(number, active).into()
            }),
            Kind::GrpcChange => self.statuses(twentieths(&all, 7..14), change_user),
            Kind::Put => {
                let numbers = self.sample(twentieths(&all, 14..17), PUT);
                let pass = |word: &str| {
                    let title = format!("{word} {}", self.run);
                    each(numbers.clone(), |number| forms.put(number, true, Some(&title)).into())
                };
                [pass("Deputy"), pass("Acting")].concat()
            }
            Kind::PutSame => each(self.sample(twentieths(&all, 17..20), PUT), |number| {
                forms.put(number, true, None).into()
            }),
        }
    }

    /// Deactivates the users that this run has to itself, then activates them.
    fn statuses(&self, range: Range<usize>, one: impl Fn(usize, bool) -> Vec<u8>) -> Vec<Vec<u8>> {
        let shuffled = chosen(0, &range, range.len());
        let least = range.len() / self.runs.max(1);
        let own = shuffled.into_iter().skip(self.run * least).take(least);
        let own: Vec<usize> = own.collect();
        let pass = |active| own.iter().map(move |number| (*number, active));
        pass(false).chain(pass(true)).map(|(number, active)| one(number, active)).collect()
    }

    fn sample(&self, range: Range<usize>, most: usize) -> Vec<usize> {
        chosen(self.run as u64, &range, most.min(range.len()))
    }
}

/// A file of requests, read again.
pub fn read(file: &PathBuf) -> Outcome<Vec<Vec<u8>>> {
    let bytes = fs::read(file)?;
    let (mut requests, mut rest) = (Vec::new(), &bytes[..]);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let length: usize = std::str::from_utf8(&rest[..end])?.parse()?;
        let request = rest.get(end + 1..end + 1 + length).ok_or("a request is cut off")?;
        requests.push(request.to_vec());
        rest = rest.get(end + length + 2..).ok_or("a request has no end")?;
    }
    Ok(requests)
}

fn each(numbers: Vec<usize>, one: impl Fn(usize) -> Vec<u8>) -> Vec<Vec<u8>> {
    numbers.into_iter().map(one).collect()
}

/// A part of all users, so that lines that write keep off one another's users.
fn twentieths(all: &Range<usize>, parts: Range<usize>) -> Range<usize> {
    all.len() * parts.start / 20..all.len() * parts.end / 20
}

fn chosen(seed: u64, range: &Range<usize>, amount: usize) -> Vec<usize> {
    let mut random = StdRng::seed_from_u64(seed);
    let chosen = index::sample(&mut random, range.len(), amount);
    chosen.into_iter().map(|index| range.start + index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const USERS: usize = 2_000;

    fn requests(kind: Kind, run: usize) -> Vec<Vec<u8>> {
        let ids = Ids::of((0..USERS).map(|number| (number as u128).to_be_bytes()));
        let forms = Forms { ids: &ids, host: "127.0.0.1:1", base: BASE };
        let none = PathBuf::new();
        let part = Part { kind, ids: none.clone(), host: String::new(), run, runs: 10, file: none };
        let own = part.requests(Contract::Own, &forms);
        assert_eq!(own.len(), part.requests(Contract::First, &forms).len());
        own
    }

    #[test]
    fn a_run_that_changes_a_status_has_users_to_itself() {
        for kind in [Kind::Patch, Kind::GrpcChange] {
            let mut seen = HashSet::new();
            for run in 0..10 {
                let requests = requests(kind, run);
                assert_eq!(requests.len(), 2 * USERS * 7 / 20 / 10);
                assert!(requests.into_iter().all(|request| seen.insert(request)), "{kind:?}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = std::env::temp_dir().join(format!("requests-{}", std::process::id()));
        let requests = requests(Kind::GrpcGet, 0);
        write(&requests, &file).unwrap();
        let read = read(&file);
        fs::remove_file(&file).unwrap();
        assert_eq!(read.unwrap(), requests);
    }
}
