//! The grammar of RFC 7644 figure 1, by recursive descent, and Entra's part after the bracket.

use super::conditions::{Operand, Scope};
use super::error::FilterError;
use super::selection::{Selection, never, selection};
use super::words::Words;
use super::{Operator, ScimFilter};
use crate::limits::MAX_FILTER_LENGTH;
use crate::schema::{Attribute, ResourceType};

/// How a filter is written that finds a resource, of whichever type.
const OF_A_RESOURCE: &str = "displayName eq \"Jo\"";
/// How one is written that stands in the brackets behind a list.
const OF_AN_ELEMENT: &str = "value eq \"jo\"";

/// Reads a filter over resources of a type.
pub(super) fn filter<'s>(
    resource_type: &'s ResourceType,
    text: &str,
) -> Result<ScimFilter<'s>, FilterError> {
    let (filter, unkept) = whole(resource_type, text)?;
    unkept.into_iter().next().map_or(Ok(filter), Err)
}

/// Reads a filter over resources of several types.
pub(super) fn among<'s>(
    resource_types: &[&'s ResourceType],
    text: &str,
) -> Result<Vec<Selection<'s>>, FilterError> {
    let mut selections = Vec::with_capacity(resource_types.len());
    let mut known_to_none: Option<Vec<FilterError>> = None;
    for resource_type in resource_types {
        let (filter, unkept) = whole(resource_type, text)?;
        match &mut known_to_none {
            None => known_to_none = Some(unkept),
            Some(before) => before
                .retain(|unknown| unkept.iter().any(|other| other.is_of_the_same_name(unknown))),
        }
        selections.push(selection(resource_type, filter));
    }
    known_to_none.into_iter().flatten().next().map_or(Ok(selections), Err)
}

/// Reads a filter to its end, with what it names that is not kept: of that, nothing holds.
fn whole<'s>(
    resource_type: &'s ResourceType,
    text: &str,
) -> Result<(ScimFilter<'s>, Vec<FilterError>), FilterError> {
    let mut parser = Parser::new(text, OF_A_RESOURCE)?;
    let filter = parser.alternatives(Scope::Resource(resource_type))?;
    parser.words.skip_spaces();
    if !parser.words.rest().is_empty() {
        return Err(parser.words.unexpected("and, or, or the end"));
    }
    Ok((filter, parser.unkept))
}

/// Reads what follows the opening bracket of a PATCH path; answers the selector and what
/// follows the closing bracket. There is no selector where it names something that is not kept,
/// as everything is in the brackets of no list.
pub(crate) fn selector<'s, 't>(
    text: &'t str,
    list: Option<&'s Attribute>,
) -> Result<(Option<ScimFilter<'s>>, &'t str), FilterError> {
    let mut parser = Parser::new(text, OF_AN_ELEMENT)?;
    let filter = parser.alternatives(list.map_or(Scope::Unkept, Scope::Parts))?;
    parser.words.expect(']', "the closing bracket")?;
    let is_kept = parser.unkept.is_empty();
    Ok((is_kept.then_some(filter), parser.words.rest()))
}

struct Parser<'t> {
    words: Words<'t>,
    /// Names of things that are not kept. What follows them must be readable all the same.
    unkept: Vec<FilterError>,
}

/// Stands for a condition on a part that is not kept, until what it is a part of is given up.
const NO_CONDITION: ScimFilter<'static> = ScimFilter::All(Vec::new());

impl<'t> Parser<'t> {
    fn new(text: &'t str, example: &'static str) -> Result<Self, FilterError> {
        if text.len() > MAX_FILTER_LENGTH {
            return Err(FilterError::TooLong { length: text.len() });
        }
        Ok(Self { words: Words::new(text, example), unkept: Vec::new() })
    }

