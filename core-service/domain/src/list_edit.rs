//! The one shape in which every list of a profile changes.

use super::profile::{check, check_length};
use super::schema::PRIMARY;
use super::value::{Said, first_places, make_none_primary, settled_elements};
use super::work::Work;
use super::{AttributeName, Attributes, ElementFilter, Profile, Reason, Refusal, Value};

/// A change to one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEdit {
    /// Which list.
    pub list: AttributeName,
    /// False for a complex attribute with one value, which is a list of at most one.
    pub multi_valued: bool,
    /// Which of its elements; all of them when absent.
    pub selector: Option<ElementFilter>,
    /// What becomes of them.
    pub edit: ListOperation,
}

/// What becomes of the selected elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListOperation {
    /// These are appended unless they are there.
    Add(Vec<Value>),
    /// With a selector, each selected element becomes the first of these, or it is appended when
    /// none is selected; what the selector says of it, it says unless it says otherwise. Without a
    /// selector, the list becomes these.
    Replace(Vec<Value>),
    /// These values are set in each selected element, an empty one clears; when none is selected,
    /// an element is made of them and of what the selector says. Of several selected elements the
    /// first one becomes the primary one.
    Merge(Attributes),
    /// These values are cleared in each selected element. One that is left with nothing but its
    /// type goes.
    Clear(Vec<AttributeName>),
    /// The selected elements are removed.
    Remove,
}

impl ListEdit {
    /// Applies the change, in one pass over the list and what is brought to it. Elements that say
    /// the same may be left in the list: they are dropped once, when a command has made all its
    /// changes. What is brought is checked first, because it may be put into many elements.
    pub(super) fn apply(&self, profile: &mut Profile, work: &Work) -> Result<(), Refusal> {
        self.check_brought()?;
        work.spend(self.touched(profile))?;
        let old = profile.attributes.remove(&self.list);
        if !self.multi_valued {
            profile.set(&self.list, self.applied_to_one(old)?);
            return Ok(());
        }
        let mut list = match old {
            Some(Value::List(list)) => list,
            single => Vec::from_iter(single),
        };
        match &self.edit {
            ListOperation::Add(elements) => append(&mut list, elements),
            ListOperation::Replace(elements) => list = self.replaced(list, elements)?,
            ListOperation::Merge(values) => self.merge(&mut list, values)?,
            ListOperation::Clear(names) => {
                for element in list.iter_mut().filter(|element| self.selects(element)) {
                    taking_from(element, |element| {
                        if let Value::Complex(attributes) = element {
                            attributes.retain(|name, _| !names.contains(name));
                        }
                    });
                }
            }
            ListOperation::Remove => list.retain(|element| !self.selects(element)),
        }
        check_length(self.list.as_str(), &list)?;
        list.retain(|element| !element.is_empty_element());
        if !list.is_empty() {
            profile.attributes.insert(self.list.clone(), Value::List(list));
        }
        Ok(())
    }

    /// The change of a complex attribute with one value.
    fn applied_to_one(&self, old: Option<Value>) -> Result<Option<Value>, Refusal> {
        let is_meant = match &old {
            Some(one) => self.selects(one),
            None => self.selector.is_none(),
        };
        let mut attributes = match old {
            Some(Value::Complex(attributes)) => attributes,
            _ => Attributes::new(),
        };
        match &self.edit {
            ListOperation::Remove if is_meant => return Ok(None),
            ListOperation::Clear(names) if is_meant => {
                attributes.retain(|name, _| !names.contains(name));
            }
            ListOperation::Clear(_) | ListOperation::Remove => {}
            _ if !is_meant => return Err(self.no_target()),
            ListOperation::Add(values) | ListOperation::Replace(values) => {
                return Ok(values.last().cloned());
            }
            ListOperation::Merge(values) => attributes.extend(values.clone()),
        }
        Ok(Some(Value::Complex(attributes)))
    }

    fn check_brought(&self) -> Result<(), Refusal> {
        match &self.edit {
            ListOperation::Add(elements) | ListOperation::Replace(elements) => {
                check_length(self.list.as_str(), elements)?;
                elements.iter().try_for_each(|element| check(&self.list, element))
            }
            ListOperation::Merge(values) => {
                values.values().try_for_each(|value| check(&self.list, value))
            }
            ListOperation::Clear(_) | ListOperation::Remove => Ok(()),
        }
    }

