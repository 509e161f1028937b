//! Lists of a profile: an edit asked for twice is asked for once, and one element is primary.

use super::court::*;
use crate::{
    Comparison, Edit, ElementFilter, ElementTest, Filter, Part, TextOperator, User, Value,
};

fn of_type(kind: &str) -> ElementFilter {
    let equal = Comparison::Text(TextOperator::Equal, kind.to_owned());
    Filter::Is(ElementTest::Value(Part::Sub(sub_name("type")), equal))
}

fn edited(user: &User, selector: Option<ElementFilter>, edit: Edit) -> User {
    let change = edit_emails(selector, edit);
    Court::default().change(&okta(), user, vec![change]).accepted().user
}

/// A user with these e-mail addresses.
fn with(emails: &[Value]) -> User {
    edited(&user(), None, Edit::Replace(emails.to_vec()))
}

#[test]
fn a_replaced_element_that_is_primary_takes_it_from_the_others() {
    let work = element(&[("type", "work"), ("value", "a@x")], false);
    let home = element(&[("type", "home"), ("value", "b@x")], true);
    let replacement = element(&[("type", "work"), ("value", "c@x")], true);
    let edit = Edit::Replace(vec![replacement.clone()]);
    let user = edited(&with(&[work, home]), Some(of_type("work")), edit);
    let plain = element(&[("type", "home"), ("value", "b@x")], false);
    assert_eq!(user.profile.list("emails"), [replacement, plain]);
}

/// An element that the selector does not find again must not pile up with every sync.
#[test]
fn what_leaves_the_selection_is_not_appended_again() {
    let bare = element(&[("value", "a@x")], false);
    for edit in [
        Edit::Replace(vec![bare.clone()]),
        Edit::Add(vec![element(&[("type", "work"), ("value", "")], false)]),
        Edit::Merge(texts(&[("type", "home")])),
    ] {
        let selector = || Some(of_type("work"));
        let once = edited(&user(), selector(), edit.clone());
        assert_eq!(once.profile.list("emails").len(), 1, "{edit:?}");
        let twice = edited(&once, selector(), edit.clone());
        assert_eq!(twice, once, "{edit:?}");
    }
}

#[test]
fn what_says_the_same_is_kept_once() {
    let twice = [element(&[("value", "a@x")], false), element(&[("value", "a@x")], true)];
    assert_eq!(with(&twice).profile.list("emails"), [element(&[("value", "a@x")], true)]);
}

#[test]
fn of_several_that_shall_be_primary_the_first_one_is() {
    let [work, home] = [("work", "a@x"), ("home", "b@x")]
        .map(|(kind, value)| element(&[("type", kind), ("value", value)], false));
    let edit = Edit::Merge([(sub_name("primary"), Value::Boolean(true))].into());
    let user = edited(&with(&[work, home.clone()]), None, edit);
    assert_eq!(
        user.profile.list("emails"),
        [element(&[("type", "work"), ("value", "a@x")], true), home]
    );
}

#[test]
fn to_clear_what_nobody_has_makes_nothing() {
    let edit = Edit::Merge(texts(&[("value", "")]));
    assert_eq!(edited(&user(), Some(of_type("work")), edit), user());
}

#[test]
fn an_element_that_would_be_empty_takes_nothing_from_the_others() {
    let primary = element(&[("value", "a@x")], true);
    let before = with(&[primary]);
    let present = Filter::Is(ElementTest::Has(Part::Sub(sub_name("type"))));
    let empty = element(&[("value", "")], true);
    for (selector, edit) in [
        (Some(present), Edit::Merge([(sub_name("primary"), Value::Boolean(true))].into())),
        (Some(of_type("work")), Edit::Replace(vec![empty.clone()])),
        (None, Edit::Add(vec![empty])),
    ] {
        let after = edited(&before, selector, edit.clone());
        assert_eq!(after, before, "{edit:?}");
    }
}
