//! What operators import: the rules of `deploy/prometheus`, the dashboards of `deploy/grafana` and the pages
//! that alerts lead to. They fit each other, and name what the service really tells; so do the figures by which
//! operators choose a machine.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod deploy {
    mod dashboards;
    mod grafana;
    mod labels;
    mod names;
    mod promtool;
    mod rules;
    mod runbooks;
    mod sizing;
}