    /// How many elements it goes through: those of the list for each test, long texts several times,
    /// and those it brings.
    fn touched(&self, profile: &Profile) -> usize {
        let there = match profile.attributes.get(&self.list) {
            Some(Value::List(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        let looked_at = match &self.selector {
            Some(selector) => there.iter().map(|element| selector.work(element)).sum(),
            None => there.len(),
        };
        let brought = match &self.edit {
            ListOperation::Add(elements) | ListOperation::Replace(elements) => elements.len(),
            ListOperation::Merge(_) | ListOperation::Clear(_) | ListOperation::Remove => 0,
        };
        looked_at.saturating_add(brought)
    }

    fn selects(&self, element: &Value) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.selects(element))
    }

    fn selected(&self, list: &[Value]) -> Vec<usize> {
        (0..list.len()).filter(|&at| self.selects(&list[at])).collect()
    }

    fn replaced(&self, mut list: Vec<Value>, elements: &[Value]) -> Result<Vec<Value>, Refusal> {
        let Some(selector) = &self.selector else {
            return Ok(settled_elements(elements.to_vec()));
        };
        // Chosen first, because one that ceases to be primary may move out of the selection.
        let selected: Vec<bool> = list.iter().map(|element| selector.selects(element)).collect();
        let old = selected.iter().position(|selected| *selected).map(|at| &list[at]);
        let mut new = elements.first().cloned().and_then(settled);
        if let Some(Value::Complex(attributes)) = &mut new {
            for (name, described) in selector.described() {
                let known = old.and_then(|old| old.sub(name.as_str())).cloned();
                attributes.entry(name).or_insert(known.unwrap_or(described));
            }
        }
        let mut new = new.and_then(settled);
        if old.is_none() && new.as_ref().is_some_and(|new| !selector.selects(new)) {
            return Err(self.no_target());
        }
        if new.as_ref().is_some_and(Value::is_primary) {
            make_none_primary(&mut list);
        }
        // The first of the selected elements becomes the new one, the others would say the same.
        let mut kept = Vec::with_capacity(list.len() + 1);
        for (element, selected) in list.into_iter().zip(selected) {
            if selected {
                kept.extend(new.take());
            } else {
                kept.push(element);
            }
        }
        kept.extend(new);
        Ok(kept)
    }

    fn merge(&self, list: &mut Vec<Value>, values: &Attributes) -> Result<(), Refusal> {
        let mut values = values.clone();
        let primary = values.remove(&PRIMARY);
        let becomes_primary = primary == Some(Value::Boolean(true));
        // Chosen first, because setting one value may move an element out of the selection.
        let selected = self.selected(list);
        if selected.is_empty() {
            let made = self.made_of(values, primary)?;
            if made.as_ref().is_some_and(Value::is_primary) {
                make_none_primary(list);
            }
            list.extend(made);
            return Ok(());
        }
        for &at in &selected {
            let element = &mut list[at];
            taking_from(element, |element| {
                if let Value::Complex(attributes) = element {
                    attributes.extend(values.clone());
                }
                element.settle();
            });
            if primary.is_some() && !becomes_primary {
                element.set_primary(false);
            }
        }
        let stays = |at: &usize| !list[*at].is_empty_element();
        if becomes_primary && let Some(at) = selected.into_iter().find(stays) {
            make_none_primary(list);
            list[at].set_primary(true);
        }
        Ok(())
    }

    /// Identity providers address an element that does not exist yet by its type and expect it
    /// to be made; but not where they clear a value that nobody has. Nothing is made of a label
    /// alone, and nothing that the selector would not find again.
    fn made_of(
        &self,
        values: Attributes,
        primary: Option<Value>,
    ) -> Result<Option<Value>, Refusal> {
        let becomes_primary = primary == Some(Value::Boolean(true));
        if !becomes_primary && values.values().all(Value::is_empty) {
            return Ok(None);
        }
        let mut made = self.selector.as_ref().map(ElementFilter::described).unwrap_or_default();
        made.extend(values);
        made.extend(primary.map(|primary| (PRIMARY, primary)));
        let made = settled(Value::Complex(made));
        let made = made.filter(|made| has_content(made) && self.selects(made));
        made.map(Some).ok_or_else(|| self.no_target())
    }

    /// Whether a selector finds something for what is to be put into it, as the published protocol wants it.
    pub(super) fn check_target(&self, profile: &Profile, work: &Work) -> Result<(), Refusal> {
        let puts = matches!(self.edit, ListOperation::Merge(_) | ListOperation::Replace(_));
        if !puts || self.selector.is_none() {
            return Ok(());
        }
        work.spend(self.touched(profile))?;
        let there = match profile.attributes.get(&self.list) {
            Some(Value::List(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        if there.iter().any(|element| self.selects(element)) {
            return Ok(());
        }
        let list = self.list.as_str();
        let message = format!(
            "nothing in {list} is what the change selects; add the element first, or select one that is there"
        );
        Err(Refusal::about(Reason::NoTarget, list, message))
    }

    fn no_target(&self) -> Refusal {
        let list = self.list.as_str();
        let message = format!(
            "nothing in {list} is what the change selects, and it doesn't say enough to add an \
             element that would be; send the value of the element, too"
        );
        Refusal::about(Reason::NoTarget, list, message)
    }
}

/// Whether an element says more than what it is for and that it is the primary one.
fn has_content(element: &Value) -> bool {
    match element {
        Value::Complex(attributes) => {
            attributes.keys().any(|name| *name != PRIMARY && name.as_str() != "type")
        }
        _ => true,
    }
}

/// Changes an element, and empties it if that takes its content.
fn taking_from(element: &mut Value, change: impl FnOnce(&mut Value)) {
    let had_content = has_content(element);
    change(element);
    if had_content && !has_content(element) {
        *element = Value::Complex(Attributes::new());
    }
}

/// An element in the form that is kept, unless nothing is said by it.
fn settled(element: Value) -> Option<Value> {
    settled_elements(vec![element]).pop()
}

/// Appends what is not there. An element with the value (and type) of one that is there updates
/// it, so that adding twice is the same as adding once.
fn append(list: &mut Vec<Value>, elements: &[Value]) {
    let added = settled_elements(elements.to_vec());
    if added.iter().any(Value::is_primary) {
        make_none_primary(list);
    }
    let there = list.len();
    let firsts = first_places(list.iter().chain(&added).map(Identity::of));
    // Where in the list each of those came to be that are appended.
    let mut places: Vec<usize> = (0..there).collect();
    for (at, element) in (there..).zip(added) {
        let place = places.get(firsts[at]).copied().unwrap_or(list.len());
        places.push(place);
        match (list.get_mut(place), element) {
            (Some(Value::Complex(known)), Value::Complex(more)) => known.extend(more),
            (Some(_), _) => {}
            (None, element) => list.push(element),
        }
    }
}

/// By what an element is found again when it is added: its value and type, or all that it says.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'v> {
    Value(&'v Value, Option<&'v Value>),
    Said(Said<'v>),
}

impl<'v> Identity<'v> {
    fn of(element: &'v Value) -> Self {
        match element.sub("value") {
            Some(value) => Self::Value(value, element.sub("type")),
            None => Self::Said(Said(element)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AttributeType, Comparison, ElementPart, ElementTest, Filter, ProfileAttribute,
        ProfileSchema, TextOperator,
    };

    fn emails() -> &'static ProfileAttribute {
        ProfileSchema::STANDARD.attribute("emails").unwrap()
    }

    fn sub(name: &str) -> AttributeName {
        emails().sub_attribute(name).unwrap().name()
    }

    fn texts(texts: &[(&str, &str)]) -> Attributes {
        texts.iter().map(|(name, text)| (sub(name), Value::Text((*text).to_owned()))).collect()
    }

    fn email(kind: &str, value: &str, primary: bool) -> Value {
        let mut email = Value::Complex(texts(&[("type", kind), ("value", value)]));
        email.set_primary(primary);
        email
    }

    fn of_type(kind: &str) -> ElementFilter {
        let is_kind = Comparison::Text(TextOperator::Equal, kind.to_owned());
        Filter::Is(ElementTest::Value(ElementPart::Sub(sub("type")), is_kind))
    }

    fn after(before: &[Value], selector: Option<ElementFilter>, edit: ListOperation) -> Vec<Value> {
        let mut profile = Profile::default();
        profile.set(&emails().name(), Some(Value::List(before.to_vec())));
        ListEdit { list: emails().name(), multi_valued: true, selector, edit }
            .apply(&mut profile, &Work::default())
            .unwrap();
        profile.drop_repeated(&emails().name());
        profile.list("emails").to_vec()
    }

    #[test]
    fn each_edit_does_what_it_says() {
        let work = email("work", "a@x", true);
        let home = email("home", "b@x", false);
        let both = [work.clone(), home.clone()];
        let value = |text: &str| texts(&[("value", text)]);
        let table = [
            ("add what is there", None, ListOperation::Add(vec![home.clone()]), both.to_vec()),
            (
                "add another primary",
                None,
                ListOperation::Add(vec![email("other", "c@x", true)]),
                vec![email("work", "a@x", false), home.clone(), email("other", "c@x", true)],
            ),
            ("replace all", None, ListOperation::Replace(vec![home.clone()]), vec![home.clone()]),
            ("replace by nothing", None, ListOperation::Replace(vec![]), vec![]),
            (
                "replace the selected",
                Some(of_type("HOME")),
                ListOperation::Replace(vec![email("home", "d@x", false)]),
                vec![work.clone(), email("home", "d@x", false)],
            ),
            (
                "replace what is missing",
                Some(of_type("other")),
                ListOperation::Replace(vec![email("other", "d@x", false)]),
                vec![work.clone(), home.clone(), email("other", "d@x", false)],
            ),
            (
                "merge into the selected",
                Some(of_type("work")),
                ListOperation::Merge(value("e@x")),
                vec![email("work", "e@x", true), home.clone()],
            ),
            (
                "merge makes what is missing",
                Some(of_type("other")),
                ListOperation::Merge(value("e@x")),
                vec![work.clone(), home.clone(), email("other", "e@x", false)],
            ),
            (
                "merge moves the primary",
                Some(of_type("home")),
                ListOperation::Merge([(PRIMARY, Value::Boolean(true))].into_iter().collect()),
                vec![email("work", "a@x", false), email("home", "b@x", true)],
            ),
            (
                "merge leaves none primary",
                Some(of_type("work")),
                ListOperation::Merge([(PRIMARY, Value::Boolean(false))].into_iter().collect()),
                vec![email("work", "a@x", false), home.clone()],
            ),
            (
                "clear both values removes",
                Some(of_type("home")),
                ListOperation::Clear(vec![sub("value"), sub("type")]),
                vec![work.clone()],
            ),
            (
                "remove the selected",
                Some(of_type("home")),
                ListOperation::Remove,
                vec![work.clone()],
            ),
            ("remove all", None, ListOperation::Remove, vec![]),
            (
                "remove what is missing",
                Some(of_type("other")),
                ListOperation::Remove,
                both.to_vec(),
            ),
        ];
        for (name, selector, edit, expected) in table {
            assert_eq!(after(&both, selector, edit), expected, "{name}");
        }
    }

    #[test]
    fn a_list_of_single_values_changes_as_well() {
        static TAGS: ProfileAttribute = ProfileAttribute::list("tags", AttributeType::Text);
        let texts = |texts: &[&str]| -> Vec<_> {
            texts.iter().map(|text| Value::Text((*text).to_owned())).collect()
        };
        let is = |text: &str| {
            let equal = Comparison::Text(TextOperator::Equal, text.to_owned());
            Some(Filter::Is(ElementTest::Value(ElementPart::Whole, equal)))
        };
        let mut profile = Profile::default();
        for (selector, edit, expected) in [
            (None, ListOperation::Add(texts(&["a", "b", "a"])), texts(&["a", "b"])),
            (None, ListOperation::Add(texts(&["b", "c"])), texts(&["a", "b", "c"])),
            (is("B"), ListOperation::Replace(texts(&["d"])), texts(&["a", "d", "c"])),
            (is("a"), ListOperation::Remove, texts(&["d", "c"])),
            (None, ListOperation::Remove, vec![]),
        ] {
            ListEdit { list: TAGS.name(), multi_valued: true, selector, edit }
                .apply(&mut profile, &Work::default())
                .unwrap();
            assert_eq!(profile.list("tags"), expected);
        }
    }

    #[test]
    fn a_single_complex_value_is_a_list_of_one() {
        const SUBS: &[ProfileAttribute] = &[ProfileAttribute::new("size", AttributeType::Integer)];
        static SHOE: ProfileAttribute = ProfileAttribute::new("shoe", AttributeType::Complex(SUBS));
        let size = |size| [(SUBS[0].name(), Value::Integer(size))].into_iter().collect();
        let mut profile = Profile::default();
        for (edit, expected) in [
            (ListOperation::Merge(size(44)), Some(Value::Complex(size(44)))),
            (ListOperation::Merge(size(45)), Some(Value::Complex(size(45)))),
            (ListOperation::Clear(vec![SUBS[0].name()]), None),
        ] {
            let list = SHOE.name();
            let edit = ListEdit { list, multi_valued: false, selector: None, edit };
            edit.apply(&mut profile, &Work::default()).unwrap();
            assert_eq!(profile.get("shoe"), expected.as_ref());
        }
    }

    #[test]
    fn a_single_complex_value_changes_where_it_is_meant() {
        const SUBS: &[ProfileAttribute] = &[
            ProfileAttribute::new("colour", AttributeType::Text),
            ProfileAttribute::new("size", AttributeType::Integer),
        ];
        static SHOE: ProfileAttribute = ProfileAttribute::new("shoe", AttributeType::Complex(SUBS));
        let colour = |colour: &str| (SUBS[0].name(), Value::Text(colour.to_owned()));
        let size = |size| (SUBS[1].name(), Value::Integer(size));
        let shoe = |attributes: &[(AttributeName, Value)]| {
            Value::Complex(attributes.iter().cloned().collect())
        };
        let red = shoe(&[colour("red"), size(44)]);
        let blue = shoe(&[colour("blue")]);
        let clear = ListOperation::Clear(vec![SUBS[1].name()]);
        let merge = ListOperation::Merge([size(45)].into_iter().collect());
        let replace = ListOperation::Replace(vec![blue.clone()]);
        let add = ListOperation::Add(vec![blue.clone()]);
        for (selected, edit, expected) in [
            ("red", ListOperation::Remove, Ok(None)),
            ("blue", ListOperation::Remove, Ok(Some(red.clone()))),
            ("red", clear.clone(), Ok(Some(shoe(&[colour("red")])))),
            ("blue", clear, Ok(Some(red.clone()))),
            ("red", merge.clone(), Ok(Some(shoe(&[colour("red"), size(45)])))),
            ("blue", merge, Err(Reason::NoTarget)),
            ("red", replace.clone(), Ok(Some(blue.clone()))),
            ("blue", replace, Err(Reason::NoTarget)),
            ("red", add.clone(), Ok(Some(blue.clone()))),
            ("blue", add, Err(Reason::NoTarget)),
        ] {
            let mut profile = Profile::default();
            profile.set(&SHOE.name(), Some(red.clone()));
            let equal = Comparison::Text(TextOperator::Equal, selected.to_owned());
            let part = ElementPart::Sub(SUBS[0].name());
            let selector = Some(Filter::Is(ElementTest::Value(part, equal)));
            let change = ListEdit { list: SHOE.name(), multi_valued: false, selector, edit };
            let applied = change.apply(&mut profile, &Work::default());
            let after = applied.map(|()| profile.get("shoe").cloned());
            assert_eq!(after.map_err(|refusal| refusal.reason), expected, "{selected} {change:?}");
        }
    }

    /// To be preferred means something among several only. What is called so elsewhere is a value.
    #[test]
    fn primary_is_a_value_like_others_where_there_is_one_value() {
        const SUBS: &[ProfileAttribute] =
            &[ProfileAttribute::new("primary", AttributeType::Boolean)];
        static SEAT: ProfileAttribute = ProfileAttribute::new("seat", AttributeType::Complex(SUBS));
        let primary = |primary| Attributes::from_iter([(PRIMARY, Value::Boolean(primary))]);
        let mut profile = Profile::default();
        for known in [true, false] {
            for edit in [
                ListOperation::Merge(primary(known)),
                ListOperation::Replace(vec![Value::Complex(primary(known))]),
                ListOperation::Add(vec![Value::Complex(primary(known))]),
            ] {
                let edit =
                    ListEdit { list: SEAT.name(), multi_valued: false, selector: None, edit };
                edit.apply(&mut profile, &Work::default()).unwrap();
                let expected = Value::Complex(primary(known));
                assert_eq!(profile.get("seat"), Some(&expected));
                assert_eq!(profile.settled().get("seat"), Some(&expected));
            }
        }
    }
}
