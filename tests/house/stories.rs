//! One story for each rule that somebody outside relies on, told in every house. Owns the
//! expectations; a story's name is the rule.

mod access;
mod acting;
mod authority;
mod bodies;
mod changes_by_time;
mod console;
mod console_log;
mod console_people;
mod console_services;
mod console_strangers;
mod cutoff;
mod deleted_sites;
mod deletion;
mod discovery;
mod documented_limits;
mod error_table;
mod errors;
mod every_type;
mod groups;
mod holds;
mod last_admin;
mod last_admin_races;
mod ledger;
mod life_cycle;
mod limits;
mod lists;
mod metrics;
mod old_databases;
mod refusals;
mod refused_requests;
mod repeated;
mod roles;
mod throttling;
mod versions;
mod walls;
