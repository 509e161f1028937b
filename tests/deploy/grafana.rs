//! What Grafana asks of a file that is imported, as far as its JSON model says so
//! (<https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/>).
//! Must never know what a panel is about.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::rules::files;

/// Grafana has so many columns.
const COLUMNS: u64 = 24;
/// Of the panels that every Grafana has.
const KINDS: [&str; 4] = ["row", "timeseries", "stat", "table"];
/// Of its units, by the words of its own list.
const UNITS: [&str; 6] = ["short", "s", "reqps", "ops", "bytes", "percentunit"];
/// What it puts in by itself.
const BUILT_IN: [&str; 1] = ["__rate_interval"];

/// Where a panel stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    x: u64,
    y: u64,
    w: u64,
    h: u64,
}

impl Place {
    fn of(panel: &Value) -> Self {
        let number = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        Self { x: number("x"), y: number("y"), w: number("w"), h: number("h") }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let apart = self.x + self.w <= other.x
            || other.x + other.w <= self.x
            || self.y + self.h <= other.y
            || other.y + other.h <= self.y;
        !apart
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn dashboards() -> Vec<Value> {
    let read = |path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    files("deploy/grafana", ".json").into_iter().map(read).collect()
}

/// One that has an id would take the place of whatever has it.
#[test]
fn a_dashboard_is_found_by_its_own_name() {
    let mut uids = BTreeSet::new();
    for dashboard in dashboards() {
        let uid = text(&dashboard["uid"]).to_owned();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        assert!((1..=40).contains(&uid.len()) && uid.chars().all(plain), "{uid}");
        assert!(dashboard["schemaVersion"].is_u64() && dashboard.get("id").is_none(), "{uid}");
        assert!(!text(&dashboard["title"]).is_empty(), "{uid}");
        assert!(uids.insert(uid.clone()), "{uid} is there twice");
    }
}

#[test]
fn panels_have_a_place_of_their_own() {
    for dashboard in dashboards() {
        let (mut ids, mut places) = (BTreeSet::new(), Vec::<Place>::new());
        for panel in list(&dashboard["panels"]) {
            let place = Place::of(panel);
            let title = text(&panel["title"]);
            assert!(place.w > 0 && place.h > 0 && place.x + place.w <= COLUMNS, "{title}");
            let under = places.iter().find(|other| other.overlaps(&place));
            assert!(under.is_none(), "{title} at {place:?} lies on {under:?}");
            places.push(place);
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title} has an id of another");
            assert!(KINDS.contains(&text(&panel["type"])), "{title}");
        }
    }
}

#[test]
fn panels_ask_by_what_whoever_imports_them_chooses() {
    for dashboard in dashboards() {
        let variables = list(&dashboard["templating"]["list"]);
        let mut known: BTreeSet<_> = variables.iter().map(|it| text(&it["name"])).collect();
        assert_eq!(variables[0]["type"], "datasource");
        known.extend(BUILT_IN);
        let panels = list(&dashboard["panels"]).iter().filter(|panel| panel["type"] != "row");
        for panel in panels {
            let title = text(&panel["title"]);
            assert!(UNITS.contains(&text(&panel["fieldConfig"]["defaults"]["unit"])), "{title}");
            assert!(!text(&panel["description"]).is_empty(), "{title}");
            let targets = list(&panel["targets"]);
            let names: BTreeSet<_> = targets.iter().map(|it| text(&it["refId"])).collect();
            assert!(!targets.is_empty() && names.len() == targets.len(), "{title}");
            for source in targets.iter().map(|it| &it["datasource"]).chain([&panel["datasource"]]) {
                assert_eq!(source["type"], "prometheus", "{title}");
                assert_eq!(source["uid"], "${datasource}", "{title}");
            }
            for expr in targets.iter().map(|it| text(&it["expr"])) {
                for rest in expr.split('$').skip(1) {
                    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                    let name = &rest[..end.unwrap_or(rest.len())];
                    assert!(known.contains(name), "{title} asks by ${name}: {expr}");
                }
            }
        }
    }
}
