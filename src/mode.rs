//! Which rooms one process holds.
//!
//! Owns the choice. Must never know how a room is built.

use std::fmt;

/// The rooms of one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Gateway, core and console, joined by an in-process channel.
    AllInOne,
    /// The core alone.
    Core,
    /// The gateway alone; it dials a core.
    Gateway,
    /// The console alone; it dials a core.
    Console,
}

impl fmt::Display for Mode {
    /// As its command is called.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AllInOne => "serve",
            Self::Core => "core",
            Self::Gateway => "gateway",
            Self::Console => "console",
        })
    }
}

impl Mode {
    /// The command that runs it.
    pub fn command(self) -> &'static str {
        match self {
            Self::AllInOne => "serve",
            Self::Core => "core",
            Self::Gateway => "gateway",
            Self::Console => "console",
        }
    }

    /// Whether gRPC is served and the database is opened.
    pub fn has_core(self) -> bool {
        matches!(self, Self::AllInOne | Self::Core)
    }

    /// Whether SCIM is served.
    pub fn has_gateway(self) -> bool {
        matches!(self, Self::AllInOne | Self::Gateway)
    }

    /// Whether pages for people are served.
    pub fn has_console(self) -> bool {
        matches!(self, Self::AllInOne | Self::Console)
    }
}
