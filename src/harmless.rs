//! Texts of others on a terminal: what would act on it, or turn the direction of what stands
//! around it, is printed as an escape such as `\\u{1b}`.
//!
//! Must never know what a text is about.

use std::borrow::Cow;

/// A text that stands in a line.
pub fn in_line(text: &str) -> Cow<'_, str> {
    escaped(text, &[], |character| character.escape_default().to_string())
}

/// A text of lines.
pub fn in_lines(text: &str) -> Cow<'_, str> {
    escaped(text, &['\n', '\t'], |character| character.escape_default().to_string())
}

/// A document of JSON, which says the same afterwards: only its strings have what is escaped.
pub fn in_json(document: &str) -> Cow<'_, str> {
    escaped(document, &['\n'], |character| format!("\\u{:04x}", u32::from(character)))
}

/// Escapes what acts, but for these characters.
fn escaped<'t>(text: &'t str, shown: &[char], escape: fn(char) -> String) -> Cow<'t, str> {
    let is_harmful = |character: char| acts(character) && !shown.contains(&character);
    if !text.contains(is_harmful) {
        return text.into();
    }
    let mut harmless = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_harmful(character) {
            harmless.push_str(&escape(character));
        } else {
            harmless.push(character);
        }
    }
    harmless.into()
}

/// Control characters, what ends a line or paragraph, and what turns the direction of text
/// (Unicode's `Bidi_Control`).
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped() {
        for (text, shown) in [
            ("Ada Łovelace 日本", "Ada Łovelace 日本"),
            ("\u{1b}]0;owned\u{7}", "\\u{1b}]0;owned\\u{7}"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("nimda\u{202e}", "nimda\\u{202e}"),
            ("\u{2066}x\u{2069}\u{2028}", "\\u{2066}x\\u{2069}\\u{2028}"),
        ] {
            assert_eq!(in_line(text), shown);
        }
        assert_eq!(in_lines("a\n\tb\r\u{1b}c"), "a\n\tb\\r\\u{1b}c");
    }

    #[test]
    fn json_says_the_same_afterwards() {
        let value = serde_json::json!({"a\u{9b}": "\u{1b}[2J\u{7f}\u{202e}\n\\ é"});
        let printed = serde_json::to_string_pretty(&value).unwrap();
        let harmless = in_json(&printed);
        assert!(!harmless.chars().any(|character| acts(character) && character != '\n'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&harmless).unwrap(), value);
    }
}
