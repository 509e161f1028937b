//! The dashboards of `deploy/grafana`, made of the one description in `dashboards.yml` beside them.
//!
//! `INSTA_UPDATE=always scripts/test dashboards` writes them anew. Must never know a metric.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};

use super::rules::house;

/// A dashboard is so many columns wide, and a row of panels so many lines high.
const WIDTH: u64 = 24;
const HEIGHT: u64 = 8;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    dashboards: Vec<Dashboard>,
}

/// One dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    file: String,
    title: String,
    rows: Vec<Row>,
}

/// Panels that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    title: String,
    panels: Vec<Panel>,
}

/// One panel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Panel {
    title: String,
    /// What it shows, for whoever has never seen it.
    says: String,
    /// As Grafana calls it.
    unit: String,
    #[serde(default)]
    kind: PanelKind,
    queries: Vec<Query>,
}

/// How values are shown.
#[derive(Debug, Default, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum PanelKind {
    /// Over time.
    #[default]
    Timeseries,
    /// The last one of each.
    Stat,
    /// The last one of each, in rows.
    Table,
}

/// What is asked, and what a line is called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub ask: String,
    pub name: String,
}

/// What is described.
fn described() -> Vec<Dashboard> {
    let text = fs::read_to_string(house().join("deploy/grafana/dashboards.yml")).unwrap();
    serde_saphyr::from_str::<Description>(&text).unwrap().dashboards
}

/// All that dashboards ask, each with what a line of the answer is called.
pub fn queries() -> Vec<Query> {
    let rows = described().into_iter().flat_map(|dashboard| dashboard.rows);
    let panels = rows.flat_map(|row| row.panels);
    panels.flat_map(|panel| panel.queries).collect()
}

#[test]
fn dashboards_are_what_their_description_says() {
    let renews = std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always");
    let folder = house().join("deploy/grafana");
    let mut described = BTreeSet::new();
    for dashboard in self::described() {
        let path = folder.join(format!("{}.json", dashboard.file));
        let text = serde_json::to_string_pretty(&written(&dashboard)).unwrap() + "\n";
        described.insert(path.clone());
        if fs::read_to_string(&path).unwrap_or_default() == text {
            continue;
        }
        assert!(renews, "{path:?} is old: INSTA_UPDATE=always scripts/test dashboards");
        fs::write(path, text).unwrap();
    }
    let kept: BTreeSet<_> = super::rules::files("deploy/grafana", ".json").into_iter().collect();
    assert_eq!(kept, described, "nobody describes what is left");
}

fn written(dashboard: &Dashboard) -> Value {
    let Dashboard { file, title, rows } = dashboard;
    let mut panels = Vec::new();
    let mut line = 0;
    for Row { title, panels: own } in rows {
        panels.push(json!({
            "id": panels.len() + 1,
            "type": "row",
            "title": title,
            "collapsed": false,
            "gridPos": {"x": 0, "y": line, "w": WIDTH, "h": 1},
            "panels": [],
        }));
        line += 1;
        let width = WIDTH / u64::try_from(own.len()).unwrap();
        let mut column = 0;
        for panel in own {
            let place = json!({"x": column, "y": line, "w": width, "h": HEIGHT});
            panels.push(panel.written(panels.len() + 1, &place));
            column += width;
        }
        line += HEIGHT;
    }
    json!({
        "uid": format!("provost-{file}"),
        "title": title,
        "tags": ["provost"],
        "editable": true,
        "schemaVersion": 39,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
            {
                "name": "job",
                "label": "Job",
                "type": "query",
                "datasource": source(),
                "query": "label_values(provost_build, job)",
                "includeAll": true,
                "multi": true,
                "current": {"text": "All", "value": "$__all"},
                "refresh": 2,
            },
        ]},
        "panels": panels,
    })
}

fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

impl Panel {
    fn written(&self, id: usize, place: &Value) -> Value {
        let Self { title, says, unit, kind, queries } = self;
        let instant = *kind != PanelKind::Timeseries;
        let targets: Vec<_> = ('A'..)
            .zip(queries)
            .map(|(letter, Query { ask, name })| {
                json!({
                    "refId": letter.to_string(),
                    "datasource": source(),
                    "expr": ask,
                    "legendFormat": name,
                    "instant": instant,
                    "format": if *kind == PanelKind::Table { "table" } else { "time_series" },
                })
            })
            .collect();
        json!({
            "id": id,
            "type": format!("{kind:?}").to_lowercase(),
            "title": title,
            "description": says,
            "gridPos": place,
            "datasource": source(),
            "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
            "targets": targets,
        })
    }
}
