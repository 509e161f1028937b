//! Lists of a profile beside a slow and obvious model of them, over long runs of edits whose selectors are
//! of any shape.

use super::court::*;
use crate::{
    Attributes, Comparison, ElementFilter, ElementPart, ElementTest, Filter, ListOperation, Reason,
    TextOperator, Value,
};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

const PARTS: [&str; 3] = ["display", "type", "value"];
/// Few, so that draws meet; some of them only with regard to case.
const WORDS: [&str; 5] = ["", "a", "A", "ab", "b"];
const OPERATORS: [TextOperator; 8] = [
    TextOperator::Equal,
    TextOperator::Contains,
    TextOperator::StartsWith,
    TextOperator::EndsWith,
    TextOperator::Greater,
    TextOperator::GreaterOrEqual,
    TextOperator::Less,
    TextOperator::LessOrEqual,
];

type Texts = BTreeMap<&'static str, String>;

/// An element: its texts, and whether it is the preferred one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Element {
    texts: Texts,
    primary: bool,
}

impl Element {
    fn drop_blank(mut self) -> Self {
        self.texts.retain(|_, text| !text.is_empty());
        self
    }

    /// Whether it says more than what it is for.
    fn has_content(&self) -> bool {
        self.texts.contains_key("value") || self.texts.contains_key("display")
    }

    /// Whether something that is added is this one again.
    fn is_again(&self, other: &Self) -> bool {
        match (self.texts.get("value"), other.texts.get("value")) {
            (Some(one), Some(other_value)) => {
                one == other_value && self.texts.get("type") == other.texts.get("type")
            }
            (None, None) => self.texts == other.texts,
            _ => false,
        }
    }

    fn brought(&self) -> Value {
        let texts = self.texts.iter().map(|(part, text)| (*part, text.as_str()));
        element(&texts.collect::<Vec<_>>(), self.primary)
    }

    fn kept(value: &Value) -> Self {
        let text = |part: &'static str| Some((part, value.text(part)?.to_owned()));
        Self { texts: PARTS.into_iter().filter_map(text).collect(), primary: value.is_primary() }
    }
}

