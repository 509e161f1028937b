//! The published table of failure: what a reason of the law is called outside, and its gRPC
//! code. A golden file, because callers build on it: an entry that moves breaks them.

use provost_core::{published_metadata, published_reasons};
use provost_proto::v1::ErrorReason;
use std::fmt::Write as _;

#[test]
fn every_reason_is_published_as_it_always_was() {
    let mut table = String::new();
    for (reason, code, published) in published_reasons() {
        let (reason, code) = (format!("{reason:?}"), format!("{code:?}"));
        writeln!(table, "{reason:24} {code:18} {}", published.as_str_name()).unwrap();
    }
    insta::assert_snapshot!("published_reasons", table);
}

/// The ledger and the log agree about what is a rule.
#[test]
fn what_the_law_judges_is_published_as_a_judgement() {
    for (reason, _, published) in published_reasons() {
        assert_eq!(reason.is_judgement(), published.is_judgement(), "{reason:?}");
    }
}

/// What machines find in the metadata of an error, as the contract says it beside each reason.
#[test]
fn the_metadata_of_every_reason_is_published_as_it_always_was() {
    let contract = include_str!("../../proto/provost/identity/v1/error_reason.proto");
    let mut table = String::new();
    let mut documented = Vec::new();
    for line in contract.lines().map(str::trim) {
        if let Some(keys) = line.strip_prefix("// Metadata: ") {
            documented = keys.trim_end_matches('.').split(", ").collect();
        }
        let Some((name, _)) = line.split_once(" = ") else { continue };
        let Some(reason) = ErrorReason::from_str_name(name) else { continue };
        let keys = published_metadata(reason);
        let written: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
        assert_eq!(written, std::mem::take(&mut documented), "{name}");
        if !keys.is_empty() {
            writeln!(table, "{:28} {}", reason.name(), keys.join(" ")).unwrap();
        }
    }
    insta::assert_snapshot!("published_metadata", table);
}

/// A reason that the table forgets could never be told.
#[test]
fn every_published_name_is_given_by_one_reason() {
    let given: Vec<_> = published_reasons().into_iter().map(|(_, _, name)| name).collect();
    // What is no decision of the law, but the store's or the service's trouble.
    let elsewhere = [
        ErrorReason::Unspecified,
        ErrorReason::TooManyFailedTokens,
        ErrorReason::StoreUnavailable,
        ErrorReason::Internal,
        ErrorReason::SiteBusy,
        ErrorReason::DeadlinePassed,
        ErrorReason::CoreStopping,
        ErrorReason::RoleHistoryPending,
        ErrorReason::StrictReadingRequired,
    ];
    for name in (0..1_000).filter_map(|number| ErrorReason::try_from(number).ok()) {
        let times = given.iter().filter(|other| **other == name).count();
        let expected = usize::from(!elsewhere.contains(&name));
        assert_eq!(times, expected, "{}", name.as_str_name());
    }
}
