//! The rules as Prometheus itself judges them: whether it can read them, and whether each alert fires and
//! stays silent when it should.

use std::fs;
use std::process::Command;

use super::rules::{alerts, files};

/// Whether the program is there; a printed reason where it is not.
fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("promtool").is_file()) {
        return true;
    }
    let missing = "promtool is not installed; scripts/test installs it (Debian: prometheus)";
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

fn promtool(words: [&str; 2], folder: &str, ending: &str) {
    let output = Command::new("promtool").args(words).args(files(folder, ending)).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn prometheus_reads_the_rules() {
    if is_installed() {
        promtool(["check", "rules"], "deploy/prometheus", ".rules.yml");
    }
}

#[test]
fn alerts_fire_when_they_should_and_otherwise_not() {
    if is_installed() {
        promtool(["test", "rules"], "deploy/prometheus/tests", ".yml");
    }
}

#[test]
fn every_alert_is_seen_to_fire_and_to_stay_silent() {
    let read = |path| fs::read_to_string(path).unwrap();
    let tests: String = files("deploy/prometheus/tests", ".yml").into_iter().map(read).collect();
    let tests: Vec<_> = tests.split("alertname: ").skip(1).collect();
    for name in alerts().into_keys() {
        let own: Vec<_> =
            tests.iter().filter(|test| test.lines().next() == Some(name.as_str())).collect();
        let silent = own.iter().any(|test| test.contains("exp_alerts: []"));
        let fires = own.iter().any(|test| test.contains("exp_labels"));
        assert!(silent && fires, "{name}: silent {silent}, fires {fires}");
    }
}