#[derive(Debug, Clone)]
enum Condition {
    Text(&'static str, TextOperator, &'static str),
    Has(&'static str),
    Primary(bool),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

impl Condition {
    fn holds(&self, element: &Element) -> bool {
        match self {
            Self::Text(part, operator, asked) => element.texts.get(part).is_some_and(|have| {
                let (have, asked) = (have.to_lowercase(), asked.to_lowercase());
                match operator {
                    TextOperator::Equal => have == asked,
                    TextOperator::Contains => have.contains(&asked),
                    TextOperator::StartsWith => have.starts_with(&asked),
                    TextOperator::EndsWith => have.ends_with(&asked),
                    TextOperator::Greater => have > asked,
                    TextOperator::GreaterOrEqual => have >= asked,
                    TextOperator::Less => have < asked,
                    TextOperator::LessOrEqual => have <= asked,
                }
            }),
            Self::Has(part) => element.texts.contains_key(part),
            Self::Primary(primary) => element.primary == *primary,
            Self::All(operands) => operands.iter().all(|operand| operand.holds(element)),
            Self::Any(operands) => operands.iter().any(|operand| operand.holds(element)),
            Self::Not(operand) => !operand.holds(element),
        }
    }

    /// What it says of an element by equalities that must all hold.
    fn describe(&self, texts: &mut Texts, primary: &mut Option<bool>) {
        match self {
            Self::Text(part, TextOperator::Equal, text) => {
                texts.insert(part, (*text).to_owned());
            }
            Self::Primary(asked) => *primary = Some(*asked),
            Self::All(operands) => {
                for operand in operands {
                    operand.describe(texts, primary);
                }
            }
            Self::Text(..) | Self::Has(_) | Self::Any(_) | Self::Not(_) => {}
        }
    }

    fn asked(&self) -> ElementFilter {
        let part = |part: &str| ElementPart::Sub(sub_name(part));
        let all = |operands: &[Self]| operands.iter().map(Self::asked).collect();
        match self {
            Self::Text(name, operator, text) => {
                let compared = Comparison::Text(*operator, (*text).to_owned());
                Filter::Is(ElementTest::Value(part(name), compared))
            }
            Self::Has(name) => Filter::Is(ElementTest::Has(part(name))),
            Self::Primary(primary) => Filter::Is(ElementTest::Primary(*primary)),
            Self::All(operands) => Filter::All(all(operands)),
            Self::Any(operands) => Filter::Any(all(operands)),
            Self::Not(operand) => Filter::Not(Box::new(operand.asked())),
        }
    }
}

#[derive(Debug, Clone)]
enum Edit {
    Add(Vec<Element>),
    Replace(Vec<Element>),
    Merge(Texts, Option<bool>),
    Clear(Vec<&'static str>),
    Remove,
}

impl Edit {
    fn asked(&self) -> ListOperation {
        let brought = |elements: &[Element]| elements.iter().map(Element::brought).collect();
        match self {
            Self::Add(elements) => ListOperation::Add(brought(elements)),
            Self::Replace(elements) => ListOperation::Replace(brought(elements)),
            Self::Merge(texts, primary) => {
                let texts = texts.iter().map(|(part, value)| (sub_name(part), text(value)));
                let primary = primary.map(|primary| (sub_name("primary"), Value::Boolean(primary)));
                ListOperation::Merge(texts.chain(primary).collect::<Attributes>())
            }
            Self::Clear(parts) => {
                ListOperation::Clear(parts.iter().map(|it| sub_name(it)).collect())
            }
            Self::Remove => ListOperation::Remove,
        }
    }
}

type Model = Vec<Element>;

/// Nothing empty, and of several preferred ones the last.
fn settled(elements: &[Element]) -> Model {
    let mut list: Model = elements.iter().cloned().map(Element::drop_blank).collect();
    list.retain(|element| !element.texts.is_empty());
    let preferred = list.iter().rposition(|element| element.primary);
    for (at, element) in list.iter_mut().enumerate() {
        element.primary = Some(at) == preferred;
    }
    list
}

fn none_is_primary(list: &mut [Element]) {
    for element in list {
        element.primary = false;
    }
}

/// What becomes of a list by an edit; none where that finds nothing.
fn after(mut list: Model, selector: Option<&Condition>, edit: &Edit) -> Option<Model> {
    let fits = |element: &Element| selector.is_none_or(|it| it.holds(element));
    let selected: Vec<usize> = (0..list.len()).filter(|at| fits(&list[*at])).collect();
    let (mut described, mut described_primary) = (Texts::new(), None);
    if let Some(selector) = selector {
        selector.describe(&mut described, &mut described_primary);
    }
    // What is left of elements from which something was taken.
    let mut emptied = Vec::new();
    match edit {
        Edit::Add(elements) => {
            let added = settled(elements);
            if added.iter().any(|element| element.primary) {
                none_is_primary(&mut list);
            }
            for element in added {
                match list.iter_mut().find(|known| known.is_again(&element)) {
                    Some(known) => {
                        known.texts.extend(element.texts);
                        known.primary |= element.primary;
                    }
                    None => list.push(element),
                }
            }
        }
        Edit::Replace(elements) if selector.is_none() => list = settled(elements),
        Edit::Replace(elements) => {
            let old = selected.first().map(|at| list[*at].clone());
            let new = elements.first().and_then(|first| settled(std::slice::from_ref(first)).pop());
            let new = new.map(|mut new| {
                for (part, text) in described {
                    let known = old.as_ref().and_then(|old| old.texts.get(part)).cloned();
                    new.texts.entry(part).or_insert(known.unwrap_or(text));
                }
                let was = old.as_ref().is_some_and(|old| old.primary);
                new.primary |= described_primary.is_some_and(|described| was || described);
                new.drop_blank()
            });
            if old.is_none() && new.as_ref().is_some_and(|new| !fits(new)) {
                return None;
            }
            if new.as_ref().is_some_and(|new| new.primary) {
                none_is_primary(&mut list);
            }
            let place = selected.first().copied().unwrap_or(list.len());
            for at in selected.iter().rev() {
                list.remove(*at);
            }
            if let Some(new) = new {
                list.insert(place, new);
            }
        }
        Edit::Merge(texts, primary) if selected.is_empty() => {
            if *primary != Some(true) && texts.values().all(String::is_empty) {
                return Some(list);
            }
            let mut made = Element { texts: described, primary: false };
            made.texts.extend(texts.clone());
            made.primary = primary.or(described_primary) == Some(true);
            let made = made.drop_blank();
            if !made.has_content() || !fits(&made) {
                return None;
            }
            if made.primary {
                none_is_primary(&mut list);
            }
            list.push(made);
        }
        Edit::Merge(texts, primary) => {
            for at in &selected {
                let before = list[*at].clone();
                list[*at].texts.extend(texts.clone());
                list[*at] = list[*at].clone().drop_blank();
                list[*at].primary &= *primary != Some(false);
                emptied.extend((before.has_content() && !list[*at].has_content()).then_some(*at));
            }
            let left =
                selected.iter().find(|at| !emptied.contains(at) && !list[**at].texts.is_empty());
            if let (Some(true), Some(first)) = (primary, left) {
                none_is_primary(&mut list);
                list[*first].primary = true;
            }
        }
        Edit::Clear(parts) => {
            for at in &selected {
                let had_content = list[*at].has_content();
                list[*at].texts.retain(|part, _| !parts.contains(part));
                list[*at].primary &= !parts.contains(&"primary");
                emptied.extend((had_content && !list[*at].has_content()).then_some(*at));
            }
        }
        Edit::Remove => list.retain(|element| !fits(element)),
    }
    let mut at = 0;
    list.retain(|element| {
        at += 1;
        !emptied.contains(&(at - 1)) && !element.texts.is_empty()
    });
    Some(list)
}

/// Of elements that say the same the first one stays, and is preferred if another was.
fn without_repeated(list: Model) -> Model {
    let mut once = Model::new();
    for element in list {
        match once.iter_mut().find(|known| known.texts == element.texts) {
            Some(known) => known.primary |= element.primary,
            None => once.push(element),
        }
    }
    once
}

fn word() -> impl Strategy<Value = &'static str> {
    select(WORDS.to_vec())
}

fn part() -> impl Strategy<Value = &'static str> {
    select(PARTS.to_vec())
}

fn some_texts() -> impl Strategy<Value = Texts> {
    proptest::collection::btree_map(part(), word().prop_map(str::to_owned), 0..4)
}

fn one_element() -> impl Strategy<Value = Element> {
    (some_texts(), proptest::bool::weighted(0.3))
        .prop_map(|(texts, primary)| Element { texts, primary })
}

fn condition() -> impl Strategy<Value = Condition> {
    let operator = || select(OPERATORS.to_vec());
    let leaf = prop_oneof![
        3 => (part(), word()).prop_map(|(part, text)| Condition::Text(part, TextOperator::Equal, text)),
        3 => (part(), operator(), word()).prop_map(|(part, by, text)| Condition::Text(part, by, text)),
        1 => part().prop_map(Condition::Has),
        1 => any::<bool>().prop_map(Condition::Primary),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let some = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            some.clone().prop_map(Condition::All),
            some.prop_map(Condition::Any),
            inner.prop_map(|operand| Condition::Not(Box::new(operand))),
        ]
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let elements = || proptest::collection::vec(one_element(), 0..4);
    let cleared = select(vec!["display", "type", "value", "primary"]);
    prop_oneof![
        2 => elements().prop_map(Edit::Add),
        2 => elements().prop_map(Edit::Replace),
        3 => (some_texts(), proptest::option::of(any::<bool>()))
            .prop_map(|(texts, primary)| Edit::Merge(texts, primary)),
        1 => proptest::collection::vec(cleared, 1..3).prop_map(Edit::Clear),
        1 => Just(Edit::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_run_of_edits_does_what_the_model_does(
        commands in proptest::collection::vec(
            proptest::collection::vec((proptest::option::of(condition()), edit()), 1..4), 1..10),
    ) {
        let mut user = user();
        let mut model = Model::new();
        for edits in commands {
            let changes = edits.iter().map(|(selector, edit)| {
                edit_emails(selector.as_ref().map(Condition::asked), edit.asked())
            });
            let answer = Court::default().change(&okta(), &user, changes.collect()).answer;
            let expected = edits.iter().try_fold(model.clone(), |list, (selector, edit)| {
                after(list, selector.as_ref(), edit)
            });
            match (answer, expected) {
                (Ok(answer), Some(expected)) => {
                    (user, model) = (answer.user, without_repeated(expected));
                }
                (Err(refusal), None) => prop_assert_eq!(refusal.reason, Reason::NoTarget),
                (answer, expected) => {
                    prop_assert!(false, "{:?} is {:?} and not {:?}", edits, answer, expected);
                }
            }
            let kept: Model = user.profile.list("emails").iter().map(Element::kept).collect();
            prop_assert_eq!(&kept, &model, "after {:?}", edits);
            prop_assert!(kept.iter().filter(|element| element.primary).count() <= 1);
        }
    }
}
