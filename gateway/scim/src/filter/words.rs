//! The filter's text, cut into words and quoted texts.

use super::error::FilterError;
use crate::limits::MAX_FILTER_DEPTH;
use crate::shortened::shortened;

/// What is compared with, as written.
pub(super) enum Literal {
    /// In quotation marks, taken out of them.
    Quoted(String),
    /// Bare: `true`, `null`, a number, or a text whose quotation marks were forgotten, as in
    /// Microsoft's `externalId eq jyoung` (`ms_use`). Never with quotation marks of its own.
    Bare(String),
}

/// A text, a place in it and how deep that place is nested.
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// How a filter such as this one is written, for people.
    example: &'static str,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str, example: &'static str) -> Self {
        Self { text, at: 0, depth: 0, example }
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
        let word = &rest[..rest.find(ends_word).unwrap_or(rest.len())];
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
        if self.starts_with('\'') {
            return self.single_quoted().map(Literal::Quoted);
        }
        let start = self.at;
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("a value"));
        }
        if !is_plain(word) {
            return Err(FilterError::BadWord {
                position: self.position(start),
                word: shortened(word),
            });
        }
        Ok(Literal::Bare(word.to_owned()))
    }

    /// A text in single quotes, as SQL and other query languages have them (`gogithub`). Inside, a
    /// single quote is doubled or escaped.
    fn single_quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1).peekable();
        while let Some((offset, letter)) = letters.next() {
            let doubled = letters.peek().map(|(_, next)| *next);
            match (letter, doubled) {
                ('\'', Some('\'')) | ('\\', Some('\'' | '"' | '\\')) => {
                    text.extend(letters.next().map(|(_, next)| next));
                }
                ('\'', next) if next.is_none_or(ends_word) => {
                    self.at = start + offset + 1;
                    return Ok(text);
                }
                ('\'' | '\\', _) => break,
                _ => text.push(letter),
            }
        }
        Err(self.bad_text(start))
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
        let (position, example) = (self.position(self.at), self.example);
        FilterError::Unexpected { position, expected, found, example }
    }
}

const fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '(' | ')' | '[' | ']' | '"')
}

/// Whether a bare word can be meant as it stands: no quotation marks of another kind around it,
/// nothing escaped for JSON, HTML or a URL. Whoever means such a word puts it in quotation marks.
fn is_plain(word: &str) -> bool {
    let at_the_edge = |letter: char| letter.is_alphanumeric() || "_-+.@#/$~*={}".contains(letter);
    let is_escape = |bytes: &[u8]| {
        bytes[0] == b'%' && bytes[1].is_ascii_hexdigit() && bytes[2].is_ascii_hexdigit()
    };
    word.starts_with(at_the_edge)
        && word.ends_with(at_the_edge)
        && !word.as_bytes().windows(3).any(is_escape)
}
