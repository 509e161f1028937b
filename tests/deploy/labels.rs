//! Which labels the series have that an expression makes, and whether it asks for any that they don't.
//!
//! Must never know what a metric means.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::Matchers;
use promql_parser::parser::{self, AggregateExpr, BinaryExpr, Expr, LabelModifier, VectorSelector};

use super::rules::Rule;

/// What Prometheus adds to everything that it scrapes, and what belongs to a bucket.
const ADDED: [&str; 3] = ["job", "instance", "le"];
/// What Prometheus tells itself: of what it scrapes, and of alerts.
const OF_PROMETHEUS: [(&str, &[&str]); 2] =
    [("up", &[]), ("ALERTS", &["alertname", "alertstate", "severity"])];
/// What is behind the name of a histogram.
const PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// Names of labels.
pub type Labels = BTreeSet<String>;

/// Series by name, each with its labels.
pub struct KnownSeries(BTreeMap<String, Labels>);

/// What an expression asks for that nobody has.
#[derive(Debug, Default)]
pub struct StrangeNames(Vec<String>);

/// The name under which a histogram is told.
pub fn of_scrape(name: &str) -> &str {
    PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

/// An expression, with something for what Grafana puts in.
pub fn parsed(expr: &str) -> Expr {
    let expr = expr.replace("$__rate_interval", "5m").replace("$__range", "1h");
    parser::parse(&expr).unwrap_or_else(|error| panic!("{expr}: {error}"))
}

impl KnownSeries {
    /// What is told, and what rules record of it.
    pub fn new(told: BTreeMap<String, Labels>, rules: &[Rule]) -> Self {
        let mut known = Self(told);
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        known.0.extend(OF_PROMETHEUS.map(|(name, labels)| (name.to_owned(), named(labels))));
        // What is recorded of something that is recorded further down, or of itself, is known next time.
        for _ in 0..3 {
            for rule in rules {
                let Some(name) = &rule.record else { continue };
                let carried = known.carried(&parsed(&rule.expr), &mut StrangeNames::default());
                let own = rule.labels.keys().cloned();
                known.0.entry(name.clone()).or_default().extend(carried.into_iter().chain(own));
            }
        }
        known
    }

    /// What an expression asks for that nobody tells.
    pub fn strange(&self, expr: &str) -> Vec<String> {
        let mut strange = StrangeNames::default();
        self.carried(&parsed(expr), &mut strange);
        strange.0
    }

    /// The labels that what an expression answers has.
    pub fn left_by(&self, expr: &str) -> Labels {
        self.carried(&parsed(expr), &mut StrangeNames::default())
    }

    fn carried(&self, expr: &Expr, strange: &mut StrangeNames) -> Labels {
        match expr {
            Expr::Aggregate(AggregateExpr { expr, modifier, .. }) => {
                let within = self.carried(expr, strange);
                match modifier {
                    None => Labels::new(),
                    Some(LabelModifier::Include(by)) => {
                        let by: Labels = by.labels.iter().cloned().collect();
                        strange.unless_in(&by, &within, expr);
                        by
                    }
                    Some(LabelModifier::Exclude(without)) => {
                        let without: Labels = without.labels.iter().cloned().collect();
                        strange.unless_in(&without, &within, expr);
                        within.difference(&without).cloned().collect()
                    }
                }
            }
            Expr::Binary(BinaryExpr { lhs, rhs, modifier, .. }) => {
                let [left, right] = [lhs, rhs].map(|side| self.carried(side, strange));
                let matching = modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
                if let Some(LabelModifier::Include(on)) = matching {
                    let on = on.labels.iter().cloned().collect();
                    strange.unless_in(&on, &left, lhs);
                    strange.unless_in(&on, &right, rhs);
                }
                left.union(&right).cloned().collect()
            }
            Expr::Call(call) => {
                let of_each = call.args.args.iter().map(|arg| self.carried(arg, strange));
                of_each.flatten().collect()
            }
            Expr::Paren(inner) => self.carried(&inner.expr, strange),
            Expr::Unary(inner) => self.carried(&inner.expr, strange),
            Expr::Subquery(inner) => self.carried(&inner.expr, strange),
            Expr::MatrixSelector(selector) => self.selected(&selector.vs, strange),
            Expr::VectorSelector(selector) => self.selected(selector, strange),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Labels::new(),
        }
    }

    fn selected(&self, selector: &VectorSelector, strange: &mut StrangeNames) -> Labels {
        let name = selector.name.clone().unwrap_or_default();
        let Some(labels) = self.0.get(&name).or_else(|| self.0.get(of_scrape(&name))) else {
            strange.0.push(name);
            return Labels::new();
        };
        let labels: Labels = labels.iter().cloned().chain(ADDED.map(str::to_owned)).collect();
        let Matchers { matchers, or_matchers } = &selector.matchers;
        let all = matchers.iter().chain(or_matchers.iter().flatten());
        let asked = all.map(|matcher| matcher.name.clone()).collect();
        strange.unless_in(&asked, &labels, &name);
        labels
    }
}

impl StrangeNames {
    fn unless_in(&mut self, asked: &Labels, known: &Labels, of: &impl ToString) {
        let beyond = asked.difference(known);
        self.0.extend(beyond.map(|label| format!("{label} of {}", of.to_string())));
    }
}

#[test]
fn labels_are_those_that_an_expression_leaves() {
    let told = BTreeMap::from([("a".to_owned(), Labels::from(["x".to_owned(), "y".to_owned()]))]);
    let rule = |record: &str, expr: &str| Rule {
        record: Some(record.to_owned()),
        alert: None,
        expr: expr.to_owned(),
        lasting: String::new(),
        labels: BTreeMap::from([("surface".to_owned(), "scim".to_owned())]),
        annotations: BTreeMap::new(),
    };
    let rules = [rule("r:later", "max by (x) (r:a)"), rule("r:a", "sum by (job, x) (rate(a[5m]))")];
    let known = KnownSeries::new(told, &rules);
    for (expr, strange) in [
        ("max by (instance, x) (a{y='1'})", 0),
        ("a{z='1'}", 1),
        ("r:a{x='1',surface='scim'}", 0),
        ("sum by (y) (r:a)", 1),
        ("r:later{job='x'} / on (x) r:a", 0),
        ("r:a / on (y) a", 1),
        ("nobody", 1),
    ] {
        assert_eq!(known.strange(expr).len(), strange, "{expr} {:?}", known.strange(expr));
    }
}
