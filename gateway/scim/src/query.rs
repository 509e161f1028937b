//! What a list or a search asks for: the query of a GET, in the encodings that identity providers use,
//! and the body of a search.
//!
//! Owns decoding and the parameters (RFC 7644 sections 3.4.2, 3.4.3 and 3.9, RFC 9865). Must never know
//! what a filter finds.

mod body;

use std::fmt;

use percent_encoding::percent_decode_str;

use super::error::{ScimError, ScimType};
use super::filter::{FilterError, ScimFilter, Selection};
use super::projection::ProjectionText;
use super::schema::ResourceType;
use super::sort::SortText;
use super::strict;

/// What a query asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// `filter`, unread.
    pub filter: Option<FilterText>,
    /// `sortBy` with `sortOrder`, unread.
    pub sort: Option<SortText>,
    /// `startIndex`, counted from 1.
    pub start_index: u64,
    /// `count`, where it was given.
    pub count: Option<u64>,
    /// `cursor`, where pages are asked for by cursors; empty for the first one.
    pub cursor: Option<String>,
    /// `attributes` or `excludedAttributes`, unread.
    pub projection: ProjectionText,
}

/// A filter as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct FilterText {
    text: String,
    /// Decoded once more, where that changes it: Microsoft's validator encodes twice (`fleet`).
    again: Option<String>,
}

/// A filter as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterReading<'s> {
    /// What the client means, as far as the text says.
    pub filter: ScimFilter<'s>,
    /// What it means if it encoded twice. To be tried when `filter` finds nothing.
    pub alternative: Option<ScimFilter<'s>>,
}

/// People are looked for by their names.
impl fmt::Debug for FilterText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FilterText(…)")
    }
}

impl FilterText {
    /// Reads the filter, decoded once more only if it can't be read otherwise.
    pub fn read<'s>(
        &self,
        resource_type: &'s ResourceType,
    ) -> Result<FilterReading<'s>, FilterError> {
        let parse = |text: &str| ScimFilter::parse(resource_type, text);
        let again = self.again.as_deref().and_then(|text| parse(text).ok());
        match (parse(&self.text), again) {
            (Ok(filter), alternative) => Ok(FilterReading { filter, alternative }),
            (Err(_), Some(filter)) => Ok(FilterReading { filter, alternative: None }),
            (Err(error), None) => Err(error),
        }
    }
}

impl FilterText {
    /// Reads the filter as it was sent, if it is of the published grammar.
    pub fn read_strictly<'s>(
        &self,
        resource_type: &'s ResourceType,
    ) -> Result<FilterReading<'s>, ScimError> {
        self.check_strictly(&[resource_type])?;
        let filter = ScimFilter::parse(resource_type, &self.text)?;
        Ok(FilterReading { filter, alternative: None })
    }

    /// Whether it is of the published grammar, over resources of one of these types.
    pub fn check_strictly(&self, resource_types: &[&ResourceType]) -> Result<(), ScimError> {
        Ok(strict::filter(resource_types, &self.text)?)
    }

    /// Reads the filter over resources of several types: what it finds of each.
    pub fn read_among<'s>(
        &self,
        resource_types: &[&'s ResourceType],
    ) -> Result<Vec<Selection<'s>>, FilterError> {
        let parse = |text: &str| ScimFilter::parse_among(resource_types, text);
        parse(&self.text)
            .or_else(|error| self.again.as_deref().and_then(|text| parse(text).ok()).ok_or(error))
    }
}

impl Query {
    /// Reads what follows the `?`. Parameters that mean nothing here are passed over, such as
    /// Entra's bare `aadOptscim062020` (`ms_compat`).
    pub fn read(raw: &str) -> Result<Self, ScimError> {
        let mut asked = Parameters::default();
        // Form style, unless the client shows that it isn't: Rauthy leaves `+` raw and writes
        // spaces as `%20` (`rauthy`); Entra and OneLogin write them as `+` (`ref63`, `ol_log`).
        let plus_is_space = !raw.contains("%20");
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name, plus_is_space)?;
            let value = || decoded(value, plus_is_space);
            match name.to_ascii_lowercase().as_str() {
                "filter" => asked.filter = filter_text(value()?),
                "sortby" => asked.sort_by = value()?,
                "sortorder" => asked.sort_order = value()?,
                "startindex" => asked.start_index = value()?,
                "count" => asked.count = value()?,
                "cursor" => asked.cursor = Some(value()?),
                "attributes" => asked.attributes = Some(added(asked.attributes, value()?)),
                "excludedattributes" => asked.excluded = Some(added(asked.excluded, value()?)),
                _ => {}
            }
        }
        asked.read()
    }
}

