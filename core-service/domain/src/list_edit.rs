//! The one shape in which every list of a profile changes.

use super::profile::make_none_primary;
use super::{Element, ElementFilter, ListName, Profile, Refusal, SubName};
use serde::Serialize;
use std::collections::BTreeMap;

/// A change to one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEdit {
    /// Which list.
    pub list: ListName,
    /// Which of its elements; all of them when absent.
    pub selector: Option<ElementFilter>,
    /// What becomes of them.
    pub edit: Edit,
}

/// What becomes of the selected elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// These are appended unless they are there.
    Add(Vec<Element>),
    /// With a selector, each selected element becomes the first of these, or it is appended when
    /// none is selected; without one, the list becomes these.
    Replace(Vec<Element>),
    /// These values are set in each selected element; when none is selected, one is made.
    Merge(Merge),
    /// These values are cleared in each selected element.
    Clear(Vec<SubName>),
    /// The selected elements are removed.
    Remove,
}

/// Values to set in an element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Merge {
    /// Texts by name; empty text clears.
    pub texts: BTreeMap<SubName, String>,
    /// Whether it becomes the primary one; absent leaves that alone.
    /// Of several selected elements the first one becomes it.
    pub primary: Option<bool>,
}

impl ListEdit {
    /// Applies the change. Lengths are checked on the way, because elements are compared each
    /// with each.
    pub(super) fn apply(&self, profile: &mut Profile) -> Result<(), Refusal> {
        if let Edit::Add(elements) | Edit::Replace(elements) = &self.edit {
            self.list.check_length(elements)?;
        }
        let mut list = profile.lists.remove(&self.list).unwrap_or_default();
        match &self.edit {
            Edit::Add(elements) => append(&mut list, elements),
            Edit::Replace(elements) => self.replace(&mut list, elements),
            Edit::Merge(merge) => self.merge(&mut list, merge),
            Edit::Clear(names) => {
                for element in list.iter_mut().filter(|element| self.selects(element)) {
                    element.texts.retain(|name, _| !names.contains(name));
                }
            }
            Edit::Remove => list.retain(|element| !self.selects(element)),
        }
        self.list.check_length(&list)?;
        profile.set_list(self.list.clone(), list);
        Ok(())
    }

    fn selects(&self, element: &Element) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.selects(element))
    }

    fn selected(&self, list: &[Element]) -> Vec<usize> {
        (0..list.len()).filter(|&at| self.selects(&list[at])).collect()
    }

    fn replace(&self, list: &mut Vec<Element>, elements: &[Element]) {
        if self.selector.is_none() {
            return *list = elements.to_vec();
        }
        let mut first = elements.first().cloned().unwrap_or_default();
        first.settle();
        if first.texts.is_empty() {
            return list.retain(|element| !self.selects(element));
        }
        let selected = self.selected(list);
        if selected.is_empty() {
            return list.push(first);
        }
        if first.primary {
            make_none_primary(list);
        }
        for at in selected {
            list[at] = first.clone();
        }
    }

    fn merge(&self, list: &mut Vec<Element>, merge: &Merge) {
        // Chosen first, because setting one value may move an element out of the selection.
        let selected = self.selected(list);
        if selected.is_empty() {
            return list.extend(self.made_of(merge));
        }
        for &at in &selected {
            let element = &mut list[at];
            element.texts.extend(merge.texts.clone());
            element.settle();
            element.primary &= merge.primary != Some(false);
        }
        let stays = |at: &usize| !list[*at].texts.is_empty();
        if merge.primary == Some(true)
            && let Some(at) = selected.into_iter().find(stays)
        {
            make_none_primary(list);
            list[at].primary = true;
        }
    }

    /// Identity providers address an element that does not exist yet by its type and expect it
    /// to be made; but not where they clear a value that nobody has.
    fn made_of(&self, merge: &Merge) -> Option<Element> {
        let Merge { texts, primary } = merge;
        if *primary != Some(true) && texts.values().all(String::is_empty) {
            return None;
        }
        let mut made = self.selector.as_ref().map(ElementFilter::described).unwrap_or_default();
        made.texts.extend(texts.clone());
        made.primary = primary.unwrap_or(made.primary);
        Some(made)
    }
}

