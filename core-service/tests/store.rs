//! The store suite: every test runs on a SQLite file and on a real PostgreSQL.
//!
//! It asks the store alone; what is decided, and by whom, is tested elsewhere.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod store {
    mod consumers;
    mod cut_offs;
    mod deletions;
    mod figures;
    mod filters;
    mod fixture;
    mod folding;
    mod group_lists;
    mod groups_of_users;
    mod migrating;
    mod opening;
    mod people;
    mod reached_ledgers;
    mod refused_requests;
    mod requests;
    mod retention;
    mod service_tokens;
    mod sites;
    mod sorts;
    mod tokens;
    mod turns;
    mod users;
}
