//! Measures Provost beside what limits it, in interleaved rounds.
//!
//! `benches/run` builds everything and starts this. It starts whatever is measured, drives it,
//! checks that every write really happened and that traces were sampled, and writes `benches/results.md`. Every process that
//! it starts ends with it, however it ends.

mod account;
mod bare_writer;
mod children;
mod compare;
mod data;
mod dataset;
mod fixed;
mod forms;
mod group_lines;
mod groups;
mod grpc_load;
mod history;
mod house;
mod ids;
mod lines;
mod load;
mod neighbour;
mod operator;
mod outcome;
mod over_tls;
mod paced;
mod pages;
mod peers;
mod person;
mod postgres;
mod ratios;
mod receiver;
mod report;
mod requests;
mod rounds;
mod scenario;
mod servers;
mod service;
mod single;
mod statistics;
mod watch_lines;
mod watches;
mod web;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

use outcome::Outcome;

/// The same as the product's, or the yardsticks would be slower for nothing.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measures Provost beside what limits it.")]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Measures everything and writes the results.
    Measure(scenario::Choice),
    /// Measures two commits against each other.
    Compare(compare::Choice),
    /// Writes what a comparison asks in one run.
    Requests(compare::part::Part),
    /// A yardstick: the real gateway in front of a core whose answers are fixed.
    FixedServe(fixed::Settings),
    /// A yardstick: a core whose answers are fixed, as a process of its own.
    FixedCore(fixed::Settings),
    /// A yardstick: a bare writer that commits groups to a SQLite file.
    BareWriter(bare_writer::Place),
    /// Makes the users of one database.
    Make {
        /// `sqlite://…` or `postgres://…`.
        url: String,
        /// How many users.
        users: usize,
        /// The file for their ids.
        ids: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(role: Role) -> Outcome {
    match role {
        Role::Measure(choice) => scenario::run(&choice),
        Role::Compare(choice) => compare::run(&choice),
        Role::Requests(part) => part.write(compare::part::Contract::Own),
        Role::FixedServe(settings) => fixed::serve(&settings),
        Role::FixedCore(settings) => fixed::core(&settings),
        Role::BareWriter(place) => bare_writer::run(&place),
        Role::Make { url, users, ids } => data::make(&url, users, &ids),
    }
}
