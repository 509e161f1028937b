//! Lists of a profile: an edit asked for twice is asked for once, and one element is primary.

use super::court::*;
use crate::{
    Comparison, ElementFilter, ElementPart, ElementTest, ExternalId, Filter, ListOperation, Reason,
    TextOperator, User, Value,
};

pub fn of_type(kind: &str) -> ElementFilter {
    let equal = Comparison::Text(TextOperator::Equal, kind.to_owned());
    Filter::Is(ElementTest::Value(ElementPart::Sub(sub_name("type")), equal))
}

fn edited(user: &User, selector: Option<ElementFilter>, edit: ListOperation) -> User {
    let change = edit_emails(selector, edit);
    Court::default().change(&okta(), user, vec![change]).accepted().user
}

/// A user with these e-mail addresses.
fn with(emails: &[Value]) -> User {
    edited(&user(), None, ListOperation::Replace(emails.to_vec()))
}

#[test]
fn a_replaced_element_that_is_primary_takes_it_from_the_others() {
    let work = element(&[("type", "work"), ("value", "a@x")], false);
    let home = element(&[("type", "home"), ("value", "b@x")], true);
    let replacement = element(&[("type", "work"), ("value", "c@x")], true);
    let edit = ListOperation::Replace(vec![replacement.clone()]);
    let user = edited(&with(&[work, home]), Some(of_type("work")), edit);
    let plain = element(&[("type", "home"), ("value", "b@x")], false);
    assert_eq!(user.profile.list("emails"), [replacement, plain]);
}

/// An element that the selector does not find again must not pile up with every sync.
#[test]
fn what_leaves_the_selection_is_not_appended_again() {
    let bare = element(&[("value", "a@x")], false);
    for edit in [
        ListOperation::Replace(vec![bare.clone()]),
        ListOperation::Add(vec![element(&[("type", "work"), ("value", "")], false)]),
        ListOperation::Merge(texts(&[("value", "a@x")])),
    ] {
        let selector = || Some(of_type("work"));
        let once = edited(&user(), selector(), edit.clone());
        assert_eq!(once.profile.list("emails").len(), 1, "{edit:?}");
        let twice = edited(&once, selector(), edit.clone());
        assert_eq!(twice, once, "{edit:?}");
    }
}

fn refused(user: &User, selector: Option<ElementFilter>, edit: ListOperation) -> Reason {
    let change = edit_emails(selector, edit);
    Court::default().change(&okta(), user, vec![change]).refused().reason
}

fn becomes_primary() -> ListOperation {
    ListOperation::Merge([(sub_name("primary"), Value::Boolean(true))].into_iter().collect())
}

#[test]
fn a_replaced_element_fits_its_selector() {
    let before = with(&[element(&[("type", "Work"), ("value", "a@x"), ("display", "A")], true)]);
    let replaced = |selector, new| {
        let user = edited(&before, Some(selector), ListOperation::Replace(vec![new]));
        user.profile.list("emails").to_vec()
    };
    // What the selector says of it stays as it is written, all else is replaced.
    let bare = || element(&[("value", "b@x")], false);
    assert_eq!(
        replaced(of_type("WORK"), bare()),
        [element(&[("type", "Work"), ("value", "b@x")], false)]
    );
    let primary = Filter::All(vec![of_type("work"), Filter::Is(ElementTest::Primary(true))]);
    assert_eq!(replaced(primary, bare()), [element(&[("type", "Work"), ("value", "b@x")], true)]);
    // Who says otherwise is heeded: the address or the type of the element is another now.
    let other = element(&[("type", "home"), ("value", "b@x")], false);
    assert_eq!(replaced(of_type("work"), other.clone()), [other]);
}

#[test]
fn a_made_element_fits_its_selector() {
    let before = with(&[element(&[("type", "work"), ("value", "a@x")], true)]);
    let bare = element(&[("value", "b@x")], false);
    let home = element(&[("type", "home"), ("value", "b@x")], false);
    for edit in [
        ListOperation::Replace(vec![bare.clone()]),
        ListOperation::Merge(texts(&[("value", "b@x")])),
    ] {
        let once = edited(&before, Some(of_type("home")), edit.clone());
        assert_eq!(once.profile.list("emails")[1], home, "{edit:?}");
        assert_eq!(edited(&once, Some(of_type("home")), edit), once);
    }
    let of_value = |value: &str| {
        let equal = Comparison::Text(TextOperator::Equal, value.to_owned());
        Filter::Is(ElementTest::Value(ElementPart::Sub(sub_name("value")), equal))
    };
    let either = Filter::Any(vec![of_type("home"), of_type("other")]);
    for (selector, edit) in [
        (of_value("c@x"), ListOperation::Replace(vec![bare.clone()])),
        (of_value("c@x"), ListOperation::Merge(texts(&[("value", "b@x")]))),
        (of_type("home"), ListOperation::Merge(texts(&[("type", "work"), ("value", "b@x")]))),
        (either.clone(), ListOperation::Replace(vec![bare])),
        (either, ListOperation::Merge(texts(&[("value", "b@x")]))),
    ] {
        assert_eq!(refused(&before, Some(selector), edit.clone()), Reason::NoTarget, "{edit:?}");
    }
}

