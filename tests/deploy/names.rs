//! What rules and dashboards ask for is what the service tells: `docs/metrics.md`, which is made of the table in
//! the code and compared with a real `/metrics`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use promql_parser::label::Matchers;
use promql_parser::parser::{self, AggregateExpr, Expr, LabelModifier, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

use super::dashboards;
use super::rules::{house, rules};

/// What Prometheus adds to everything that it scrapes, and what belongs to a bucket.
const ADDED: [&str; 3] = ["job", "instance", "le"];
/// What Prometheus says itself of what it scrapes.
const UP: &str = "up";
/// What is behind the name of a histogram.
const PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];

/// What an expression names.
#[derive(Debug, Default)]
struct NamedInExpr {
    metrics: BTreeSet<String>,
    labels: BTreeSet<String>,
}

impl ExprVisitor for NamedInExpr {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.selector(selector),
            Expr::MatrixSelector(selector) => self.selector(&selector.vs),
            Expr::Aggregate(AggregateExpr { modifier, .. }) => self.grouped(modifier.as_ref()),
            Expr::Binary(binary) => {
                let modifier = binary.modifier.as_ref();
                self.grouped(modifier.and_then(|modifier| modifier.matching.as_ref()));
            }
            _ => {}
        }
        Ok(true)
    }
}

impl NamedInExpr {
    fn of(expr: &str) -> Self {
        // What Grafana puts in.
        let expr = expr.replace("$__rate_interval", "5m").replace("$__range", "1h");
        let parsed = parser::parse(&expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
        let mut named = Self::default();
        walk_expr(&mut named, &parsed).unwrap();
        named
    }

    fn selector(&mut self, selector: &VectorSelector) {
        self.metrics.extend(selector.name.clone());
        let Matchers { matchers, or_matchers } = &selector.matchers;
        let all = matchers.iter().chain(or_matchers.iter().flatten());
        self.labels.extend(all.map(|matcher| matcher.name.clone()));
    }

    fn grouped(&mut self, modifier: Option<&LabelModifier>) {
        match modifier {
            Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) => {
                self.labels.extend(labels.labels.iter().cloned());
            }
            None => {}
        }
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
    rules().into_iter().map(|rule| rule.expr).chain(dashboards::queries()).collect()
}

fn of_scrape(name: &str) -> &str {
    PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

#[test]
fn rules_and_dashboards_ask_for_what_is_told() {
    let told = told();
    let recorded: BTreeSet<_> = rules().into_iter().filter_map(|rule| rule.record).collect();
    let set: BTreeSet<_> = rules().into_iter().flat_map(|rule| rule.labels.into_keys()).collect();
    for expr in asked() {
        let NamedInExpr { metrics, labels } = NamedInExpr::of(&expr);
        let mut known: BTreeSet<_> = ADDED.map(str::to_owned).into();
        for name in metrics {
            match told.get(&name).or_else(|| told.get(of_scrape(&name))) {
                Some(labels) => known.extend(labels.iter().cloned()),
                None if recorded.contains(&name) || name == UP => known.extend(set.clone()),
                // What Prometheus tells of alerts themselves.
                None if name == "ALERTS" => {
                    known.extend(["alertname", "alertstate", "severity"].map(str::to_owned));
                }
                None => panic!("nobody tells {name}: {expr}"),
            }
        }
        let is_recorded = expr.contains(':');
        let strange: Vec<_> = labels.difference(&known).collect();
        assert!(strange.is_empty() || is_recorded, "{strange:?} are no labels: {expr}");
    }
}

#[test]
fn what_is_told_is_looked_at() {
    let asked: BTreeSet<_> =
        asked().iter().flat_map(|expr| NamedInExpr::of(expr).metrics).collect();
    let asked: BTreeSet<_> = asked.iter().map(|name| of_scrape(name)).collect();
    let told = told();
    let idle: Vec<_> = told.keys().filter(|name| !asked.contains(name.as_str())).collect();
    assert!(idle.is_empty(), "no dashboard shows {idle:?}");
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
