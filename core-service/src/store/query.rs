//! Statements whose text depends on what is asked, and the ways in which texts compare in them.
//!
//! Every value travels as a parameter. Must never know what a text stands for.

use super::dialect::Dialect;
use provost_domain::TextOperator;
use sea_orm::{Statement, Value};

/// A statement that grows together with its parameters.
pub(super) struct Query {
    pub(super) dialect: Dialect,
    sql: String,
    values: Vec<Value>,
}

impl Query {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, sql: String::new(), values: Vec::new() }
    }

    /// Appends constant SQL.
    pub(super) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Appends a parameter.
    pub(super) fn bind(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
    }

    pub(super) fn into_statement(self) -> Statement {
        Statement::from_sql_and_values(self.dialect.into(), self.sql, self.values)
    }

    /// A column that compares byte by byte, as everything does on SQLite.
    pub(super) fn by_bytes(&mut self, column: &str) {
        self.push(column);
        self.push(match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => " COLLATE \"C\"",
        });
    }

    /// A text in ASCII lower case: all that SQLite's `lower` folds, and PostgreSQL's in the
    /// collation `C`, which also compares byte by byte.
    pub(super) fn folded(&mut self, text: impl FnOnce(&mut Self)) {
        self.push("lower((");
        text(self);
        self.push(match self.dialect {
            Dialect::Sqlite => "))",
            Dialect::Postgres => ") COLLATE \"C\")",
        });
    }

    pub(super) fn compare(
        &mut self,
        text: impl Fn(&mut Self),
        operator: TextOperator,
        value: &str,
    ) {
        if value.contains('\0') {
            // No stored text has it, and PostgreSQL takes it as no parameter.
            return self.push("false");
        }
        let symbol = match operator {
            TextOperator::Equal => " = ",
            TextOperator::Greater => " > ",
            TextOperator::GreaterOrEqual => " >= ",
            TextOperator::Less => " < ",
            TextOperator::LessOrEqual => " <= ",
            TextOperator::Contains | TextOperator::StartsWith | TextOperator::EndsWith => {
                return self.compare_part(text, operator, value);
            }
        };
        text(self);
        self.push(symbol);
        self.bind(value);
    }

    /// Without `LIKE`, in whose patterns `%` and `_` of a value would mean something.
    fn compare_part(&mut self, text: impl Fn(&mut Self), operator: TextOperator, value: &str) {
        if value.is_empty() {
            text(self);
            return self.push(" IS NOT NULL");
        }
        let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
        let (before, after, length) = match (operator, self.dialect) {
            (TextOperator::StartsWith, _) => ("substr(", ", 1, ", Some(length)),
            (TextOperator::EndsWith, Dialect::Sqlite) => ("substr(", ", ", Some(-length)),
            // Counts within the range of PostgreSQL's `integer`, like the text itself.
            (TextOperator::EndsWith, Dialect::Postgres) => ("right(", ", ", Some(length)),
            (_, Dialect::Sqlite) => ("instr(", ", ", None),
            (_, Dialect::Postgres) => ("strpos(", ", ", None),
        };
        self.push(before);
        text(self);
        self.push(after);
        if let Some(length) = length {
            self.bind(i32::try_from(length).unwrap_or(i32::MAX));
            self.push(") = ");
            self.bind(value);
        } else {
            self.bind(value);
            self.push(") > 0");
        }
    }
}