/// Parameters as they were sent, decoded.
#[derive(Default)]
struct Parameters {
    filter: Option<FilterText>,
    sort_by: String,
    sort_order: String,
    start_index: String,
    count: String,
    cursor: Option<String>,
    attributes: Option<String>,
    excluded: Option<String>,
}

impl Parameters {
    fn read(self) -> Result<Query, ScimError> {
        let start_index = number("startIndex", &self.start_index)?;
        if self.cursor.is_some() && start_index.is_some() {
            return Err(ScimError::bad_request(
                ScimType::InvalidValue,
                "The query has both cursor and startIndex. Send one of them.",
            ));
        }
        let count = number("count", &self.count).map_err(|error| self.of_count(error))?;
        Ok(Query {
            filter: self.filter,
            sort: SortText::of(self.sort_by, &self.sort_order)?,
            start_index: start_index.unwrap_or(1).max(1),
            count,
            cursor: self.cursor,
            projection: ProjectionText::of(self.attributes, self.excluded)?,
        })
    }

    /// An error about the count has a word of its own beside a cursor (RFC 9865 section 2.1).
    fn of_count(&self, error: ScimError) -> ScimError {
        match self.cursor {
            Some(_) => error.with_type(ScimType::InvalidCount),
            None => error,
        }
    }
}

/// Names of attributes add up, however often the parameter comes.
fn added(known: Option<String>, more: String) -> String {
    match known {
        Some(known) => known + "," + &more,
        None => more,
    }
}

fn filter_text(text: String) -> Option<FilterText> {
    if text.trim().is_empty() {
        return None;
    }
    let again = decoded(&text, !text.contains("%20")).ok();
    let again = again.filter(|again| is_encoded(&text) && *again != text);
    Some(FilterText { text, again })
}

/// Whether a text holds something like `%40`.
fn is_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(3).any(|w| w[0] == b'%' && w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit())
}

fn decoded(text: &str, plus_is_space: bool) -> Result<String, ScimError> {
    let spaced = if plus_is_space { text.replace('+', " ") } else { text.to_owned() };
    let bytes = percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| {
        ScimError::bad_request(
            ScimType::InvalidValue,
            "The query is not valid UTF-8. Percent-encode the UTF-8 bytes of its values.",
        )
    })
}

