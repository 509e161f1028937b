//! The ids of users, in the order of their numbers.

use crate::outcome::Outcome;
use std::fs;
use std::path::Path;

/// The ids of all users of a database.
#[derive(Default)]
pub struct Ids(Vec<[u8; 16]>);

impl Ids {
    /// Those that the maker of the users wrote down.
    pub fn read(file: &Path) -> Outcome<Self> {
        let ids = fs::read(file)?;
        Ok(Self(ids.chunks_exact(16).filter_map(|id| id.try_into().ok()).collect()))
    }

    #[cfg(test)]
    pub fn of(ids: impl IntoIterator<Item = [u8; 16]>) -> Self {
        Self(ids.into_iter().collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A user's id as it is stored.
    pub fn bytes(&self, number: usize) -> &[u8] {
        &self.0[number]
    }

    /// A user's id as the contract writes it.
    pub fn text(&self, number: usize) -> String {
        text(u128::from_be_bytes(self.0[number]))
    }
}

/// An id as the contract writes it.
pub fn text(id: u128) -> String {
    let mut text = format!("{id:032x}");
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}
