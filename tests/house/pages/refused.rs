//! What is answered to a form that says what can't be: a page as well.

use super::seen;
use crate::support::chromium::{Chromium, Screen};

/// A form, and what is typed into it that can't be.
pub struct Refused {
    /// Of the pictures.
    pub name: &'static str,
    pub path: &'static str,
    pub field: &'static str,
    pub typed: &'static str,
    pub button: &'static str,
}

/// Before anybody is signed in.
pub const SIGN_IN: Refused = Refused {
    name: "sign-in-refused",
    path: "/sign-in",
    field: "#token",
    typed: "provost_op_nobodys",
    button: "main form button",
};

/// Where the site `acme` has a token `first` and a group `Tour Guides`.
pub const TAKEN: [Refused; 3] = [
    Refused {
        name: "site-refused",
        path: "/sites",
        field: "#name",
        typed: "acme",
        button: "main form button",
    },
    Refused {
        name: "token-refused",
        path: "/sites/acme/settings",
        field: "#token-name",
        typed: "first",
        button: "form.stack button",
    },
    Refused {
        name: "group-refused",
        path: "/sites/acme/groups/new",
        field: "#name",
        typed: "Tour Guides",
        button: "main form button",
    },
];

impl Refused {
    pub async fn look(
        &self,
        chromium: &Chromium,
        axe: Option<&str>,
        console: &str,
        screen: Screen,
    ) {
        let Self { name, path, field, typed, button } = self;
        chromium.go(&format!("{console}{path}")).await;
        chromium.type_into(field, typed).await;
        chromium.click(button).await;
        chromium.shows(".problem", "").await;
        seen(chromium, axe, name, screen).await;
    }
}
