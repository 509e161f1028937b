//! The files of rules, and what every alert has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Where alerts lead; whoever keeps the pages elsewhere replaces what stands before `docs`.
const RUNBOOKS: &str = "https://provost.example.com/docs/runbooks/";

/// A file of rules, as Prometheus reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    pub groups: Vec<RuleGroup>,
}

/// Rules that are looked at one after the other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleGroup {
    pub name: String,
    pub rules: Vec<Rule>,
}

/// What is recorded under a name, or alerted about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub record: Option<String>,
    pub alert: Option<String>,
    pub expr: String,
    #[serde(default, rename = "for")]
    pub lasting: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}

/// The folder of the repository.
pub fn house() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of this ending in a folder, in order.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(house().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} has no {ending}");
    files
}

/// All rules.
pub fn rules() -> Vec<Rule> {
    let files = files("deploy/prometheus", ".rules.yml").into_iter();
    let groups = files.flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let file: RuleFile = serde_saphyr::from_str(&text).unwrap();
        file.groups
    });
    groups
        .inspect(|group| assert!(group.name.starts_with("provost-")))
        .flat_map(|it| it.rules)
        .collect()
}

/// The alerts by their names, each once.
pub fn alerts() -> BTreeMap<String, Vec<Rule>> {
    let mut alerts = BTreeMap::<_, Vec<_>>::new();
    for rule in rules() {
        if let Some(name) = rule.alert.clone() {
            alerts.entry(name).or_default().push(rule);
        }
    }
    alerts
}

#[test]
fn every_alert_says_how_urgent_it_is_and_where_to_read_on() {
    for (name, rules) in alerts() {
        assert!(name.starts_with("Provost"), "{name}");
        for Rule { labels, annotations, lasting, record, .. } in rules {
            assert!(record.is_none() && !lasting.is_empty(), "{name} fires at once");
            let severity = labels.get("severity").map(String::as_str);
            assert!(matches!(severity, Some("page" | "ticket")), "{name}: {severity:?}");
            let sentence = &annotations["summary"];
            assert!(sentence.ends_with('.') && !sentence.contains(". "), "{name}: {sentence}");
            assert_eq!(annotations["runbook_url"], format!("{RUNBOOKS}{name}.md"));
            assert_eq!(annotations.len(), 2, "{name}");
        }
    }
}
