//! What only a real process shows: its output, its exit codes, its signals, its death, and
//! clients. Owns the expectations; children come from `support::child`.

mod alerts;
mod backup;
mod canary;
mod clients;
mod collectors;
mod commands;
mod configuration;
mod drain;
mod first_start;
mod foreign;
mod foreign_collector;
mod group_commands;
mod identity_providers;
mod kill;
mod log_level;
mod log_reader;
mod metrics;
mod neighbours;
mod outage;
mod pooler;
mod proxies;
mod readme;
mod request_lines;
mod rolling;
mod rule_kill;
mod signals;
mod status;
mod tls;
mod traces;
mod watches;
mod watching;
