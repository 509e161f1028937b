//! What a client wrote, short enough to be told back. Must never know in which sentence.

use super::limits::MAX_QUOTED;

/// What stands in the place of what a client wrote, and behind what was left out.
pub(super) const ELLIPSIS: &str = "…";

/// The beginning of what a client wrote, or all of it.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}{ELLIPSIS}", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_wrote_is_shortened_between_characters() {
        assert_eq!(shortened("é"), "é");
        assert_eq!(shortened(&"é".repeat(200)).chars().count(), 121);
    }
}
