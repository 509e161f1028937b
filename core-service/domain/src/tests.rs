//! The law, proven on values. Owns the cases and the properties; must never know a database or
//! a wire.

mod absent;
mod access;
mod acting;
mod authority;
mod batch;
mod chains;
mod comparisons;
mod court;
mod deleted;
mod deletions;
mod explanations;
mod filters;
mod generated;
mod group;
mod holds;
mod last_admin;
mod lists;
mod memberships;
mod model;
mod needs;
mod once;
mod operator;
mod profiles;
mod properties;
mod prospects;
mod roles;
mod services;
mod settings;
mod sizes;
mod snapshots;
mod standings;
mod status;
mod turns;
mod whole;
mod work;
