//! Conditions over users as SQL: the same answers as `domain/filter.rs` gives in memory.
//!
//! Every value and every name travels as a parameter. SQL's third truth value can't get out:
//! a comparison with an absent value is unknown, unknown counts as false in `WHERE`, `AND` and
//! `OR` keep it that way, and a negation makes it false first.

use super::dialect::Dialect;
use super::query::Query;
use super::rows::{email_key, role_code};
use provost_domain::{
    ElementFilter, ElementTest, Filter, ListName, SubName, TextField, TextName, TextOperator,
    TimeField, TimeOperator, UserFilter, UserNameKey, UserTest, fold,
};
use uuid::Uuid;

impl Query {
    /// Appends a condition over the row `u` of `users`, whose site is the first parameter.
    pub(super) fn filter(&mut self, filter: &UserFilter) {
        self.tree(filter, &Self::user_test);
    }

    fn tree<Test>(&mut self, filter: &Filter<Test>, test: &impl Fn(&mut Self, &Test)) {
        match filter {
            Filter::All(operands) => self.operands(operands, " AND ", "true", test),
            Filter::Any(operands) => self.operands(operands, " OR ", "false", test),
            Filter::Not(operand) => {
                self.push("NOT coalesce(");
                self.tree(operand, test);
                self.push(", false)");
            }
            Filter::Is(one) => test(self, one),
        }
    }

    fn operands<Test>(
        &mut self,
        operands: &[Filter<Test>],
        between: &str,
        of_none: &str,
        test: &impl Fn(&mut Self, &Test),
    ) {
        self.push("(");
        for (at, operand) in operands.iter().enumerate() {
            self.push(if at == 0 { "" } else { between });
            self.tree(operand, test);
        }
        self.push(if operands.is_empty() { of_none } else { "" });
        self.push(")");
    }

    fn user_test(&mut self, test: &UserTest) {
        match test {
            UserTest::Text(field, operator, value) => self.user_text(field, *operator, value),
            UserTest::Present(field) => {
                self.text_field(field);
                self.push(" IS NOT NULL");
            }
            UserTest::Active(active) => {
                self.push(if *active { "u.active" } else { "NOT u.active" });
            }
            UserTest::Role(role) => {
                self.push("u.role = ");
                self.bind(role_code(*role));
            }
            UserTest::Time(field, operator, value) => {
                self.push(time_column(*field));
                self.push(time_operator(*operator));
                self.bind(value.0);
            }
            UserTest::Element(list, condition) => self.element(list, condition),
        }
    }

    fn user_text(&mut self, field: &TextField, operator: TextOperator, value: &str) {
        // Equality asks the bare column, so that its index serves.
        match (field, operator) {
            (TextField::Id, TextOperator::Equal) => self.user_id(value),
            (TextField::ExternalId, TextOperator::Equal) => {
                self.compare(|query| query.push("u.external_id"), operator, value);
            }
            (TextField::UserName, TextOperator::Equal) => {
                let key = UserNameKey::of(value);
                self.compare(|query| query.push("u.user_name_key"), operator, key.as_str());
            }
            (TextField::Id | TextField::ExternalId, _) => {
                self.compare(|query| query.text_field(field), operator, value);
            }
            (TextField::UserName, _) => {
                let key = UserNameKey::of(value);
                self.compare(|query| query.text_field(field), operator, key.as_str());
            }
            (TextField::Profile(_), _) => {
                self.compare(|query| query.text_field(field), operator, &fold(value));
            }
        }
    }

    /// Compares the key itself, not its text.
    fn user_id(&mut self, value: &str) {
        match Uuid::try_parse(value) {
            Ok(id) if id.to_string() == value => {
                self.push("u.id = ");
                self.bind(id);
            }
            _ => self.push("false"),
        }
    }

