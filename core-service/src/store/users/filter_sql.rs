//! Conditions over users as SQL: the same answers as `domain/filter.rs` gives in memory.
//!
//! Every value and every name travels as a parameter. SQL's third truth value can't get out:
//! a comparison with an absent value is unknown, unknown counts as false in `WHERE`, `AND` and
//! `OR` keep it that way, and a negation makes it false first.

use super::{Column, role_code};
use crate::store::conditions::{or_false, ordered, tree};
use crate::store::dialect::Dialect;
use crate::store::expressions::{ELEMENT, column};
use crate::store::user_emails::{self, email_key};
use crate::store::{group_members, groups};
use provost_domain::{
    AttributeName, Comparison, ElementFilter, ElementPart, ElementTest, GroupKey, KeyField, SiteId,
    TextOperator, TimeField, UserFilter, UserGroupFilter, UserGroupTest, UserTest, fold,
    sought_address, stored_bytes,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait as _,
};
use uuid::Uuid;

/// Writes conditions for a database, over the users of a site.
#[derive(Clone, Copy)]
pub(super) struct FilterSql {
    pub(super) dialect: Dialect,
    pub(super) site: SiteId,
}

impl FilterSql {
    /// A condition over a row of `users`.
    pub(super) fn condition(self, filter: &UserFilter) -> Expr {
        tree(filter, &|test| self.user_test(test))
    }

    fn user_test(self, test: &UserTest) -> Expr {
        match test {
            UserTest::Key(field, operator, value) => self.key(*field, *operator, value),
            UserTest::HasKey(field) => self.key_text(*field).is_not_null(),
            UserTest::Active(active) => {
                let is_active = column(Column::Active);
                if *active { is_active } else { is_active.not() }
            }
            UserTest::Role(role) => column(Column::Role).eq(role_code(*role)),
            UserTest::Time(field, operator, value) => {
                let at = match field {
                    TimeField::Created => Column::CreatedAt,
                    TimeField::Updated => Column::UpdatedAt,
                };
                ordered(column(at), *operator, value.0)
            }
            UserTest::Value(name, comparison) => self.compared(self.value(name), comparison),
            UserTest::Has(name) => self.value(name).is_not_null(),
            UserTest::Element(list, condition) => self.element(list, condition),
            UserTest::Complex(name, condition) => {
                let value = self.dialect.member(self.dialect.profile(), name.as_str());
                let holds = tree(condition, &|test| self.element_test(&value, test));
                value.is_not_null().and(holds)
            }
            UserTest::Group(condition) => self.group(condition),
        }
    }

    fn group(self, condition: &UserGroupFilter) -> Expr {
        let member = |column| Expr::col((group_members::Entity, column));
        let found = Query::select()
            .expr(Expr::cust("1"))
            .from(group_members::Entity)
            .join(JoinType::InnerJoin, groups::Entity, group_members::is_group())
            .and_where(member(group_members::Column::SiteId).eq(column(Column::SiteId)))
            .and_where(member(group_members::Column::UserId).eq(column(Column::Id)))
            .and_where(tree(condition, &|test| self.group_test(test)))
            .to_owned();
        // Denied twice, as elements of lists are.
        let exists = Expr::exists(found).not().not();
        match condition.sought_group().map(canonical) {
            Some(Some(group)) => column(Column::Id).in_subquery(self.members_of(group)).and(exists),
            Some(None) => Expr::cust("FALSE"),
            None => exists,
        }
    }

    /// Only members of the group have to be looked at.
    fn members_of(self, group: Uuid) -> SelectStatement {
        Query::select()
            .column(group_members::Column::UserId)
            .from(group_members::Entity)
            .and_where(Expr::col(group_members::Column::SiteId).eq(self.site.0))
            .and_where(Expr::col(group_members::Column::GroupId).eq(group))
            .to_owned()
    }

    fn group_test(self, test: &UserGroupTest) -> Expr {
        let group = |column| Expr::col((groups::Entity, column));
        match test {
            UserGroupTest::Group(operator, value) => {
                let id = self.dialect.id_text(group(groups::Column::Id));
                self.dialect.compared_text(id, *operator, value)
            }
            UserGroupTest::Display(operator, value) => {
                let name = self.dialect.by_bytes(group(groups::Column::DisplayNameKey));
                self.dialect.compared_text(name, *operator, &GroupKey::DisplayName.asked(value))
            }
        }
    }

