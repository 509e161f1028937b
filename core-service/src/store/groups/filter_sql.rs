//! Conditions over groups as SQL. Every value travels as a parameter.

use super::{Column, Entity};
use crate::store::conditions::{ordered, tree};
use crate::store::dialect::Dialect;
use crate::store::{group_members, users};
use provost_domain::{
    GroupFilter, GroupKey, GroupTest, MemberFilter, MemberTest, SiteId, TextOperator, TimeField,
    UserScope, fold,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query, SelectStatement};
use uuid::Uuid;

/// Writes conditions for a database, over the groups of a site, whose members are seen in a scope.
#[derive(Clone, Copy)]
pub(super) struct GroupFilterSql {
    pub(super) dialect: Dialect,
    pub(super) site: SiteId,
    pub(super) scope: UserScope,
}

impl GroupFilterSql {
    /// A condition over a row of `groups`.
    pub(super) fn condition(self, filter: &GroupFilter) -> Expr {
        tree(filter, &|test| self.group_test(test))
    }

    fn group_test(self, test: &GroupTest) -> Expr {
        match test {
            GroupTest::Key(key, operator, value) => self.key(*key, *operator, value),
            GroupTest::HasExternalId => column(Column::ExternalId).is_not_null(),
            GroupTest::Time(field, operator, value) => {
                let at = match field {
                    TimeField::Created => Column::CreatedAt,
                    TimeField::Updated => Column::UpdatedAt,
                };
                ordered(column(at), *operator, value.0)
            }
            GroupTest::Member(condition) => self.member(condition),
        }
    }

    /// Equality asks the bare column, so that its index serves.
    fn key(self, key: GroupKey, operator: TextOperator, value: &str) -> Expr {
        let asked = key.asked(value);
        let text = match (key, operator) {
            (GroupKey::Id, TextOperator::Equal) => {
                return uuid(value).map_or_else(never, |id| column(Column::Id).eq(id));
            }
            (GroupKey::Id, _) => self.dialect.id_text(column(Column::Id)),
            (GroupKey::DisplayName, TextOperator::Equal) => column(Column::DisplayNameKey),
            (GroupKey::ExternalId, TextOperator::Equal) => column(Column::ExternalId),
            (GroupKey::DisplayName, _) => self.dialect.by_bytes(column(Column::DisplayNameKey)),
            (GroupKey::ExternalId, _) => self.dialect.by_bytes(column(Column::ExternalId)),
        };
        self.dialect.compared_text(text, operator, &asked)
    }

    fn member(self, condition: &MemberFilter) -> Expr {
        let member = |column| Expr::col((group_members::Entity, column));
        let mut members = Query::select()
            .expr(Expr::cust("1"))
            .from(group_members::Entity)
            .join(JoinType::InnerJoin, users::Entity, group_members::is_user())
            .and_where(member(group_members::Column::SiteId).eq(column(Column::SiteId)))
            .and_where(member(group_members::Column::GroupId).eq(column(Column::Id)))
            .and_where(tree(condition, &|test| self.member_test(test)))
            .to_owned();
        if self.scope == UserScope::NotDeleted {
            members.and_where(group_members::not_deleted());
        }
        // Denied twice, because SQLite 3.51 makes a join of EXISTS where it can, and then OFFSET passes
        // over members in place of groups.
        let exists = Expr::exists(members).not().not();
        match condition.sought_user().map(uuid) {
            Some(Some(user)) => column(Column::Id).in_subquery(self.groups_of(user)).and(exists),
            Some(None) => never(),
            None => exists,
        }
    }

    /// Only groups of the user have to be looked at.
    fn groups_of(self, user: Uuid) -> SelectStatement {
        Query::select()
            .column(group_members::Column::GroupId)
            .from(group_members::Entity)
            .and_where(Expr::col(group_members::Column::SiteId).eq(self.site.0))
            .and_where(Expr::col(group_members::Column::UserId).eq(user))
            .to_owned()
    }

    fn member_test(self, test: &MemberTest) -> Expr {
        let id = Expr::col((group_members::Entity, group_members::Column::UserId));
        match test {
            MemberTest::User(TextOperator::Equal, value) => {
                uuid(value).map_or_else(never, |user| id.eq(user))
            }
            MemberTest::User(operator, value) => {
                self.dialect.compared_text(self.dialect.id_text(id), *operator, value)
            }
            MemberTest::Display(operator, value) => {
                let shown = self.dialect.folded_shown_name();
                self.dialect.compared_text(shown, *operator, &fold(value))
            }
        }
    }
}

fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

fn never() -> Expr {
    Expr::cust("FALSE")
}

/// An id in its canonical form; any other text is the id of nothing.
fn uuid(value: &str) -> Option<Uuid> {
    Uuid::try_parse(value).ok().filter(|id| id.to_string() == value)
}