    /// The text of a field in the form in which it compares.
    fn text_field(&mut self, field: &TextField) {
        match (field, self.dialect) {
            (TextField::Id, Dialect::Postgres) => self.push("(u.id::text COLLATE \"C\")"),
            (TextField::Id, Dialect::Sqlite) => self.push(
                "lower(substr(hex(u.id), 1, 8) || '-' || substr(hex(u.id), 9, 4) || '-' \
                 || substr(hex(u.id), 13, 4) || '-' || substr(hex(u.id), 17, 4) || '-' \
                 || substr(hex(u.id), 21))",
            ),
            (TextField::UserName, _) => self.by_bytes("u.user_name_key"),
            (TextField::ExternalId, _) => self.by_bytes("u.external_id"),
            (TextField::Profile(name), _) => self.folded(|query| query.profile_text(name)),
        }
    }

    fn profile_text(&mut self, name: &TextName) {
        self.profile();
        self.push(" -> 'texts' ->> ");
        self.bind(name.as_str());
    }

    /// The profile as the JSON operators take it.
    fn profile(&mut self) {
        self.push(match self.dialect {
            Dialect::Sqlite => "u.profile",
            Dialect::Postgres => "u.profile::json",
        });
    }

    fn element(&mut self, list: &ListName, condition: &ElementFilter) {
        self.push("(");
        if let Some(address) = sought_address(list, condition) {
            self.push(
                "u.id IN (SELECT user_id FROM user_emails WHERE site_id = $1 AND value_key = ",
            );
            self.bind(email_key(address));
            self.push(") AND ");
        }
        self.push("EXISTS (SELECT 1 FROM ");
        self.push(match self.dialect {
            Dialect::Sqlite => "json_each(",
            Dialect::Postgres => "json_array_elements(",
        });
        self.profile();
        self.push(" -> 'lists' -> ");
        self.bind(list.as_str());
        self.push(") AS e WHERE ");
        self.tree(condition, &Self::element_test);
        self.push("))");
    }

    fn element_test(&mut self, test: &ElementTest) {
        match test {
            ElementTest::Text(name, operator, value) => {
                self.compare(
                    |query| query.folded(|query| query.element_text(name)),
                    *operator,
                    &fold(value),
                );
            }
            ElementTest::Present(name) => {
                self.push("(");
                self.element_text(name);
                self.push(") IS NOT NULL");
            }
            ElementTest::Primary(primary) => {
                self.push(if *primary { "" } else { "NOT " });
                self.push(match self.dialect {
                    Dialect::Sqlite => "coalesce(e.value ->> 'primary', false)",
                    Dialect::Postgres => "coalesce((e.value ->> 'primary')::boolean, false)",
                });
            }
        }
    }

    fn element_text(&mut self, name: &SubName) {
        self.push("e.value -> 'texts' ->> ");
        self.bind(name.as_str());
    }
}

/// The address that every e-mail element must have to satisfy the condition, if it names one:
/// then only users of the index have to be looked at.
fn sought_address<'a>(list: &ListName, condition: &'a ElementFilter) -> Option<&'a str> {
    match condition {
        _ if list.as_str() != "emails" => None,
        Filter::Is(ElementTest::Text(name, TextOperator::Equal, value)) => {
            // PostgreSQL takes no NUL as a parameter.
            (name.as_str() == "value" && !value.contains('\0')).then_some(value)
        }
        Filter::All(operands) => operands.iter().find_map(|operand| sought_address(list, operand)),
        Filter::Any(_) | Filter::Not(_) | Filter::Is(_) => None,
    }
}

const fn time_column(field: TimeField) -> &'static str {
    match field {
        TimeField::Created => "u.created_at",
        TimeField::Updated => "u.updated_at",
    }
}

const fn time_operator(operator: TimeOperator) -> &'static str {
    match operator {
        TimeOperator::Equal => " = ",
        TimeOperator::Greater => " > ",
        TimeOperator::GreaterOrEqual => " >= ",
        TimeOperator::Less => " < ",
        TimeOperator::LessOrEqual => " <= ",
    }
}
