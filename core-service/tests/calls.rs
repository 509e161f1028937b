//! The core as its callers see it: `provost.identity.v1` in process, on a SQLite file and on a
//! real PostgreSQL. It asks over gRPC, and looks past the core only into the ledger.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod calls {
    mod access_matrix;
    mod acting;
    mod batch_writes;
    mod batches;
    mod certificates;
    mod contract;
    mod crowds;
    mod cutoff;
    mod decisions;
    mod deleted;
    mod deletions;
    mod enums;
    mod expiring;
    mod explained;
    mod files;
    mod fixture;
    mod groups;
    mod health;
    mod kept_values;
    mod ledgers;
    mod lists;
    mod next_sync;
    mod options;
    mod races;
    mod reading;
    mod refusals;
    mod repeated;
    mod retention;
    mod role_holders;
    mod services;
    mod sessions;
    mod signing_in;
    mod signs;
    mod sorting;
    mod status;
    mod token_ids;
    mod tokens;
    mod trails;
    mod watches;
}
