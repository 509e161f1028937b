//! The order of lists as SQL, and what comes behind a position in it: the same answers as
//! `domain/sort.rs` gives in memory. Must never know what is listed.

use super::dialect::Dialect;
use sea_orm::sea_query::{Expr, ExprTrait as _, NullOrdering, Order, SelectStatement, Value};
use uuid::Uuid;

/// By what rows are ordered.
pub(super) enum OrderedBy {
    /// By their ids alone.
    Id,
    /// By what every row has and no two have alike, so that its index serves.
    Unique(Expr),
    /// By what rows may have alike or not at all; then by their ids.
    Any(Expr),
}

/// An order of rows.
pub(super) struct OrderSql {
    pub by: OrderedBy,
    pub id: Expr,
    pub descending: bool,
}

impl OrderSql {
    /// The same order, for rows that a condition has an index for. They are few, so they are sorted when they are
    /// found. Those indexes end with the ids, which are in order in them.
    pub(super) fn of_few(self, dialect: Dialect) -> Self {
        let by = match self.by {
            OrderedBy::Id => OrderedBy::Id,
            OrderedBy::Unique(value) => OrderedBy::Unique(dialect.without_index(value)),
            OrderedBy::Any(value) => OrderedBy::Any(dialect.without_index(value)),
        };
        Self { by, ..self }
    }

    /// Has rows found in this order.
    pub(super) fn apply(self, rows: &mut SelectStatement) {
        let Self { by, id, descending } = self;
        // Who has nothing comes last, and first where the order is turned round: as on PostgreSQL, where
        // nobody says so.
        let (order, nulls) = if descending {
            (Order::Desc, NullOrdering::First)
        } else {
            (Order::Asc, NullOrdering::Last)
        };
        match by {
            OrderedBy::Id => rows.order_by_expr(id, order),
            OrderedBy::Unique(value) => rows.order_by_expr(value, order),
            OrderedBy::Any(value) => {
                rows.order_by_expr_with_nulls(value, order.clone(), nulls).order_by_expr(id, order)
            }
        };
    }

    /// Whether a row comes behind a position.
    pub(super) fn behind(self, at: Uuid, value: Option<Value>) -> Expr {
        let Self { by, id, descending } = self;
        let further = |have: Expr, asked: Value| {
            if descending { have.lt(asked) } else { have.gt(asked) }
        };
        let id_further = further(id, at.into());
        match (by, value) {
            (OrderedBy::Id, _) => id_further,
            (OrderedBy::Unique(have), Some(value)) => further(have, value),
            (OrderedBy::Any(have), Some(value)) => {
                let alike = have.clone().eq(value.clone()).and(id_further);
                let here = further(have.clone(), value).or(alike);
                if descending { here } else { here.or(have.is_null()) }
            }
            (OrderedBy::Unique(have) | OrderedBy::Any(have), None) => {
                let alike = have.clone().is_null().and(id_further);
                if descending { alike.or(have.is_not_null()) } else { alike }
            }
        }
    }
}
