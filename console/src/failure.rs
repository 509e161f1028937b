//! Why a page can't be shown.
//!
//! How that looks is `failure_page.rs`'s.

use crate::client::CallFailure;

/// Marks an answer to somebody whose token or code opened nothing, for whoever counts these.
#[derive(Debug, Clone, Copy)]
pub struct FailedSignIn;

/// Why a page can't be shown.
#[derive(Debug)]
pub enum PageFailure {
    /// Nobody is signed in.
    Outside,
    /// Somebody signed in, but the browser did not keep the cookie.
    CookieLost,
    /// There is no such page.
    NoSuchPage,
    /// The core gave no answer.
    Call(CallFailure),
    /// The page could not be drawn.
    Broken,
}

impl From<CallFailure> for PageFailure {
    fn from(failure: CallFailure) -> Self {
        Self::Call(failure)
    }
}

/// A sentence of the core, as one begins on a page.
pub fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    let rest = letters.as_str();
    let end = if message.ends_with('.') { "" } else { "." };
    format!("{}{rest}{end}", first.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_the_core_is_a_sentence_on_a_page() {
        assert_eq!(sentence("the site is gone"), "The site is gone.");
        assert_eq!(sentence("É."), "É.");
        assert_eq!(sentence(""), ".");
    }
}
