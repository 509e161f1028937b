//! What every test needs: houses in all their shapes, sites in them, and ways to knock. Owns the
//! lives of servers and databases; must never know a rule.

pub mod admins;
mod answer;
pub mod browser;
mod callers;
mod canary;
pub mod child;
pub mod chromium;
pub mod foreign_provider;
mod house;
mod ledger;
mod matrix;
pub mod receiver;
mod site;
mod until;
pub mod wire;

pub use answer::Answer;
pub use callers::{Callers, Ledgers, reason};
pub use house::{House, Shape, run};
pub use ledger::{event_body, ledger};
pub(crate) use matrix::{in_every_house, in_one_house};
pub use provost_test_kit::{Database, Engine, list, sub_text};
pub use receiver::Receiver;
pub use site::Site;
pub use until::until;
