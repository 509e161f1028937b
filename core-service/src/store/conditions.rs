//! What conditions over any rows are made of as SQL. Must never know what they are about.

use super::dialect::Dialect;
use provost_domain::{Filter, OrderOperator, TextOperator};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};

impl Dialect {
    /// Compares a text.
    pub(super) fn compared_text(self, text: Expr, operator: TextOperator, asked: &str) -> Expr {
        if let Some((before, _)) = asked.split_once('\0') {
            return beside_nul(text, operator, before);
        }
        match operator {
            TextOperator::Equal => text.eq(asked),
            TextOperator::Greater => text.gt(asked),
            TextOperator::GreaterOrEqual => text.gte(asked),
            TextOperator::Less => text.lt(asked),
            TextOperator::LessOrEqual => text.lte(asked),
            _ if asked.is_empty() => text.is_not_null(),
            TextOperator::Contains => self.contains(text, asked),
            TextOperator::StartsWith => self.starts_with(text, asked),
            TextOperator::EndsWith => self.ends_with(text, asked),
        }
    }
}

/// A tree of tests as one condition.
pub(super) fn tree<Test>(filter: &Filter<Test>, test: &impl Fn(&Test) -> Expr) -> Expr {
    match filter {
        Filter::All(operands) => {
            let operands = operands.iter().map(|operand| tree(operand, test));
            operands.reduce(Expr::and).unwrap_or_else(|| Expr::cust("TRUE"))
        }
        Filter::Any(operands) => {
            let operands = operands.iter().map(|operand| tree(operand, test));
            operands.reduce(Expr::or).unwrap_or_else(|| Expr::cust("FALSE"))
        }
        Filter::Not(operand) => or_false(tree(operand, test)).not(),
        Filter::Is(one) => test(one),
    }
}

/// Compares with a text that has a NUL, up to which it is given: no stored text has one, and
/// PostgreSQL takes it in no parameter. It comes right after the text before it.
fn beside_nul(text: Expr, operator: TextOperator, before: &str) -> Expr {
    match operator {
        TextOperator::Greater | TextOperator::GreaterOrEqual => text.gt(before),
        TextOperator::Less | TextOperator::LessOrEqual => text.lte(before),
        TextOperator::Equal
        | TextOperator::Contains
        | TextOperator::StartsWith
        | TextOperator::EndsWith => Expr::cust("FALSE"),
    }
}

/// A condition whose third truth value is false.
pub(super) fn or_false(condition: Expr) -> Expr {
    Func::coalesce([condition, Expr::cust("FALSE")]).into()
}

/// Compares a number or a point in time.
pub(super) fn ordered(value: Expr, operator: OrderOperator, asked: impl Into<Expr>) -> Expr {
    match operator {
        OrderOperator::Equal => value.eq(asked),
        OrderOperator::Greater => value.gt(asked),
        OrderOperator::GreaterOrEqual => value.gte(asked),
        OrderOperator::Less => value.lt(asked),
        OrderOperator::LessOrEqual => value.lte(asked),
    }
}
