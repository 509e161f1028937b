//! Which texts may be a name by which people know somebody or something.
//!
//! A name must show what it is: to an administrator, in a log, on a terminal. By Unicode's
//! properties, it may contain no character
//! - of the general category `Cc` (control characters), which act on what shows it, nor
//! - with the property `Bidi_Control` (embeddings, overrides, isolates and marks of direction),
//!   which make it look like another,
//!
//! and it must contain one that can be seen: that is neither `White_Space` nor
//! `Default_Ignorable_Code_Point` (fillers, joiners, variation selectors, tags and the like), nor
//! the blank of braille. Joiners between letters stay, as Persian and the languages of India need
//! them.

use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};

/// A pattern of braille without a dot: a symbol to Unicode, and nothing to the eye.
const BLANK_BRAILLE: char = '\u{2800}';

/// Whether a text may be a name, or what is wrong with it, as the end of a sentence.
pub(super) fn legible(text: &str) -> Result<(), &'static str> {
    // Of ASCII it takes no tables to tell.
    if text.bytes().any(|byte| byte.is_ascii_graphic())
        && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    {
        return Ok(());
    }
    if text.chars().any(char::is_control) {
        return Err("contains a control character; send it without");
    }
    let turns = CodePointSetData::new::<BidiControl>();
    if text.chars().any(|character| turns.contains(character)) {
        return Err("contains a character that turns the direction of text; send it without");
    }
    if !text.chars().any(is_seen) {
        return Err("has no character that can be seen; send one that people can read");
    }
    Ok(())
}

fn is_seen(character: char) -> bool {
    !character.is_whitespace()
        && character != BLANK_BRAILLE
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_legible() {
        for name in [
            "ada@example.com",
            "Ada Lovelace",
            "Łukasz",
            "日本",
            "مدير",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}🔬",
            "❤\u{fe0f}",
        ] {
            assert_eq!(legible(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_hides_or_pretends_is_not() {
        let controls = ["a\u{7}", "\u{1b}[31mada", "a\nb", "a\u{9b}b", "\u{7f}"];
        let turned =
            ["nimda\u{202e}", "\u{2066}ada\u{2069}", "ada\u{200f}", "\u{61c}a", "\u{202a}"];
        let unseen = [
            "",
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{200d}\u{2060}",
            "\u{feff}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{ad}",
            "\u{fe0f}",
            "\u{e0061}",
            "\u{2800}",
            "\u{180e}",
            "\u{34f}",
        ];
        for (names, sentence) in [
            (&controls[..], "control character"),
            (&turned[..], "direction"),
            (&unseen[..], "can be seen"),
        ] {
            for name in names {
                let problem = legible(name).unwrap_err();
                assert!(problem.contains(sentence), "{name:?}: {problem}");
            }
        }
    }
}
