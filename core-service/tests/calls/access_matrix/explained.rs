//! What is explained of calls beside what becomes of them.

use super::cases::Case;
use super::{Asker, Outcome, call};
use crate::calls::fixture::*;
use provost_proto::v1;
use std::collections::BTreeSet;

/// What is explained of each RPC is what becomes of its calls: of those that are told from others what
/// becomes of each.
pub async fn explained(fixture: &Fixture, asker: &Asker, name: &str, site: &str, cases: &[Case]) {
    let rpcs: BTreeSet<_> = cases.iter().map(|case| case.rpc).collect();
    let is_let_in = |case: &Case| asker.expected(case, site) == Outcome::LetIn;
    let explain = async |rpc: &str, told: v1::ExplainAccessRequest| {
        let request = v1::ExplainAccessRequest {
            service: name.to_owned(),
            rpc: rpc.to_owned(),
            scope: Some(v1::explain_access_request::Scope::Site(site.to_owned())),
            ..told
        };
        fixture.services().explain_access(request).await.unwrap().into_inner()
    };
    for rpc in rpcs {
        let expected = cases.iter().any(|case| case.rpc == rpc && is_let_in(case));
        let answer = explain(rpc, v1::ExplainAccessRequest::default()).await;
        assert_eq!(answer.allowed, expected, "{} {rpc} {site}: {answer:?}", asker.name());
    }
    for (case, told) in cases.iter().filter_map(|case| Some((case, case.asked.clone()?))) {
        let answer = explain(case.rpc, told).await;
        let status = call(fixture, &asker.token, case).await;
        let about = format!("{} {} {site}: {answer:?} {status:?}", asker.name(), case.rpc);
        assert_eq!(answer.allowed, is_let_in(case), "{about}");
        if let Some(status) = status.filter(|_| !answer.allowed) {
            assert_eq!(answer.message, status.message(), "{about}");
        }
    }
}