/// An element without a value is nobody's address, least of all the preferred one.
#[test]
fn nothing_is_made_of_a_label() {
    let before = with(&[element(&[("type", "work"), ("value", "a@x")], true)]);
    for edit in [becomes_primary(), ListOperation::Merge(texts(&[("type", "home")]))] {
        let reason = refused(&before, Some(of_type("home")), edit.clone());
        assert_eq!(reason, Reason::NoTarget, "{edit:?}");
        assert_eq!(refused(&user(), None, edit), Reason::NoTarget);
    }
    let not_primary =
        ListOperation::Merge([(sub_name("primary"), Value::Boolean(false))].into_iter().collect());
    assert_eq!(edited(&before, Some(of_type("home")), not_primary), before);
}

#[test]
fn an_element_goes_with_its_value_unless_it_says_something_else() {
    let bare = element(&[("type", "work"), ("value", "a@x")], true);
    let shown = element(&[("type", "work"), ("value", "a@x"), ("display", "A")], false);
    let typed = element(&[("type", "home")], false);
    for edit in [
        ListOperation::Clear(vec![sub_name("value")]),
        ListOperation::Merge(texts(&[("value", " ")])),
    ] {
        let after = |element: &Value| {
            let user = edited(
                &with(&[typed.clone(), element.clone()]),
                Some(of_type("work")),
                edit.clone(),
            );
            user.profile.list("emails").to_vec()
        };
        assert_eq!(after(&bare), std::slice::from_ref(&typed), "{edit:?}");
        let left = element(&[("type", "work"), ("display", "A")], false);
        assert_eq!(after(&shown), [typed.clone(), left], "{edit:?}");
    }
    let no_type = ListOperation::Clear(vec![sub_name("type")]);
    let left = edited(&with(&[bare]), None, no_type);
    assert_eq!(left.profile.list("emails"), [element(&[("value", "a@x")], true)]);
}

#[test]
fn white_space_is_never_kept() {
    for blank in ["", " ", "\t\n", "\u{a0}"] {
        assert_eq!(
            edited(&user(), None, ListOperation::Add(vec![element(&[("value", blank)], true)])),
            user()
        );
        let title = Court::default().change(&okta(), &user(), vec![set_text("title", Some(blank))]);
        assert_eq!(title.accepted().user, user(), "{blank:?}");
        assert_eq!(ExternalId::parse(blank), Ok(None));
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
    let user = edited(&with(&[work, home.clone()]), None, becomes_primary());
    assert_eq!(
        user.profile.list("emails"),
        [element(&[("type", "work"), ("value", "a@x")], true), home]
    );
}

#[test]
fn to_clear_what_nobody_has_makes_nothing() {
    let edit = ListOperation::Merge(texts(&[("value", "")]));
    assert_eq!(edited(&user(), Some(of_type("work")), edit), user());
}

#[test]
fn an_element_that_would_be_empty_takes_nothing_from_the_others() {
    let primary = element(&[("value", "a@x")], true);
    let before = with(&[primary]);
    let empty = element(&[("value", "")], true);
    for (selector, edit) in [
        (Some(of_type("work")), ListOperation::Replace(vec![empty.clone()])),
        (None, ListOperation::Add(vec![empty])),
    ] {
        let after = edited(&before, selector, edit.clone());
        assert_eq!(after, before, "{edit:?}");
    }
}

/// As a user name would be, in every script and however it is composed.
#[test]
fn a_selector_finds_an_element_without_regard_to_case() {
    let school = |value| element(&[("type", "e\u{301}cole Zoë"), ("value", value)], false);
    for asked in ["École zoë", "ÉCOLE ZOË", "E\u{301}COLE ZOE\u{308}"] {
        let edit = ListOperation::Merge(texts(&[("value", "b@x")]));
        let user = edited(&with(&[school("a@x")]), Some(of_type(asked)), edit);
        assert_eq!(user.profile.list("emails"), [school("b@x")], "{asked}");
    }
}
