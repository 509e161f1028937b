//! What is asked in a run: ready requests, made before the clock starts.

use crate::dataset::Dataset;
use crate::forms::Forms;
use crate::load::CONNECTIONS;
use crate::outcome::Outcome;
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

/// How many users a batch changes.
pub const BATCH: usize = 100;
/// How many users a bulk request changes.
pub const BULK: usize = 1_000;

/// What a run asks for through SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scim {
    /// `GET /Users/{id}`
    Get,
    /// `GET /Users?filter=userName eq "…"`
    Filter,
    /// PATCH of `active`, to what it was not.
    Patch,
    /// The same by one caller, who waits for each answer.
    PatchAlone,
    /// The same of [`BULK`] users in one request, by one caller.
    Bulk,
    /// PUT of the whole resource with another title.
    PutChange,
    /// PUT of the whole resource as it is.
    PutSame,
    /// A page of 100 from this index.
    List(usize),
    /// The first page of 100 by user name, from the last one on.
    Sorted,
    /// The first page of 100 that says where the next one begins (RFC 9865).
    Cursor,
}

impl Scim {
    /// Whether each of its answers stands for a line of the ledger, or none does.
    pub fn writes(self) -> bool {
        match self {
            Self::Patch | Self::PatchAlone | Self::Bulk | Self::PutChange => true,
            Self::Get
            | Self::Filter
            | Self::List(_)
            | Self::Sorted
            | Self::Cursor
            | Self::PutSame => false,
        }
    }

    /// How many connections it is asked on.
    pub fn connections(self) -> u32 {
        match self {
            Self::PatchAlone | Self::Bulk => 1,
            Self::Get
            | Self::Filter
            | Self::Patch
            | Self::PutChange
            | Self::PutSame
            | Self::List(_)
            | Self::Sorted
            | Self::Cursor => CONNECTIONS,
        }
    }

    /// How many users one request is about, of which each counts.
    pub fn users(self) -> usize {
        if self == Self::Bulk { BULK } else { 1 }
    }
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
        let (users, forms) = (self.users, self.forms());
        // PUTs that change nothing know the titles, so PUTs that change titles stay elsewhere.
        match what {
            Scim::Get => Ok(self.reads(|number| forms.get(number))),
            Scim::Filter => Ok(self.reads(|number| forms.filter(number))),
            Scim::List(start) => Ok(vec![forms.page(&format!("startIndex={start}"))]),
            Scim::Sorted => Ok(vec![forms.page("sortBy=userName&sortOrder=descending")]),
            Scim::Cursor => Ok(vec![forms.page("cursor=")]),
            Scim::Patch | Scim::PatchAlone => {
                self.passes(0..users, PATCHED, [true, false], |number, active, other| {
                    forms.patch(number, active != other)
                })
            }
            Scim::Bulk => {
                let bulks = self.statuses(BULK)?;
                Ok(bulks.iter().map(|bulk| forms.bulk(bulk)).collect())
            }
            Scim::PutChange => {
                let titles = ["Deputy", "Acting"].map(|word| format!("{word} {}", self.seed));
                self.passes(users / 2..users, PUT, [0, 1], |number, active, pass: usize| {
                    forms.put(number, active, Some(&titles[pass]))
                })
            }
            Scim::PutSame => self.passes(0..users / 2, PUT, [()], |number, active, ()| {
                forms.put(number, active, None)
            }),
        }
    }

    /// Bodies of `GetUser`, framed.
    pub fn get_user(&self) -> Vec<Vec<u8>> {
        self.reads(|number| self.forms().get_user(number))
    }

    /// Bodies of `ChangeUser` with a new status, framed.
    pub fn change_user(&self) -> Outcome<Vec<Vec<u8>>> {
        self.passes(0..self.users, PATCHED, [true, false], |number, active, other| {
            self.forms().change_user(number, active != other)
        })
    }

    /// The same, each with an id of its own, in so many passes that none comes again within a run.
    pub fn change_user_once(&self) -> Outcome<Vec<Vec<u8>>> {
        let passes = [0, 1, 2, 3, 4, 5, 6, 7];
        self.passes(0..self.users, PATCHED, passes, |number, active, pass| {
            let id = format!("{}-{pass}-{number}", self.seed);
            self.forms().change_user_once(number, active == (pass % 2 == 1), id)
        })
    }

    /// Bodies of `BatchChangeUsers`, each with new statuses of [`BATCH`] users, framed.
    pub fn batch_change_users(&self) -> Outcome<Vec<Vec<u8>>> {
        let batches = self.statuses(BATCH)?;
        Ok(batches.iter().map(|batch| self.forms().batch_change_users(batch)).collect())
    }

    /// New statuses, of so many users at a time.
    fn statuses(&self, at_a_time: usize) -> Outcome<Vec<Vec<(usize, bool)>>> {
        let statuses =
            self.passes(0..self.users, PATCHED, [true, false], |number, active, other| {
                (number, active != other)
            })?;
        // Each pass by itself, so that nobody stands in a batch twice.
        let passes = statuses.chunks(statuses.len() / 2);
        let batches = passes.flat_map(|pass| pass.chunks_exact(at_a_time));
        Ok(batches.map(<[(usize, bool)]>::to_vec).collect())
    }

    /// Seven GETs, a filter and two `PATCH`, in turn, for as long as there are users to read.
    pub fn mixed(&self) -> Outcome<Vec<String>> {
        let patches = self.of(Scim::Patch)?;
        let numbers = self.sample(0..self.users, patches.len() * 4);
        let mut reads = numbers.into_iter();
        let forms = self.forms();
        let mut mixed = Vec::with_capacity(patches.len() * 5);
        for pair in patches.chunks(2) {
            mixed.extend(reads.by_ref().take(7).map(|number| forms.get(number)));
            mixed.extend(reads.by_ref().take(1).map(|number| forms.filter(number)));
            mixed.extend(pair.iter().cloned());
        }
        Ok(mixed)
    }

    fn forms(&self) -> Forms<'_> {
        Forms { ids: &self.dataset.ids, host: &self.host, base: self.base }
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
pub fn write(requests: &[impl AsRef<[u8]>], file: &Path) -> Outcome {
    let mut file = BufWriter::new(File::create(file)?);
    for request in requests {
        let request = request.as_ref();
        writeln!(file, "{}", request.len())?;
        file.write_all(request)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}