    /// Terms joined by `or`, which binds weakest.
    fn alternatives<'s>(&mut self, scope: Scope<'s>) -> Result<ScimFilter<'s>, FilterError> {
        let first = self.conjunction(scope)?;
        if !self.words.take_word("or") {
            return Ok(first);
        }
        let mut filters = vec![first, self.conjunction(scope)?];
        while self.words.take_word("or") {
            filters.push(self.conjunction(scope)?);
        }
        Ok(ScimFilter::Any(filters))
    }

    /// Factors joined by `and`.
    fn conjunction<'s>(&mut self, scope: Scope<'s>) -> Result<ScimFilter<'s>, FilterError> {
        let first = self.factor(scope)?;
        if !self.words.take_word("and") {
            return Ok(first);
        }
        let mut filters = vec![first, self.factor(scope)?];
        while self.words.take_word("and") {
            filters.push(self.factor(scope)?);
        }
        Ok(ScimFilter::All(filters))
    }

    fn factor<'s>(&mut self, scope: Scope<'s>) -> Result<ScimFilter<'s>, FilterError> {
        if self.words.take_word("not") {
            self.words.skip_spaces();
            if !self.words.starts_with('(') {
                return Err(self.words.unexpected("an opening parenthesis after not"));
            }
            return Ok(ScimFilter::Not(Box::new(self.group(scope)?)));
        }
        self.words.skip_spaces();
        if self.words.starts_with('(') {
            return self.group(scope);
        }
        self.condition(scope)
    }

    fn group<'s>(&mut self, scope: Scope<'s>) -> Result<ScimFilter<'s>, FilterError> {
        self.words.descend()?;
        self.words.expect('(', "an opening parenthesis")?;
        let filter = self.alternatives(scope)?;
        self.words.expect(')', "and, or, or a closing parenthesis")?;
        self.words.ascend();
        Ok(filter)
    }

    fn condition<'s>(&mut self, scope: Scope<'s>) -> Result<ScimFilter<'s>, FilterError> {
        let start = self.words.at();
        let name = self.words.word();
        if name.is_empty() {
            return Err(self.words.unexpected("an attribute"));
        }
        let position = self.words.position(start);
        let operand = match Operand::find(scope, name, position) {
            Err(unknown @ FilterError::UnknownAttribute { .. }) => {
                self.unkept.push(unknown);
                self.unkept_condition()?;
                return Ok(nothing(scope));
            }
            found => found?,
        };
        if self.words.starts_with('[') {
            let known = self.unkept.len();
            let filter = self.value_path(operand, position)?;
            return Ok(if self.unkept.len() > known { nothing(scope) } else { filter });
        }
        self.comparison(operand, position)
    }

    /// `emails[type eq "work"]`, and `emails[type eq "work"].value eq "x"`, which lies outside
    /// the grammar and is Entra's look-up by e-mail address (`ms_use`, `scimitar_q`).
    fn value_path<'s>(
        &mut self,
        operand: Operand<'s>,
        position: usize,
    ) -> Result<ScimFilter<'s>, FilterError> {
        let whole = operand.whole(position)?;
        self.words.descend()?;
        self.words.expect('[', "an opening bracket")?;
        let mut filter = self.alternatives(Scope::Parts(whole))?;
        self.words.expect(']', "and, or, or a closing bracket")?;
        self.words.ascend();
        if self.words.take('.') {
            let part = self.condition(Scope::Parts(whole))?;
            filter = ScimFilter::All(vec![filter, part]);
        }
        Ok(operand.holding(filter))
    }

    fn comparison<'s>(
        &mut self,
        operand: Operand<'s>,
        position: usize,
    ) -> Result<ScimFilter<'s>, FilterError> {
        match self.operator()? {
            None => Ok(operand.present()),
            Some(operator) => operand.compare(operator, self.words.literal()?, position),
        }
    }

    /// The rest of a condition on something that is not kept.
    fn unkept_condition(&mut self) -> Result<(), FilterError> {
        if self.words.starts_with('[') {
            self.words.descend()?;
            self.words.expect('[', "an opening bracket")?;
            self.alternatives(Scope::Unkept)?;
            self.words.expect(']', "and, or, or a closing bracket")?;
            self.words.ascend();
            if self.words.take('.') {
                self.condition(Scope::Unkept)?;
            }
        } else if self.operator()?.is_some() {
            self.words.literal()?;
        }
        Ok(())
    }

    /// None for `pr`, which takes no value.
    fn operator(&mut self) -> Result<Option<Operator>, FilterError> {
        self.words.skip_spaces();
        let start = self.words.at();
        let word = self.words.word();
        if word.is_empty() {
            return Err(self.words.unexpected("an operator such as eq"));
        }
        if word.eq_ignore_ascii_case("pr") {
            return Ok(None);
        }
        let unknown = || FilterError::UnknownOperator {
            position: self.words.position(start),
            operator: crate::shortened::shortened(word),
        };
        Operator::from_word(word).map(Some).ok_or_else(unknown)
    }
}

/// A condition that holds of nothing, as far as the scope has one.
fn nothing(scope: Scope<'_>) -> ScimFilter<'_> {
    match scope {
        Scope::Resource(resource_type) => never(resource_type),
        Scope::Parts(_) | Scope::Unkept => NO_CONDITION,
    }
}
