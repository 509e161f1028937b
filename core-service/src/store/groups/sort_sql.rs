//! Orders of groups as SQL.

use super::{Column, Entity};
use crate::store::dialect::Dialect;
use crate::store::order::{OrderSql, OrderedBy};
use provost_domain::{GroupKey, GroupSort, GroupSortKey, TimeField};
use sea_orm::sea_query::Expr;

/// Writes an order for a database.
pub(super) fn order(dialect: Dialect, sort: &GroupSort) -> OrderSql {
    let column = |column: Column| Expr::col((Entity, column));
    let by = match sort.by {
        GroupSortKey::Key(GroupKey::Id) => OrderedBy::Id,
        GroupSortKey::Key(GroupKey::DisplayName) => {
            OrderedBy::Unique(dialect.by_bytes(column(Column::DisplayNameKey)))
        }
        GroupSortKey::Key(GroupKey::ExternalId) => {
            OrderedBy::Any(dialect.by_bytes(column(Column::ExternalId)))
        }
        GroupSortKey::Time(TimeField::Created) => OrderedBy::Any(column(Column::CreatedAt)),
        GroupSortKey::Time(TimeField::Updated) => OrderedBy::Any(column(Column::UpdatedAt)),
    };
    OrderSql { by, id: column(Column::Id), descending: sort.descending }
}
