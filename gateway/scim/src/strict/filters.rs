//! Filters (RFC 7644 section 3.4.2.2), as far as their reader takes more than the grammar has.

use super::deviation::Deviation;
use super::names::named;
use crate::scalar::expected;
use crate::schema::{Attribute, ResourceType, Type};
use crate::shortened::shortened;

/// A piece of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilterPiece<'t> {
    /// In double quotation marks.
    Quoted,
    Word(&'t str),
    Symbol(char),
}

/// Where names of a filter are looked for.
#[derive(Clone, Copy)]
enum NamePlace<'s> {
    /// In resources of one of these types.
    Resources(&'s [&'s ResourceType]),
    /// In the brackets of a list.
    Parts(&'s Attribute),
}

/// What a filter says next.
enum FilterPart<'s> {
    Name,
    /// Of the attributes of one name, in each type of resource that has it.
    Operator(Vec<&'s Attribute>),
    Value(Vec<&'s Attribute>),
    /// `and`, `or`, or the end of what is in brackets.
    Joint,
    /// The same right behind a closing bracket.
    BehindBracket,
}

/// Looks through a filter over resources of these types. Whether it can be read at all, its reader tells.
pub fn filter(resource_types: &[&ResourceType], text: &str) -> Result<(), Deviation> {
    look_through(NamePlace::Resources(resource_types), text)
}

/// The same of what is in the brackets of a path.
pub(super) fn selector(list: &Attribute, text: &str) -> Result<(), Deviation> {
    look_through(NamePlace::Parts(list), text)
}

fn look_through(outside: NamePlace<'_>, text: &str) -> Result<(), Deviation> {
    let (mut place, mut next) = (outside, FilterPart::Name);
    for piece in FilterPieces(text) {
        next = match (next, piece) {
            (FilterPart::Name, FilterPiece::Word(word)) if word.eq_ignore_ascii_case("not") => {
                FilterPart::Name
            }
            (FilterPart::Name, FilterPiece::Word(name)) => FilterPart::Operator(place.named(name)?),
            (FilterPart::Operator(named), FilterPiece::Symbol('[')) => {
                place = named.first().copied().map_or(place, NamePlace::Parts);
                FilterPart::Name
            }
            (FilterPart::Operator(_), FilterPiece::Word(word))
                if word.eq_ignore_ascii_case("pr") =>
            {
                FilterPart::Joint
            }
            (FilterPart::Operator(named), FilterPiece::Word(_)) => FilterPart::Value(named),
            (FilterPart::Value(named), value) => {
                check_literal(&named, value)?;
                FilterPart::Joint
            }
            (FilterPart::Joint, FilterPiece::Symbol(']')) => {
                place = outside;
                FilterPart::BehindBracket
            }
            (FilterPart::BehindBracket, FilterPiece::Word(word)) if word.starts_with('.') => {
                return Err(Deviation::BehindBracket);
            }
            (FilterPart::Joint | FilterPart::BehindBracket, FilterPiece::Word(_)) => {
                FilterPart::Name
            }
            // Parentheses, and what its reader does not take.
            (next, FilterPiece::Symbol(_) | FilterPiece::Quoted) => next,
        };
    }
    Ok(())
}

impl<'s> NamePlace<'s> {
    /// The attributes of this name.
    fn named(self, name: &str) -> Result<Vec<&'s Attribute>, Deviation> {
        let found: Vec<_> = match self {
            Self::Resources(types) => {
                types.iter().filter_map(|resource_type| named(resource_type, name)).collect()
            }
            Self::Parts(list) => {
                let is_called = |part: &&Attribute| part.name().eq_ignore_ascii_case(name);
                list.parts().iter().filter(is_called).collect()
            }
        };
        if found.is_empty() {
            return Err(Deviation::FilterName { name: shortened(name) });
        }
        Ok(found)
    }
}

/// JSON has texts in quotation marks, numbers, and three words, which it writes in small letters.
fn check_literal(named: &[&Attribute], value: FilterPiece<'_>) -> Result<(), Deviation> {
    match value {
        FilterPiece::Quoted => match named.first() {
            Some(first) if named.iter().all(|attribute| is_bare(attribute)) => {
                let expected = expected(&compared(first).value_type);
                Err(Deviation::QuotedValue { attribute: first.path().to_owned(), expected })
            }
            _ => Ok(()),
        },
        FilterPiece::Word(word)
            if !matches!(word, "true" | "false" | "null")
                && serde_json::from_str::<serde_json::Number>(word).is_err() =>
        {
            Err(Deviation::Literal { value: shortened(word) })
        }
        FilterPiece::Word("null") | FilterPiece::Symbol(_) => Ok(()),
        FilterPiece::Word(_) => match named.first() {
            Some(first) if named.iter().all(|attribute| is_text(attribute)) => {
                Err(Deviation::UnquotedText { attribute: first.path().to_owned() })
            }
            _ => Ok(()),
        },
    }
}

/// What a value is compared with: of a whole that has a value, that (RFC 7644 section 3.4.2.2).
fn compared(attribute: &Attribute) -> &Attribute {
    attribute.value_part().unwrap_or(attribute)
}

/// Whether values of the attribute are texts in JSON (RFC 7643 section 2.3).
fn is_text(attribute: &Attribute) -> bool {
    let value_type = &compared(attribute).value_type;
    matches!(value_type, Type::String | Type::Reference | Type::DateTime | Type::Binary)
}

/// Whether they stand without quotation marks in JSON.
fn is_bare(attribute: &Attribute) -> bool {
    let value_type = &compared(attribute).value_type;
    matches!(value_type, Type::Boolean | Type::Integer | Type::Decimal)
}

/// The pieces of a filter in their order.
struct FilterPieces<'t>(&'t str);

impl<'t> Iterator for FilterPieces<'t> {
    type Item = FilterPiece<'t>;

    fn next(&mut self) -> Option<FilterPiece<'t>> {
        let rest = self.0.trim_start();
        let first = rest.chars().next()?;
        if first == '"' {
            let mut escaped = false;
            let end = rest.bytes().skip(1).position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            });
            // One that has no end is nobody's text.
            self.0 = end.map_or("", |end| &rest[end + 2..]);
            return Some(FilterPiece::Quoted);
        }
        if matches!(first, '(' | ')' | '[' | ']') {
            self.0 = &rest[1..];
            return Some(FilterPiece::Symbol(first));
        }
        let ends = |letter: char| letter.is_whitespace() || "()[]\"".contains(letter);
        let (word, behind) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        self.0 = behind;
        Some(FilterPiece::Word(word))
    }
}