/// Appends what is not there. An element with the value (and type) of one that is there updates
/// it, so that adding twice is the same as adding once.
fn append(list: &mut Vec<Element>, elements: &[Element]) {
    for element in elements {
        let mut element = element.clone();
        element.settle();
        if element.texts.is_empty() {
            continue;
        }
        if element.primary {
            make_none_primary(list);
        }
        match list.iter_mut().find(|other| is_same(other, &element)) {
            Some(other) => {
                other.texts.extend(element.texts);
                other.primary |= element.primary;
            }
            None => list.push(element),
        }
    }
}

fn is_same(left: &Element, right: &Element) -> bool {
    match (left.text("value"), right.text("value")) {
        (Some(one), Some(other)) => one == other && left.text("type") == right.text("type"),
        _ => left.texts == right.texts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ElementTest, Filter, TextOperator};

    fn sub(name: &str) -> SubName {
        SubName::parse(name).unwrap()
    }

    fn email(kind: &str, value: &str, primary: bool) -> Element {
        Element {
            texts: [(sub("type"), kind.to_owned()), (sub("value"), value.to_owned())].into(),
            primary,
        }
    }

    fn of_type(kind: &str) -> ElementFilter {
        Filter::Is(ElementTest::Text(sub("type"), TextOperator::Equal, kind.to_owned()))
    }

    fn after(before: &[Element], selector: Option<ElementFilter>, edit: Edit) -> Vec<Element> {
        let list = ListName::parse("emails").unwrap();
        let mut profile = Profile::default();
        profile.set_list(list.clone(), before.to_vec());
        ListEdit { list, selector, edit }.apply(&mut profile).unwrap();
        profile.list("emails").to_vec()
    }

    #[test]
    fn each_edit_does_what_it_says() {
        let work = email("work", "a@x", true);
        let home = email("home", "b@x", false);
        let both = [work.clone(), home.clone()];
        let value =
            |text: &str| Merge { texts: [(sub("value"), text.to_owned())].into(), primary: None };
        let table = [
            ("add what is there", None, Edit::Add(vec![home.clone()]), both.to_vec()),
            (
                "add another primary",
                None,
                Edit::Add(vec![email("other", "c@x", true)]),
                vec![email("work", "a@x", false), home.clone(), email("other", "c@x", true)],
            ),
            ("replace all", None, Edit::Replace(vec![home.clone()]), vec![home.clone()]),
            ("replace by nothing", None, Edit::Replace(vec![]), vec![]),
            (
                "replace the selected",
                Some(of_type("HOME")),
                Edit::Replace(vec![email("home", "d@x", false)]),
                vec![work.clone(), email("home", "d@x", false)],
            ),
            (
                "replace what is missing",
                Some(of_type("other")),
                Edit::Replace(vec![email("other", "d@x", false)]),
                vec![work.clone(), home.clone(), email("other", "d@x", false)],
            ),
            (
                "merge into the selected",
                Some(of_type("work")),
                Edit::Merge(value("e@x")),
                vec![email("work", "e@x", true), home.clone()],
            ),
            (
                "merge makes what is missing",
                Some(of_type("other")),
                Edit::Merge(value("e@x")),
                vec![work.clone(), home.clone(), email("other", "e@x", false)],
            ),
            (
                "merge moves the primary",
                Some(of_type("home")),
                Edit::Merge(Merge { texts: BTreeMap::new(), primary: Some(true) }),
                vec![email("work", "a@x", false), email("home", "b@x", true)],
            ),
            (
                "clear both values removes",
                Some(of_type("home")),
                Edit::Clear(vec![sub("value"), sub("type")]),
                vec![work.clone()],
            ),
            ("remove the selected", Some(of_type("home")), Edit::Remove, vec![work.clone()]),
            ("remove all", None, Edit::Remove, vec![]),
            ("remove what is missing", Some(of_type("other")), Edit::Remove, both.to_vec()),
        ];
        for (name, selector, edit, expected) in table {
            assert_eq!(after(&both, selector, edit), expected, "{name}");
        }
    }
}
