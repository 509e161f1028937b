//! Orders of users as SQL.

use super::filter_sql::FilterSql;
use super::{Column, role_code};
use crate::store::dialect::Dialect;
use crate::store::expressions::column;
use crate::store::order::{OrderSql, OrderedBy};
use provost_domain::{
    AttributeType, ElementPart, KeyField, SortValue, TimeField, UserSort, UserSortKey,
};
use sea_orm::Value;
use sea_orm::sea_query::Expr;

/// Writes an order for a database.
pub(super) fn order(sql: FilterSql, sort: &UserSort) -> OrderSql {
    let by = match &sort.by {
        UserSortKey::Key(KeyField::Id) => OrderedBy::Id,
        UserSortKey::Key(KeyField::UserName) => OrderedBy::Unique(sql.key_text(KeyField::UserName)),
        UserSortKey::Key(KeyField::ExternalId) => {
            OrderedBy::Any(sql.key_text(KeyField::ExternalId))
        }
        UserSortKey::Active => OrderedBy::Any(column(Column::Active)),
        UserSortKey::Role => OrderedBy::Any(column(Column::Role)),
        UserSortKey::Time(TimeField::Created) => OrderedBy::Any(column(Column::CreatedAt)),
        UserSortKey::Time(TimeField::Updated) => OrderedBy::Any(column(Column::UpdatedAt)),
        UserSortKey::Value(name, kind) => {
            OrderedBy::Any(typed(sql.dialect, sql.value(name), *kind))
        }
        UserSortKey::Complex(name, part, kind) => {
            let whole = sql.dialect.member(sql.dialect.profile(), name.as_str());
            let value = sql.dialect.member_value(whole, part.as_str());
            OrderedBy::Any(typed(sql.dialect, value, *kind))
        }
        UserSortKey::Element(list, part, kind) => {
            let array = sql.dialect.member(sql.dialect.profile(), list.as_str());
            let value = match part {
                ElementPart::Whole => sql.dialect.element_value(sql.dialect.first_element(array)),
                ElementPart::Sub(_) => sql.part(&sql.dialect.primary_element(array), part),
            };
            OrderedBy::Any(typed(sql.dialect, value, *kind))
        }
    };
    OrderSql { by, id: column(Column::Id), descending: sort.descending }
}

/// A value of a profile in the form in which it compares.
fn typed(dialect: Dialect, value: Expr, kind: AttributeType) -> Expr {
    match kind {
        AttributeType::Text | AttributeType::Reference => dialect.folded(value),
        AttributeType::Boolean => dialect.boolean(value),
        AttributeType::Integer | AttributeType::DateTime => dialect.integer(value),
        AttributeType::Decimal => dialect.decimal(value),
        AttributeType::Binary | AttributeType::Complex(_) => value,
    }
}

/// A value by which something is sorted, as a parameter.
pub(in crate::store) fn parameter(value: &SortValue) -> Value {
    match value {
        SortValue::Text(text) => text.as_str().into(),
        SortValue::Boolean(truth) => (*truth).into(),
        SortValue::Number(number) => (*number).into(),
        SortValue::Decimal(number) => number.get().into(),
        SortValue::Role(role) => role_code(*role).into(),
    }
}
