//! SQL about rows that come in as one JSON document, written from the columns of a table.
//!
//! A parameter is a JSON array of objects, however many rows a statement is about: so its text is
//! constant and its prepared form is found again. `json` rather than `jsonb` on PostgreSQL keeps
//! the documents inside the objects as they were written. On SQLite `jsonb_each` (since 3.51, which
//! is what is built in) reads the array once, where `json_each` would write each object out as text,
//! to be read again for every column. All the same SQLite takes each column out of its object by a look
//! through it, so what groups save most comes in as [`FieldRows`] there. Must never know what a column is about.

use super::dialect::Dialect;
use sea_orm::sea_query::{PostgresQueryBuilder, TableBuilder as _};
use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, IdenStatic as _, Iterable as _, PrimaryKeyToColumn as _,
};

/// Rows in a parameter, which SQL calls `r`.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// By whose functions the document is taken apart.
    pub dialect: Dialect,
    /// The number of the parameter.
    pub parameter: usize,
}

impl Rows {
    /// Inserts rows of these columns.
    pub(super) fn insert<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        insert::<E>(columns, |column| self.value(column), &self.source(columns))
    }

    /// Gives these columns of the rows with the same keys the new values.
    pub(super) fn update<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        self.update_to::<E>(columns, |column| self.value(column))
    }

    /// Adds to these columns of the rows with the same keys.
    pub(super) fn add<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        self.update_to::<E>(columns, |column| {
            format!("{}.{} + ({})", table::<E>(), column.as_str(), self.value(column))
        })
    }

    fn update_to<E: EntityTrait>(
        self,
        columns: &[E::Column],
        value: impl Fn(&E::Column) -> String,
    ) -> String {
        let source = self.source(&keyed::<E>(columns));
        update::<E>(self.dialect, columns, value, &source, &self.same::<E>(&keys::<E>()))
    }

    /// Deletes the rows that have the same values in these columns.
    pub(super) fn delete<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        let table = table::<E>();
        let source = self.source(columns);
        match self.dialect {
            Dialect::Sqlite => format!(
                "DELETE FROM {table} WHERE ({}) IN (SELECT {} FROM {source})",
                joined(columns, ", ", |column| column.as_str().to_owned()),
                joined(columns, ", ", |column| self.value(column))
            ),
            Dialect::Postgres => {
                format!("DELETE FROM {table} USING {source} WHERE {}", self.same::<E>(columns))
            }
        }
    }

    /// What is listed, of the rows that have the same values in these others. The order of the cross join
    /// makes SQLite start at the parameter.
    pub(super) fn select<E: EntityTrait>(self, listed: &str, by: &[E::Column]) -> String {
        format!(
            "SELECT {listed} FROM {} CROSS JOIN {} WHERE {}",
            self.source(by),
            table::<E>(),
            self.same::<E>(by)
        )
    }

    /// The value of a column in a row.
    pub(super) fn value(self, column: &impl ColumnTrait) -> String {
        let name = column.as_str();
        match (self.dialect, column.def().get_column_type()) {
            (Dialect::Postgres, _) => format!("r.{name}"),
            // SQLite has no UUID type: there it is 16 bytes.
            (Dialect::Sqlite, ColumnType::Uuid) => format!("unhex(r.value ->> '{name}')"),
            (Dialect::Sqlite, _) => format!("r.value ->> '{name}'"),
        }
    }

    /// The rows themselves, of which these columns are asked for.
    pub(super) fn source<C: ColumnTrait>(self, columns: &[C]) -> String {
        let parameter = self.parameter;
        match self.dialect {
            Dialect::Sqlite => format!("jsonb_each(${parameter}) AS r"),
            Dialect::Postgres => {
                let columns = joined(columns, ", ", |column| {
                    let mut typed = format!("{} ", column.as_str());
                    PostgresQueryBuilder
                        .prepare_column_type(column.def().get_column_type(), &mut typed);
                    typed
                });
                format!("json_to_recordset(${parameter}::json) AS r({columns})")
            }
        }
    }

    fn same<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        same::<E>(columns, |column| self.value(column))
    }
}

