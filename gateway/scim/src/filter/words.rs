//! The filter's text, cut into words and quoted texts.

use super::error::FilterError;
use crate::error::shortened;
use crate::limits::MAX_FILTER_DEPTH;

/// What is compared with, as written.
pub(super) enum Literal {
    /// In quotation marks, taken out of them.
    Quoted(String),
    /// Bare: `true`, `null`, a number, or a text whose quotation marks were forgotten, as in
    /// Microsoft's `externalId eq jyoung` (`ms_use`).
    Bare(String),
}

/// A text, a place in it and how deep that place is nested.
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The position that people count: characters, from 1.
    pub(super) fn position(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    pub(super) fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn starts_with(&self, symbol: char) -> bool {
        self.rest().starts_with(symbol)
    }

    /// Takes one symbol if it is next.
    pub(super) fn take(&mut self, symbol: char) -> bool {
        let next = self.starts_with(symbol);
        if next {
            self.at += symbol.len_utf8();
        }
        next
    }

    pub(super) fn expect(&mut self, symbol: char, name: &'static str) -> Result<(), FilterError> {
        self.skip_spaces();
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(name)) }
    }

    /// Takes everything up to the next space, bracket or quotation mark; may be empty.
    pub(super) fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"');
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Takes the next word if it is this one, without regard to case.
    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let start = self.at;
        self.skip_spaces();
        if self.word().eq_ignore_ascii_case(wanted) {
            return true;
        }
        self.at = start;
        false
    }

    pub(super) fn literal(&mut self) -> Result<Literal, FilterError> {
        self.skip_spaces();
        if self.starts_with('"') {
            return self.quoted().map(Literal::Quoted);
        }
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("a value"));
        }
        Ok(Literal::Bare(word.to_owned()))
    }

    /// A JSON string (RFC 7644 section 3.4.2.2: `compValue`).
    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut escaped = false;
        for (offset, byte) in self.rest().bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at = start + offset + 1;
                    let json = &self.text[start..self.at];
                    return serde_json::from_str(json).map_err(|_| self.bad_text(start));
                }
                _ => {}
            }
        }
        Err(self.bad_text(start))
    }

    fn bad_text(&self, start: usize) -> FilterError {
        FilterError::BadText { position: self.position(start) }
    }

    /// One level deeper, if there is one.
    pub(super) fn descend(&mut self) -> Result<(), FilterError> {
        if self.depth == MAX_FILTER_DEPTH {
            return Err(FilterError::TooDeep { position: self.position(self.at) });
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> FilterError {
        let found = match self.rest() {
            "" => "the end".to_owned(),
            rest => format!("\"{}\"", shortened(rest)),
        };
        FilterError::Unexpected { position: self.position(self.at), expected, found }
    }
}
