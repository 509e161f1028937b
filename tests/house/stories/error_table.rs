//! The closed vocabulary of failure as one golden table: what the law says, what gRPC carries,
//! what SCIM answers. The core and the gateway hold one total table each; here they meet.

use std::fmt::Write as _;

use provost_core::published_reasons;
use provost_gateway::translate::published_problems;
use provost_proto::v1::ErrorReason;

#[test]
fn every_reason_has_one_answer() {
    let law = published_reasons();
    let mut table = format!(
        "{:<28} {:<20} {:<5} {:<15} {}\n",
        "reason", "gRPC code", "HTTP", "scimType", "in the law"
    );
    for (reason, status, scim_type) in published_problems() {
        let known: Vec<_> = law.iter().filter(|(_, _, own)| *own == reason).collect();
        assert!(known.len() <= 1, "{reason:?} is published for several reasons of the law");
        let (word, code) = match known.first() {
            Some((own, code, _)) => (format!("{own:?}"), format!("{code:?}")),
            None => ("-".to_owned(), outside_the_law(reason).to_owned()),
        };
        let name = reason.name();
        let scim_type = serde_json::to_value(scim_type).unwrap();
        let scim_type = scim_type.as_str().unwrap_or("-");
        writeln!(table, "{name:<28} {code:<20} {status:<5} {scim_type:<15} {word}").unwrap();
    }
    insta::assert_snapshot!("error_table", table);
}

/// What no rule decides: the database is away, or somebody made a mistake.
fn outside_the_law(reason: ErrorReason) -> &'static str {
    match reason {
        ErrorReason::TooManyFailedTokens | ErrorReason::SiteBusy => "ResourceExhausted",
        ErrorReason::StoreUnavailable
        | ErrorReason::CoreStopping
        | ErrorReason::RoleHistoryPending => "Unavailable",
        ErrorReason::Internal => "Internal",
        ErrorReason::DeadlinePassed => "DeadlineExceeded",
        ErrorReason::StrictReadingRequired => "FailedPrecondition",
        ErrorReason::Unspecified => "-",
        other => panic!("{other:?} is published, but no reason of the law stands for it"),
    }
}