/// Rows on SQLite, each field of which is a parameter: in the order of the columns, one row behind the other.
/// One whose first field is NULL is none. Texts lie one behind the other in a parameter of their own, and a
/// field says where: the number of the first byte, counted from one, above [`LENGTH_BITS`] with the length.
#[derive(Clone, Copy)]
pub(super) struct FieldRows {
    /// How many.
    pub rows: usize,
    /// The number of the parameter with the texts.
    pub texts: usize,
}

/// How many bits say how long a text is.
pub(super) const LENGTH_BITS: u32 = 24;

impl FieldRows {
    /// Inserts rows of these columns.
    pub(super) fn insert<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        insert::<E>(columns, field, &self.source(columns))
    }

    /// Gives these columns of the rows with the same keys the new values. The keys come before them.
    pub(super) fn update<E: EntityTrait>(self, columns: &[E::Column]) -> String {
        let source = self.source(&keyed::<E>(columns));
        update::<E>(Dialect::Sqlite, columns, field, &source, &same::<E>(&keys::<E>(), field))
    }

    fn source<C: ColumnTrait>(self, columns: &[C]) -> String {
        let row = format!("({})", vec!["?"; columns.len()].join(", "));
        let fields: Vec<_> = columns.iter().zip(1..).collect();
        let fields = joined(&fields, ", ", |(column, place)| {
            let name = column.as_str();
            match column.def().get_column_type() {
                ColumnType::Uuid => format!("unhex({}) AS {name}", self.text(*place)),
                ColumnType::String(_)
                | ColumnType::Text
                | ColumnType::Json
                | ColumnType::JsonBinary => format!("{} AS {name}", self.text(*place)),
                _ => format!("column{place} AS {name}"),
            }
        });
        let rows = vec![row; self.rows].join(", ");
        format!("(SELECT {fields} FROM (VALUES {rows}) WHERE column1 IS NOT NULL) AS r")
    }

    fn text(self, place: usize) -> String {
        let (texts, longest) = (self.texts, (1 << LENGTH_BITS) - 1);
        format!(
            "CAST(substr(${texts}, column{place} >> {LENGTH_BITS}, column{place} & {longest}) AS TEXT)"
        )
    }
}

fn field(column: &impl ColumnTrait) -> String {
    format!("r.{}", column.as_str())
}

fn insert<E: EntityTrait>(
    columns: &[E::Column],
    value: impl Fn(&E::Column) -> String,
    source: &str,
) -> String {
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {source}",
        table::<E>(),
        joined(columns, ", ", |column| column.as_str().to_owned()),
        joined(columns, ", ", value)
    )
}

fn update<E: EntityTrait>(
    dialect: Dialect,
    columns: &[E::Column],
    value: impl Fn(&E::Column) -> String,
    source: &str,
    same: &str,
) -> String {
    let set = |column: &E::Column| format!("{} = {}", column.as_str(), value(column));
    // A statement that fails is undone with its whole transaction, so SQLite need not keep
    // what would undo the statement alone.
    let update = match dialect {
        Dialect::Sqlite => "UPDATE OR FAIL",
        Dialect::Postgres => "UPDATE",
    };
    let set = joined(columns, ", ", set);
    format!("{update} {} SET {set} FROM {source} WHERE {same}", table::<E>())
}

fn same<E: EntityTrait>(columns: &[E::Column], value: impl Fn(&E::Column) -> String) -> String {
    joined(columns, " AND ", |column| {
        format!("{}.{} = {}", table::<E>(), column.as_str(), value(column))
    })
}

/// The columns of the primary key, and these.
pub(super) fn keyed<E: EntityTrait>(columns: &[E::Column]) -> Vec<E::Column> {
    [keys::<E>().as_slice(), columns].concat()
}

/// Columns with the name of their table.
pub(super) fn listed<E: EntityTrait>(columns: impl Iterator<Item = E::Column>) -> String {
    let columns: Vec<_> = columns.collect();
    joined(&columns, ", ", |column| format!("{}.{}", table::<E>(), column.as_str()))
}

/// The columns of the primary key.
pub(super) fn keys<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(E::PrimaryKey::into_column).collect()
}

/// The name of a table.
pub(super) fn table<E: EntityTrait>() -> &'static str {
    E::default().table_name()
}

/// What is said of each, one behind the other.
pub(super) fn joined<T>(items: &[T], between: &str, say: impl Fn(&T) -> String) -> String {
    items.iter().map(say).collect::<Vec<_>>().join(between)
}
