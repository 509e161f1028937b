//! What rules and dashboards ask for is what the service tells: `docs/metrics.md`, which is made of the table in
//! the code and compared with a real `/metrics`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use promql_parser::parser::Expr;
use promql_parser::util::{ExprVisitor, walk_expr};

use super::dashboards;
use super::labels::{KnownSeries, of_scrape, parsed};
use super::rules::{house, rules};

/// The series that an expression names.
#[derive(Debug, Default)]
struct NamedInExpr(BTreeSet<String>);

impl ExprVisitor for NamedInExpr {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.0.extend(selector.name.clone()),
            Expr::MatrixSelector(selector) => self.0.extend(selector.vs.name.clone()),
            _ => {}
        }
        Ok(true)
    }
}

impl NamedInExpr {
    fn of(expr: &str) -> BTreeSet<String> {
        let mut named = Self::default();
        walk_expr(&mut named, &parsed(expr)).unwrap();
        named.0
    }
}

/// The metrics of the page, each with its labels.
fn told() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(house().join("docs/metrics.md")).unwrap();
    let entry = |entry: &str| {
        let (name, rest) = entry.split_once('`')?;
        let row = rest.lines().rfind(|line| line.starts_with("| `"))?;
        let (_, attributes) = row.trim_end_matches(" |").rsplit_once(" | ")?;
        let attributes = attributes.split('`').skip(1).step_by(2).map(|it| it.replace('.', "_"));
        Some((name.to_owned(), attributes.collect()))
    };
    let told: BTreeMap<_, _> = page.split("\n### `").skip(1).filter_map(entry).collect();
    assert!(told.len() > 20, "{told:?}");
    told
}

/// What is asked for, and where.
fn asked() -> Vec<String> {
    let shown = dashboards::queries().into_iter().map(|query| query.ask);
    rules().into_iter().map(|rule| rule.expr).chain(shown).collect()
}

#[test]
fn rules_and_dashboards_ask_for_what_is_told() {
    let known = KnownSeries::new(told(), &rules());
    for expr in asked() {
        let strange = known.strange(&expr);
        assert!(strange.is_empty(), "nobody tells {strange:?}: {expr}");
    }
}

#[test]
fn what_is_told_is_looked_at() {
    let asked: BTreeSet<_> = asked().iter().flat_map(|expr| NamedInExpr::of(expr)).collect();
    let asked: BTreeSet<_> = asked.iter().map(|name| of_scrape(name)).collect();
    let told = told();
    let idle: Vec<_> = told.keys().filter(|name| !asked.contains(name.as_str())).collect();
    assert!(idle.is_empty(), "no dashboard shows {idle:?}");
}

/// Or all lines of a panel would be called the same.
#[test]
fn lines_are_called_by_labels_that_they_have() {
    let known = KnownSeries::new(told(), &rules());
    for query in dashboards::queries() {
        let left = known.left_by(&query.ask);
        let words = query.name.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap());
        let named: BTreeSet<_> = words.map(str::to_owned).collect();
        assert!(named.is_subset(&left), "{named:?} are not all in {left:?}: {}", query.ask);
    }
}

/// Pages name metrics and labels as words.
#[test]
fn runbooks_name_what_is_told() {
    let told = told();
    let labels: BTreeSet<_> = told.values().flatten().cloned().collect();
    for path in super::rules::files("docs/runbooks", ".md") {
        let text = fs::read_to_string(&path).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_name = word.starts_with("provost_")
                || word.starts_with("http_")
                || word.starts_with("rpc_");
            let is_told = told.contains_key(of_scrape(word)) || labels.contains(word);
            assert!(!is_name || is_told, "{path:?} names {word}");
        }
    }
}
