//! What every test needs: houses in all their shapes, sites in them, and ways to knock. Owns the
//! lives of servers and databases; must never know a rule.

mod answer;
mod callers;
pub mod child;
mod databases;
mod house;
mod matrix;
mod receiver;
mod site;
mod until;
pub mod wire;

pub use answer::Answer;
pub use callers::{Callers, reason};
pub use databases::Engine;
pub use house::{House, Shape, run};
pub(crate) use matrix::{in_every_house, in_one_house};
pub use receiver::Receiver;
pub use site::{Site, list, profile, sub_text, text};
pub use until::until;
