//! Work: a command's time follows from its size, and has an end.

use super::court::*;
use crate::{
    Comparison, ElementFilter, ElementPart, ElementTest, Filter, ListOperation, Reason,
    TextOperator, User, Value,
};

/// Somebody with as many addresses as a list may have, together as long as a profile may be.
fn with_long_addresses() -> User {
    let long = "x".repeat(550);
    let addresses = (0..100).map(|n| {
        let value = format!("{n}@example.com");
        element(&[("display", &long), ("type", "work"), ("value", &value)], n == 0)
    });
    changed(&user(), vec![ListOperation::Replace(addresses.collect())]).unwrap()
}

fn changed(user: &User, edits: Vec<ListOperation>) -> Result<User, crate::Refusal> {
    let changes = edits.into_iter().map(|edit| edit_emails(None, edit)).collect();
    Court::default().change(&okta(), user, changes).answer.map(|decided| decided.user)
}

/// With another type each time, all elements change a thousand times.
#[test]
fn a_thousand_changes_of_a_long_list_are_refused() {
    let kinds = (0..1_000).map(|n| ListOperation::Merge(texts(&[("type", &n.to_string())])));
    let refusal = changed(&with_long_addresses(), kinds.collect()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TooMuchWork);
}

#[test]
fn two_hundred_changes_of_a_long_list_are_made() {
    let before = with_long_addresses();
    let kinds = (0..200).map(|n| ListOperation::Merge(texts(&[("type", &n.to_string())])));
    let after = changed(&before, kinds.collect()).unwrap();
    let is_last = |element: &Value| element.text("type") == Some("199");
    assert!(after.profile.list("emails").iter().all(is_last));
}

/// Before the whole is looked at, each element may be as long as a value may be.
#[test]
fn to_look_through_long_texts_counts_by_their_length() {
    let long = "Ä".repeat(2_000);
    let addresses =
        (0..100).map(|n| element(&[("type", "work"), ("value", &format!("{n}{long}"))], n == 0));
    let has = |part: &str, text: &str| {
        let has_text = Comparison::Text(TextOperator::Contains, text.to_owned());
        Filter::Is(ElementTest::Value(ElementPart::Sub(sub_name(part)), has_text))
    };
    let looked_through = |selector: ElementFilter, times: usize| {
        let added = edit_emails(None, ListOperation::Add(addresses.clone().collect()));
        let removed =
            std::iter::repeat_n(edit_emails(Some(selector), ListOperation::Remove), times);
        let emptied = edit_emails(None, ListOperation::Remove);
        let changes = std::iter::once(added).chain(removed).chain([emptied]).collect();
        Court::default().change(&okta(), &user(), changes).answer.map(|decided| decided.changed)
    };
    assert_eq!(looked_through(has("type", "z"), 190), Ok(false));
    assert_eq!(looked_through(has("value", "z"), 5), Ok(false));
    let refusal = looked_through(has("value", "z"), 7).unwrap_err();
    assert_eq!(refusal.reason, Reason::TooMuchWork);
    let refusal = looked_through(has("type", &long), 7).unwrap_err();
    assert_eq!(refusal.reason, Reason::TooMuchWork);
}

#[test]
fn what_comes_to_say_the_same_is_kept_once_when_all_changes_are_made() {
    let two = ["a@x", "b@x"].map(|value| element(&[("type", "work"), ("value", value)], false));
    let before = changed(&user(), vec![ListOperation::Replace(two.to_vec())]).unwrap();
    let same = ListOperation::Merge(texts(&[("value", "c@x")]));
    let after = changed(&before, vec![same.clone()]).unwrap();
    let one = element(&[("type", "work"), ("value", "c@x")], false);
    assert_eq!(after.profile.list("emails"), std::slice::from_ref(&one));
    let added = element(&[("type", "home"), ("value", "d@x")], true);
    let after = changed(&before, vec![same, ListOperation::Add(vec![added.clone()])]).unwrap();
    assert_eq!(after.profile.list("emails"), [one, added]);
}

/// It would be copied into each of them before the whole is looked at.
#[test]
fn a_value_beyond_the_limits_is_put_into_no_element() {
    let long = "x".repeat(5_000);
    let edits = vec![ListOperation::Merge(texts(&[("display", &long)])), ListOperation::Remove];
    let refusal = changed(&with_long_addresses(), edits).unwrap_err();
    assert_eq!(refusal.reason, Reason::LimitExceeded);
}
