//! Who asks. Every decision names its caller.

use super::SiteId;
use std::fmt;

/// Whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// An identity provider, bound to one site.
    Connection {
        /// The only site that it may ask about.
        site: SiteId,
        /// Its name in that site.
        name: String,
    },
    /// The person who runs the installation.
    Operator,
    /// The core itself, for what it does by the clock.
    Core,
}

/// As the ledger and holds write callers: `operator`, `core`, `connection:okta`.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { name, .. } => write!(f, "connection:{name}"),
            Self::Operator => f.write_str("operator"),
            Self::Core => f.write_str("core"),
        }
    }
}

/// A caller of the ledger that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a caller")]
pub struct UnknownCaller;

impl Caller {
    /// Reads a caller back as [`fmt::Display`] wrote it into the ledger of a site.
    pub fn of_ledger(site: SiteId, text: &str) -> Result<Self, UnknownCaller> {
        match text.split_once(':') {
            None if text == "operator" => Ok(Self::Operator),
            None if text == "core" => Ok(Self::Core),
            Some(("connection", name)) => Ok(Self::Connection { site, name: name.to_owned() }),
            _ => Err(UnknownCaller),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_read_back_as_it_was_written() {
        let site = SiteId(7);
        let okta = Caller::Connection { site, name: "okta".to_owned() };
        for caller in [Caller::Operator, Caller::Core, okta] {
            assert_eq!(Caller::of_ledger(site, &caller.to_string()), Ok(caller));
        }
        for text in ["", "okta", "operator:", "service:billing"] {
            assert_eq!(Caller::of_ledger(site, text), Err(UnknownCaller), "{text}");
        }
    }
}
