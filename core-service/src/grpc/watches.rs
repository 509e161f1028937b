//! Following ledgers: from the request to a stream of what is told.

mod follower;
mod told;

use super::decode::{known, user_id};
use super::status::to_status;
use crate::authenticator::{Bearer, SiteReach};
use crate::watches::{WatchCursor, WatchScope};
use crate::{AppState, Failure};
use follower::Follower;
use futures::stream;
use provost_domain::{MetadataKey, Permission, Reason, Refusal, SiteId};
use provost_proto::v1;
use provost_proto::v1::watch_events_request::Start;
use provost_telemetry::record_site;
use std::collections::BTreeSet;
use std::sync::Arc;
pub(crate) use told::ToldEvent;
use told::ToldFilter;
use tonic::codegen::BoxStream;

/// The most sites that a watch may name.
const MAX_NAMED: usize = 100;
/// The most sites that a watch of all may be about.
const MAX_SITES: usize = 10_000;
/// The most kinds of a filter.
const MAX_KINDS: usize = 32;

/// Where a watch begins.
enum WatchBeginning {
    At(v1::WatchStart),
    Behind(WatchCursor),
}

/// Begins to follow what a request names, as far as its caller may.
pub(super) async fn begin(
    state: &Arc<AppState>,
    bearer: Bearer,
    message: v1::WatchEventsRequest,
) -> Result<Follower, Failure> {
    let v1::WatchEventsRequest { sites, all_sites, installation, start, filter } = message;
    let scope = scope(&sites, all_sites, installation)?;
    let beginning = beginning(scope, start)?;
    let takes_users = match &beginning {
        WatchBeginning::At(start) => *start == v1::WatchStart::Snapshot,
        WatchBeginning::Behind(cursor) => cursor.snapshot.is_some(),
    };
    let needs: &[_] = if takes_users {
        &[Permission::ReadLedger, Permission::ReadUsers]
    } else {
        &[Permission::ReadLedger]
    };
    let mut reach = SiteReach::AllSites;
    let named = match scope {
        WatchScope::Named => Some(named_sites(state, &bearer, sites, needs).await?),
        WatchScope::Installation => {
            bearer.admit_operator()?;
            if takes_users {
                return Err(no_users().into());
            }
            Some([SiteId::INSTALLATION].into())
        }
        WatchScope::AllSites => {
            reach = bearer.reach(needs)?;
            None
        }
    };
    let filter = self::filter(filter.unwrap_or_default())?;
    let permit = state.watches.places.take(&bearer.follower())?;
    let ledgers = state.watches.heads.watch(named.clone()).await?;
    let mut follower =
        Follower::new(Arc::clone(state), bearer, (scope, reach), filter, (ledgers, permit));
    match beginning {
        WatchBeginning::At(start) => follower.begin_at(start)?,
        WatchBeginning::Behind(cursor) => {
            let other = named.is_some_and(|named| !named.iter().eq(cursor.positions.keys()));
            if other {
                return Err(foreign_cursor().into());
            }
            follower.begin_behind(cursor).await?;
        }
    }
    Ok(follower)
}

/// What a follower tells, until it fails.
pub(super) fn told(follower: Follower) -> BoxStream<v1::WatchEventsResponse> {
    Box::pin(stream::unfold(Some(follower), async |follower| {
        let mut follower = follower?;
        Some(match follower.next().await {
            Ok(response) => (Ok(response), Some(follower)),
            Err(failure) => (Err(to_status(&failure)), None),
        })
    }))
}

fn scope(sites: &[String], all_sites: bool, installation: bool) -> Result<WatchScope, Refusal> {
    match (sites.is_empty(), all_sites, installation) {
        (_, false, false) => Ok(WatchScope::Named),
        (true, true, false) => Ok(WatchScope::AllSites),
        (true, false, true) => Ok(WatchScope::Installation),
        _ => Err(Refusal::about(
            Reason::ValueInvalid,
            "sites",
            "a watch is about sites by their names, about all sites, or about the installation; send one \
             of these three",
        )),
    }
}

fn beginning(scope: WatchScope, start: Option<Start>) -> Result<WatchBeginning, Refusal> {
    match start {
        Some(Start::Cursor(text)) => match WatchCursor::decode(&text) {
            Some(cursor) if cursor.scope == scope => Ok(WatchBeginning::Behind(cursor)),
            _ => Err(foreign_cursor()),
        },
        Some(Start::StartAt(start)) => Ok(WatchBeginning::At(known(start, "start_at")?)),
        None => Ok(WatchBeginning::At(v1::WatchStart::Now)),
    }
}

async fn named_sites(
    state: &AppState,
    bearer: &Bearer,
    mut names: Vec<String>,
    needs: &[Permission],
) -> Result<BTreeSet<SiteId>, Failure> {
    if names.is_empty() {
        names.push(String::new());
    }
    if names.len() > MAX_NAMED {
        let message = format!("a watch names at most {MAX_NAMED} sites; watch all sites instead");
        let refusal = Refusal::about(Reason::LimitExceeded, "sites", message);
        return Err(refusal.naming(MetadataKey::Limit, &MAX_NAMED).into());
    }
    let mut sites = BTreeSet::new();
    for name in names {
        for permission in needs {
            let bearer = bearer.clone().with(*permission);
            state.authenticator.admit_by_name(&bearer, &name)?;
        }
        let name = state.authenticator.admit_by_name(bearer, &name)?;
        record_site(name.as_str());
        sites.insert(state.ledgers.site(&name).await?);
    }
    Ok(sites)
}

fn filter(filter: v1::WatchFilter) -> Result<ToldFilter, Refusal> {
    let v1::WatchFilter { kinds, user_id: user } = filter;
    if kinds.len() > MAX_KINDS {
        let message = format!("a filter names at most {MAX_KINDS} kinds; leave them out for all");
        let refusal = Refusal::about(Reason::LimitExceeded, "filter.kinds", message);
        return Err(refusal.naming(MetadataKey::Limit, &MAX_KINDS));
    }
    let user = (!user.is_empty()).then(|| user_id(&user)).transpose()?;
    Ok(ToldFilter { kinds, user })
}

fn foreign_cursor() -> Refusal {
    Refusal::about(
        Reason::CursorInvalid,
        "cursor",
        "the cursor does not belong to this request; name the same ledgers as in the request that it came \
         with, or begin again without it",
    )
}

fn no_users() -> Refusal {
    Refusal::about(
        Reason::ValueInvalid,
        "start_at",
        "the installation has no users, so there is no snapshot of it; begin at the earliest event",
    )
}

fn too_many_sites() -> Refusal {
    let message = format!(
        "a watch of all sites is about at most {MAX_SITES}; watch them by their names, in several"
    );
    Refusal::about(Reason::LimitExceeded, "all_sites", message)
        .naming(MetadataKey::Limit, &MAX_SITES)
}
