//! Statements that save rows, of which there may be any number.
//!
//! PostgreSQL takes them as one document. SQLite takes their fields, by a text for each power of two, which is
//! prepared when it is needed first; so of the rows that a text takes, fewer than half are missing. Must
//! never know which rows.

use super::StoreError;
use super::parameter::document;
use super::row_fields::RowFields;
use super::statements::Script;
use sea_orm::Value;
use serde::Serialize;

/// The most rows that a statement takes by their fields. More come in pieces: what is prepared keeps 120 KB
/// for as many.
pub(super) const MOST_ROWS: usize = 64;

/// A statement that saves rows.
pub(super) enum SaveRows {
    /// Takes all of them as one document.
    Document(String),
    /// Takes so many fields of each.
    Fields { by_size: BySize<String>, width: usize },
}

impl SaveRows {
    /// A text with as many of the rows as fit in, its parameters, and the rows that are left.
    pub(super) fn piece<'r, R: Serialize>(
        &'static self,
        rows: &'r [R],
    ) -> Result<(&'static str, Vec<Value>, &'r [R]), StoreError> {
        match self {
            Self::Document(sql) => Ok((sql, vec![document(rows)?.into()], &[])),
            Self::Fields { by_size, width } => {
                let (piece, rest) = rows.split_at(rows.len().min(MOST_ROWS));
                let (sql, places) = by_size.of(piece.len());
                let mut fields = RowFields::with_capacity(places * width);
                fields.add(piece, places, *width)?;
                Ok((sql, fields.end(), rest))
            }
        }
    }
}

#[cfg(test)]
impl SaveRows {
    /// Its texts, each with the number of its parameters.
    pub(super) fn texts(&self) -> Vec<(&str, usize)> {
        match self {
            Self::Document(sql) => vec![(sql, 1)],
            Self::Fields { by_size: BySize(texts), width } => texts
                .iter()
                .enumerate()
                .map(|(power, sql)| (&**sql, (width << power) + 1))
                .collect(),
        }
    }
}

#[cfg(test)]
impl SaveAndCommit {
    /// The first text of each script, with the number of its parameters.
    pub(super) fn texts(&self) -> Vec<(&str, usize)> {
        let scripts = match self {
            Self::Documents(script) => vec![script],
            Self::Fields { beginning, by_size: BySize(scripts), .. } => {
                scripts.iter().chain([beginning]).collect()
            }
        };
        scripts.iter().map(|Script { texts, .. }| (&*texts[0].0, texts[0].1)).collect()
    }
}

/// Scripts that save what every group leaves, and commit: users of whom nothing but the standing changed,
/// lines of ledgers, and how far those have come.
pub(super) enum SaveAndCommit {
    /// Takes a document of each.
    Documents(Script),
    /// Takes so many fields of each standing and of each line, and a document of the rest.
    Fields {
        /// Saves [`MOST_ROWS`] of standings and of lines, and nothing else.
        beginning: Script,
        by_size: BySize<Script>,
        widths: [usize; 2],
    },
}

/// What every group leaves.
pub(super) struct LastRows<'r, S, L, H> {
    pub standings: &'r [S],
    pub lines: &'r [L],
    pub heads: &'r [H],
}

impl<S: Serialize, L: Serialize, H: Serialize> LastRows<'_, S, L, H> {
    /// Takes as many of them as must be saved before the last script, if there are so many.
    pub(super) fn take_beginning(
        &mut self,
        script: &'static SaveAndCommit,
    ) -> Result<Option<(&'static Script, Vec<Value>)>, StoreError> {
        let SaveAndCommit::Fields { beginning, widths, .. } = script else { return Ok(None) };
        if self.standings.len().max(self.lines.len()) <= MOST_ROWS {
            return Ok(None);
        }
        let (standings, more) = self.standings.split_at(self.standings.len().min(MOST_ROWS));
        let (lines, more_lines) = self.lines.split_at(self.lines.len().min(MOST_ROWS));
        (self.standings, self.lines) = (more, more_lines);
        Ok(Some((beginning, both(standings, lines, MOST_ROWS, widths)?)))
    }

    /// The last script, with those that are left.
    pub(super) fn end(
        &self,
        script: &'static SaveAndCommit,
    ) -> Result<(&'static Script, Vec<Value>), StoreError> {
        let Self { standings, lines, heads } = self;
        Ok(match script {
            SaveAndCommit::Documents(script) => {
                let documents = [document(standings)?, document(lines)?, document(heads)?];
                (script, documents.map(Value::from).into())
            }
            SaveAndCommit::Fields { by_size, widths, .. } => {
                let (script, places) = by_size.of(standings.len().max(lines.len()));
                let mut parameters = both(standings, lines, places, widths)?;
                parameters.push(document(heads)?.into());
                (script, parameters)
            }
        })
    }
}

fn both<S: Serialize, L: Serialize>(
    standings: &[S],
    lines: &[L],
    places: usize,
    [of_standing, of_line]: &[usize; 2],
) -> Result<Vec<Value>, StoreError> {
    let mut fields = RowFields::with_capacity(places * (of_standing + of_line));
    fields.add(standings, places, *of_standing)?;
    fields.add(lines, places, *of_line)?;
    Ok(fields.end())
}

/// One for each number of rows that is a power of two, up to [`MOST_ROWS`].
pub(super) struct BySize<T>(Vec<T>);

impl<T> BySize<T> {
    pub(super) fn new(write: impl Fn(usize) -> T) -> Self {
        Self((0..=MOST_ROWS.ilog2()).map(|power| write(1 << power)).collect())
    }

    /// The one that so many rows fit in, and how many it takes.
    fn of(&self, rows: usize) -> (&T, usize) {
        let places = rows.clamp(1, MOST_ROWS).next_power_of_two();
        (&self.0[places.ilog2() as usize], places)
    }
}
