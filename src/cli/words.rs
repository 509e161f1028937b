//! The words of the contract's enums as arguments.
//!
//! Must never know which enums there are.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use strum::IntoEnumIterator;

/// A parser that takes every word of an enum but that for "unspecified".
pub fn words<E>() -> impl TypedValueParser<Value = E>
where
    E: IntoEnumIterator + Into<&'static str> + Copy + Default + PartialEq + Send + Sync + 'static,
{
    let specified = || E::iter().filter(|value| *value != E::default());
    let possible = specified().map(|value| PossibleValue::new(value.into()));
    PossibleValuesParser::new(possible).map(move |typed| {
        let named = |value: &E| typed.eq_ignore_ascii_case((*value).into());
        specified().find(named).unwrap_or_default()
    })
}