/// Numbers below zero count as zero (RFC 7644 section 3.4.2.4); an empty parameter is none.
fn number(name: &str, text: &str) -> Result<Option<u64>, ScimError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<i64>() {
        Ok(number) => Ok(Some(u64::try_from(number).unwrap_or(0))),
        Err(_) => Err(ScimError::bad_request(
            ScimType::InvalidValue,
            format!("{name} is not a whole number. Send one, such as 100."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::user;

    fn filter(raw: &str) -> FilterReading<'static> {
        Query::read(raw).unwrap().filter.unwrap().read(user()).unwrap()
    }

    /// Encodings that were seen (`ref63`, `fleet`, `ssoready_scim`, `ol_log`, `rauthy`).
    #[test]
    fn filters_are_decoded_in_every_style() {
        for raw in [
            "filter=userName%20eq%20%22jo%40example.com%22&startIndex=1&count=100",
            "filter=userName+eq+%22jo%40example.com%22&",
            "filter=userName+eq+\"jo@example.com\"",
            "aadOptscim062020&FILTER=userName+eq+%22jo@example.com%22",
            "filter=userName%2520eq%2520%2522jo%2540example.com%2522",
            "filter=userName%2Beq%2B%2522jo%2540example.com%2522",
        ] {
            let reading = filter(raw);
            assert_eq!(reading.filter.to_string(), "userName eq \"jo@example.com\"", "{raw}");
            assert_eq!(reading.alternative, None, "{raw}");
        }
    }

    #[test]
    fn a_plus_stays_one_where_spaces_are_percent_encoded() {
        let text = "userName eq \"jo+x@example.com\"";
        assert_eq!(
            filter("filter=userName%20eq%20%22jo+x@example.com%22").filter.to_string(),
            text
        );
        let reading = filter("filter=userName+eq+%22jo%2Bx@example.com%22");
        assert_eq!((reading.filter.to_string(), reading.alternative), (text.to_owned(), None));
    }

    #[test]
    fn a_value_that_still_looks_encoded_has_an_alternative() {
        let reading = filter("filter=userName+eq+%22jo%2540example.com%22");
        assert_eq!(reading.filter.to_string(), "userName eq \"jo%40example.com\"");
        assert_eq!(reading.alternative.unwrap().to_string(), "userName eq \"jo@example.com\"");
        assert_eq!(filter("filter=userName+eq+%22100%25%22").alternative, None);
    }

    #[test]
    fn a_filter_that_cannot_be_read_says_so_as_it_was_sent() {
        let query = Query::read("filter=shoe%20eq%20%22x%22").unwrap();
        assert!(query.filter.unwrap().read(user()).is_err());
    }

    #[test]
    fn paging_is_tolerant_and_words_are_refused() {
        let paging = |raw: &str| Query::read(raw).map(|query| (query.start_index, query.count));
        assert_eq!(paging("").unwrap(), (1, None));
        assert_eq!(paging("&&=&").unwrap(), (1, None));
        assert_eq!(paging("startIndex=0&count=-5").unwrap(), (1, Some(0)));
        assert_eq!(paging("startIndex=-3&count=").unwrap(), (1, None));
        assert_eq!(paging("STARTINDEX=101&Count=2&unknown=%FF").unwrap(), (101, Some(2)));
        for raw in ["count=ten", "startIndex=1.5", "filter=%FF"] {
            let error = paging(raw).unwrap_err();
            assert_eq!(
                (error.status, error.scim_type),
                (400, Some(ScimType::InvalidValue)),
                "{raw}"
            );
        }
    }

    #[test]
    fn pages_are_asked_for_by_number_or_by_cursor() {
        let query = |raw: &str| Query::read(raw).unwrap();
        assert_eq!(query("startIndex=2").cursor, None);
        assert_eq!(query("cursor").cursor.as_deref(), Some(""));
        assert_eq!(query("cursor=&startIndex=&count=2").cursor.as_deref(), Some(""));
        assert_eq!(query("CURSOR=a-_b&count=0").cursor.as_deref(), Some("a-_b"));
        for (raw, keyword) in [
            ("cursor=&startIndex=1", ScimType::InvalidValue),
            ("cursor=x&count=ten", ScimType::InvalidCount),
        ] {
            assert_eq!(Query::read(raw).unwrap_err().scim_type, Some(keyword), "{raw}");
        }
    }

    #[test]
    fn names_of_attributes_add_up() {
        let projection = |raw: &str| Query::read(raw).unwrap().projection;
        assert_eq!(
            projection("attributes=userName&Attributes=title,locale&count=1&attributes="),
            ProjectionText::Only("userName,title,locale,".to_owned())
        );
        assert_eq!(
            projection("excludedAttributes=title&attributes=&excludedAttributes=emails"),
            ProjectionText::Without("title,emails".to_owned())
        );
        assert!(Query::read("attributes=title&excludedAttributes=emails").is_err());
    }

    #[test]
    fn only_two_hexadecimal_digits_look_encoded() {
        for (text, encoded) in [
            ("%40", true),
            ("a%4Fb", true),
            ("%4", false),
            ("%4g", false),
            ("%g4", false),
            ("444", false),
        ] {
            assert_eq!(is_encoded(text), encoded, "{text}");
        }
    }

    #[test]
    fn an_empty_filter_is_none() {
        assert_eq!(Query::read("filter=").unwrap().filter, None);
    }
}
