//! The form in which texts compare that compare without case: Unicode lower case of NFC.
//!
//! User names, the texts of profiles and what is asked for all take this form, wherever they
//! compare: in filters, in selectors, in the keys of the store. No case is folded beyond lower
//! case: `ß` and `ss` stay different, and so do the two forms of a small sigma.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The form of a text in which it compares.
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return fold_beyond_ascii(text).into();
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text.to_ascii_lowercase().into();
    }
    text.into()
}

fn fold_beyond_ascii(text: &str) -> String {
    // Lower case may leave NFC: U+0130 becomes two characters.
    nfc(nfc(text.into()).to_lowercase().into()).into_owned()
}

/// Nearly every text is in this form already, which is much sooner seen than done.
fn nfc(text: Cow<'_, str>) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect::<String>().into(),
    }
}

/// The form of a text, where lower case of its ASCII letters alone would be another.
pub(super) fn folded_beyond_ascii(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let folded = fold_beyond_ascii(text);
    let suffices = text.len() == folded.len() && text.eq_ignore_ascii_case(&folded);
    (!suffices).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_composition_do_not_count() {
        for (left, right) in [
            ("Ada", "aDA"),
            ("ÅNGSTRÖM", "A\u{30a}ngstro\u{308}m"),
            ("\u{130}x", "i\u{307}x"),
            ("ŁÓDŹ", "łódź"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} ~ {right}");
        }
        assert_ne!(fold("é"), fold("e"));
        assert!(matches!(fold("ada@example.com"), Cow::Borrowed(_)), "nothing to do");
    }

    #[test]
    fn most_texts_need_no_more_than_ascii() {
        for text in ["Ada", "", "Zoë", "日本", "José Müller"] {
            assert_eq!(folded_beyond_ascii(text), None, "{text}");
        }
        for (text, folded) in [("Émile", "émile"), ("e\u{301}", "é"), ("ẞ", "ß")] {
            assert_eq!(folded_beyond_ascii(text).as_deref(), Some(folded), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_stays(text in any::<String>()) {
            let folded = fold(&text).into_owned();
            prop_assert_eq!(fold(&folded), &*folded);
            prop_assert_eq!(folded.to_ascii_lowercase(), &*folded);
            let suffices = folded_beyond_ascii(&text).is_none();
            prop_assert_eq!(suffices, text.to_ascii_lowercase() == folded);
        }
    }
}
