//! Expressions over users that the two databases write differently, each in both ways.
//!
//! Must never know what is asked, or why. Texts compare byte by byte, as everything does on SQLite.

use super::dialect::Dialect;
use super::users::{Column, Entity};
use sea_orm::sea_query::{Expr, Func, FunctionCall};

/// What the elements of a list are called in a subquery.
pub(super) const ELEMENT: &str = "e";

impl Dialect {
    /// An expression in both ways of writing it, SQLite's first; arguments stand in their order.
    fn either(self, texts: [&'static str; 2], arguments: impl IntoIterator<Item = Expr>) -> Expr {
        let [sqlite, postgres] = texts;
        match self {
            Self::Sqlite => Expr::cust_with_exprs(sqlite, arguments),
            Self::Postgres => Expr::cust_with_exprs(postgres, arguments),
        }
    }

    /// Whether a subquery may be asked once for each row of what stands before it.
    pub(super) const fn has_lateral(self) -> bool {
        match self {
            Self::Sqlite => false,
            Self::Postgres => true,
        }
    }

    /// A text that compares byte by byte.
    pub(super) fn by_bytes(self, text: Expr) -> Expr {
        self.either(["?", "($1 COLLATE \"C\")"], [text])
    }

    /// The same value, for which SQLite takes no index: it would rather walk a whole site in the order of one than sort
    /// the few that a condition leaves. PostgreSQL knows how few they are.
    pub(super) fn without_index(self, value: Expr) -> Expr {
        self.either(["+?", "$1"], [value])
    }

    /// A text of [`Self::profile`] in the form in which it compares. Its ASCII letters become
    /// small here: these are all that SQLite's `lower` folds, and PostgreSQL's in the collation
    /// `C`, which also compares byte by byte.
    pub(super) fn folded(self, text: Expr) -> Expr {
        self.either(["lower(?)", "lower($1 COLLATE \"C\")"], [text])
    }

    /// The id of a user in its canonical form.
    pub(super) fn id_text(self, id: Expr) -> Expr {
        match self {
            Self::Postgres => Expr::cust_with_exprs("($1::text COLLATE \"C\")", [id]),
            Self::Sqlite => Expr::cust_with_exprs(
                "lower(substr(hex(?), 1, 8) || '-' || substr(hex(?), 9, 4) || '-' \
                 || substr(hex(?), 13, 4) || '-' || substr(hex(?), 17, 4) || '-' \
                 || substr(hex(?), 21))",
                std::iter::repeat_n(id, 5),
            ),
        }
    }

    /// What is shown of a user: the display name of the profile, or the user name where there is none.
    pub(super) fn shown_name(self) -> Expr {
        self.either(
            ["coalesce(? ->> 'display_name', ?)", "coalesce($1::json ->> 'display_name', $2)"],
            [Column::Profile, Column::UserName].map(column),
        )
    }

    /// The same in the form in which it compares.
    pub(super) fn folded_shown_name(self) -> Expr {
        let display_name = self.folded(self.member_value(self.profile(), "display_name"));
        let user_name = self.by_bytes(column(Column::UserNameKey));
        Func::coalesce([display_name, user_name]).into()
    }

    /// The profile as the JSON operators take it, its texts in the form in which they compare, as
    /// far as [`Self::folded`] can't make it.
    pub(super) fn profile(self) -> Expr {
        let columns = [Column::ProfileFolded, Column::Profile].map(column);
        self.either(["coalesce(?, ?)", "coalesce($1, $2)::json"], columns)
    }

    /// A member of a JSON object as JSON.
    pub(super) fn member(self, object: Expr, name: &str) -> Expr {
        self.either(["(? -> ?)", "($1 -> $2)"], [object, Expr::val(name)])
    }

    /// A member of a JSON object: its value on SQLite, its text on PostgreSQL.
    pub(super) fn member_value(self, object: Expr, name: &str) -> Expr {
        self.either(["(? ->> ?)", "($1 ->> $2)"], [object, Expr::val(name)])
    }

    /// The elements of a JSON array as rows, each with a column `value`.
    pub(super) fn elements(self, array: Expr) -> FunctionCall {
        let function = match self {
            Self::Sqlite => "json_each",
            Self::Postgres => "json_array_elements",
        };
        Func::cust(function).arg(array)
    }

    /// The first element of a JSON array, as [`Self::elements`] has it.
    pub(super) fn first_element(self, array: Expr) -> Expr {
        self.either(
            [
                "(SELECT e.value FROM json_each(?) AS e ORDER BY e.key LIMIT 1)",
                "(SELECT e.value FROM json_array_elements($1) WITH ORDINALITY AS e(value, place) \
                 ORDER BY e.place LIMIT 1)",
            ],
            [array],
        )
    }

    /// The primary one of the objects in a JSON array, or the first one where none is.
    pub(super) fn primary_element(self, array: Expr) -> Expr {
        self.either(
            [
                "(SELECT e.value FROM json_each(?) AS e \
                 ORDER BY coalesce(e.value ->> 'primary', 0) DESC, e.key LIMIT 1)",
                "(SELECT e.value FROM json_array_elements($1) WITH ORDINALITY AS e(value, place) \
                 ORDER BY coalesce((e.value ->> 'primary')::boolean, FALSE) DESC, e.place LIMIT 1)",
            ],
            [array],
        )
    }

    /// An element that is no object: its value on SQLite, its text on PostgreSQL.
    pub(super) fn element_value(self, element: Expr) -> Expr {
        self.either(["?", "($1 #>> '{}')"], [element])
    }

    /// A value that [`Self::member_value`] gave, as a whole number.
    pub(super) fn integer(self, value: Expr) -> Expr {
        self.either(["?", "$1::bigint"], [value])
    }

    /// A value that [`Self::member_value`] gave, as a number with a fraction.
    pub(super) fn decimal(self, value: Expr) -> Expr {
        self.either(["?", "$1::double precision"], [value])
    }

    /// A value that [`Self::member_value`] gave, as a boolean.
    pub(super) fn boolean(self, value: Expr) -> Expr {
        self.either(["?", "$1::boolean"], [value])
    }

    /// Whether a text has another one in it. None of the three uses `LIKE`, in whose patterns `%`
    /// and `_` of a value would mean something.
    pub(super) fn contains(self, text: Expr, part: &str) -> Expr {
        self.either(["instr(?, ?) > 0", "strpos($1, $2) > 0"], [text, Expr::val(part)])
    }

    /// Whether a text starts with another one.
    pub(super) fn starts_with(self, text: Expr, part: &str) -> Expr {
        let arguments = [text, Expr::val(length(part)), Expr::val(part)];
        self.either(["substr(?, 1, ?) = ?", "substr($1, 1, $2) = $3"], arguments)
    }

    /// Whether a text ends with another one.
    pub(super) fn ends_with(self, text: Expr, part: &str) -> Expr {
        let arguments = [text, Expr::val(length(part)), Expr::val(part)];
        self.either(["substr(?, -?) = ?", "right($1, $2) = $3"], arguments)
    }
}

/// A column of the table of users, by its whole name.
pub(super) fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

/// Characters, within the range of PostgreSQL's `integer`, like the text itself.
fn length(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX)
}