    /// Equality asks the bare column, so that its index serves.
    fn key(self, field: KeyField, operator: TextOperator, value: &str) -> Expr {
        let asked = field.asked(value);
        match (field, operator) {
            (KeyField::Id, TextOperator::Equal) => user_id(value),
            (KeyField::ExternalId, TextOperator::Equal) => {
                self.dialect.compared_text(column(Column::ExternalId), operator, &asked)
            }
            (KeyField::UserName, TextOperator::Equal) => {
                self.dialect.compared_text(column(Column::UserNameKey), operator, &asked)
            }
            (field, operator) => self.dialect.compared_text(self.key_text(field), operator, &asked),
        }
    }

    pub(super) fn key_text(self, field: KeyField) -> Expr {
        match field {
            KeyField::Id => self.dialect.id_text(column(Column::Id)),
            KeyField::UserName => self.dialect.by_bytes(column(Column::UserNameKey)),
            KeyField::ExternalId => self.dialect.by_bytes(column(Column::ExternalId)),
        }
    }

    pub(super) fn value(self, name: &AttributeName) -> Expr {
        self.dialect.member_value(self.dialect.profile(), name.as_str())
    }

    fn element(self, list: &AttributeName, condition: &ElementFilter) -> Expr {
        let element = Expr::col((ELEMENT, "value"));
        let array = self.dialect.member(self.dialect.profile(), list.as_str());
        let elements = Query::select()
            .expr(Expr::cust("1"))
            .from_function(self.dialect.elements(array), ELEMENT)
            .and_where(tree(condition, &|test| self.element_test(&element, test)))
            .to_owned();
        // Denied twice, because SQLite 3.51 makes a join of EXISTS where it can, and then OFFSET passes
        // over elements in place of users.
        let exists = Expr::exists(elements).not().not();
        match sought_address(list, condition) {
            // No address has a NUL, and PostgreSQL takes none in a parameter.
            Some(address) if !address.contains('\0') => {
                column(Column::Id).in_subquery(self.users_with(address)).and(exists)
            }
            _ => exists,
        }
    }

    /// Only users of the index have to be looked at.
    fn users_with(self, address: &str) -> SelectStatement {
        user_emails::Entity::find()
            .select_only()
            .column(user_emails::Column::UserId)
            .filter(user_emails::Column::SiteId.eq(self.site.0))
            .filter(user_emails::Column::ValueKey.eq(email_key(address)))
            .into_query()
    }

    fn element_test(self, element: &Expr, test: &ElementTest) -> Expr {
        match test {
            ElementTest::Value(part, comparison) => {
                self.compared(self.part(element, part), comparison)
            }
            ElementTest::Has(part) => self.part(element, part).is_not_null(),
            ElementTest::Primary(primary) => {
                let value = self.dialect.member_value(element.clone(), "primary");
                let is_primary = or_false(self.dialect.boolean(value));
                if *primary { is_primary } else { is_primary.not() }
            }
        }
    }

    pub(super) fn part(self, element: &Expr, part: &ElementPart) -> Expr {
        match part {
            ElementPart::Whole => self.dialect.element_value(element.clone()),
            ElementPart::Sub(name) => self.dialect.member_value(element.clone(), name.as_str()),
        }
    }

    fn compared(self, value: Expr, comparison: &Comparison) -> Expr {
        match comparison {
            Comparison::Text(operator, asked) | Comparison::Reference(operator, asked) => {
                self.dialect.compared_text(self.dialect.folded(value), *operator, &fold(asked))
            }
            Comparison::Boolean(asked) => self.dialect.boolean(value).eq(*asked),
            Comparison::Integer(operator, asked) => {
                ordered(self.dialect.integer(value), *operator, *asked)
            }
            Comparison::DateTime(operator, asked) => {
                ordered(self.dialect.integer(value), *operator, asked.0)
            }
            Comparison::Decimal(operator, asked) => {
                ordered(self.dialect.decimal(value), *operator, asked.get())
            }
            Comparison::Binary(asked) => value.eq(stored_bytes(asked)),
        }
    }
}

/// Compares the key itself, not its text.
fn user_id(value: &str) -> Expr {
    canonical(value).map_or_else(|| Expr::cust("FALSE"), |id| column(Column::Id).eq(id))
}

/// An id in its canonical form; any other text is the id of nothing.
fn canonical(value: &str) -> Option<Uuid> {
    Uuid::try_parse(value).ok().filter(|id| id.to_string() == value)
}
