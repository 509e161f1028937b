//! The rules of a site from groups to roles: which there are, how far it is with roles that follow from them,
//! and each with a page of its own.
//!
//! Whom a rule moves the core says; must never decide it.

mod action;
mod foreseen;
mod form;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use provost_proto::v1::{GroupRuleRun, ListGroupRulesResponse};
use serde::Deserialize;

use super::live;
use super::rule_line::{RuleAddress, RuleLine, given_roles, list};
use crate::failure::PageFailure;
use crate::frame::{Frame, page};
use crate::moment::{Moment, now};
use crate::signed_in::SignedIn;

pub use action::{act, confirm};
pub use foreseen::PreviewedMoves;
pub use form::begin;

/// The most rules of a page.
const PAGE: usize = 50;
/// The bytes of rules at which a page ends, because names may be long.
const BYTES_OF_PAGE: usize = 40 * 1024;
/// What a rule takes besides its name.
const BYTES_OF_RULE: usize = 400;
/// How much longer a text may be in a link than it is.
const IN_LINK: usize = 3;
/// How much longer a text may be on a page than it is.
const ON_PAGE: usize = 5;
/// How many runs are told of one by one.
const MOST_RUNS: usize = 5;

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    site: String,
    rules: Vec<RuleLine>,
    /// Of the next page; none on the last one.
    next: Option<usize>,
    runs: Vec<RunLine>,
    /// How many there are besides these.
    more_runs: usize,
    live: LiveRuns,
    /// Whether something was just done.
    is_done: bool,
}

#[derive(Template)]
#[template(path = "rule.html")]
struct RulePage {
    frame: Frame,
    site: String,
    rule: RuleLine,
    /// The role that it may give instead.
    others: Vec<&'static str>,
    runs: Vec<RunLine>,
    live: LiveRuns,
    /// Who of the members has not the role that follows; none while somebody looks on, and where there are too
    /// many to look through now.
    standing: Option<PreviewedMoves>,
    is_done: bool,
}

/// Roles that are about to follow.
pub struct RunLine {
    pub group_id: String,
    /// Empty where the group is gone.
    pub name: String,
    pub done: i64,
    pub left: i64,
    pub began: Option<Moment>,
}

/// Whether a page asks for itself again while roles follow.
struct LiveRuns {
    /// Whether it does.
    is_live: bool,
    /// Whether somebody looked on until they had.
    is_over: bool,
    /// For the link by which somebody begins to look: seconds since the Unix epoch.
    now: i64,
}

/// How the list is asked for.
#[derive(Deserialize)]
pub struct ShownRules {
    /// How many rules are passed over.
    #[serde(default)]
    skip: usize,
    /// Since when somebody looks on, in seconds since the Unix epoch.
    #[serde(default)]
    since: String,
    done: Option<String>,
}

/// How the page of a rule is asked for.
#[derive(Deserialize)]
pub struct ShownRule {
    #[serde(flatten)]
    address: RuleAddress,
    #[serde(default)]
    since: String,
    done: Option<String>,
}

impl RulesPage {
    /// Where somebody looks on.
    fn live_link(&self) -> String {
        format!("/sites/{}/groups/rules?since={}", self.site, self.live.now)
    }
}

impl RulePage {
    /// Where somebody looks on.
    fn live_link(&self) -> String {
        let (rule, now) = (self.rule.address.query(), self.live.now);
        format!("/sites/{}/groups/rules/rule?{rule}&since={now}", self.site)
    }
}

impl RunLine {
    fn of(run: GroupRuleRun) -> Self {
        let GroupRuleRun { group_id, done, left, start_time, display_name } = run;
        Self { group_id, name: display_name, done, left, began: start_time.and_then(Moment::of) }
    }
}

impl LiveRuns {
    fn of(since: &str, runs: &[RunLine]) -> Self {
        let now = now();
        let is_looking = live::since(since, now).is_some();
        let is_over = runs.is_empty();
        Self { is_live: is_looking && !is_over, is_over: is_looking && is_over, now }
    }
}

/// The rules of a site, and what is about to follow from them.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<ShownRules>,
) -> Result<Response, PageFailure> {
    let ListGroupRulesResponse { rules, runs } = list(&core, &site).await?;
    let more_runs = runs.len().saturating_sub(MOST_RUNS);
    let runs: Vec<_> = runs.into_iter().take(MOST_RUNS).map(RunLine::of).collect();
    let live = LiveRuns::of(&view.since, &runs);
    let rules = rules.into_iter().filter_map(RuleLine::of).skip(view.skip).collect();
    let (rules, has_more) = first_of(rules);
    let shown = RulesPage {
        frame: Frame::of_site(&site, "groups"),
        site,
        next: has_more.then_some(view.skip + rules.len()),
        rules,
        runs,
        more_runs,
        is_done: view.done.is_some(),
        live,
    };
    drawn(&shown, &shown.live)
}

fn size(rule: &RuleLine) -> usize {
    BYTES_OF_RULE + IN_LINK * rule.address.group.len() + ON_PAGE * rule.name.len()
}

/// As many as a page has, and whether there are more.
fn first_of(mut rules: Vec<RuleLine>) -> (Vec<RuleLine>, bool) {
    let mut bytes = 0;
    let fitting = rules.iter().take(PAGE).take_while(|rule| {
        bytes += size(rule);
        bytes <= BYTES_OF_PAGE
    });
    let shown = fitting.count().max(1);
    let has_more = rules.len() > shown;
    rules.truncate(shown);
    (rules, has_more)
}

/// One rule: since when, how far its members are, and who has not the role.
pub async fn show_one(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<ShownRule>,
) -> Result<Response, PageFailure> {
    let ListGroupRulesResponse { rules, runs } = list(&core, &site).await?;
    let mut rules = rules.into_iter().filter_map(RuleLine::of);
    let rule = rules.find(|rule| rule.address.is(&view.address)).ok_or(PageFailure::NoSuchPage)?;
    let runs = runs.into_iter().filter(|run| run.group_id == rule.group_id);
    let runs: Vec<_> = runs.map(RunLine::of).collect();
    let live = LiveRuns::of(&view.since, &runs);
    // Whoever looks on has the page drawn every few seconds, and to look through all members takes a turn each time.
    let standing = if live.is_live {
        None
    } else {
        action::standing(&core, &site, &rule, !runs.is_empty()).await?
    };
    let shown = RulePage {
        frame: Frame::of_site(&site, "groups"),
        others: given_roles().filter(|role| *role != rule.role).collect(),
        standing,
        site,
        rule,
        runs,
        is_done: view.done.is_some(),
        live,
    };
    drawn(&shown, &shown.live)
}

/// The page, which asks for itself again where somebody looks on.
fn drawn(shown: &impl Template, live: &LiveRuns) -> Result<Response, PageFailure> {
    let mut response = page(StatusCode::OK, shown)?;
    if live.is_live {
        live::ask_again(&mut response);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use provost_proto::v1::ruled_group::By;
    use provost_proto::v1::{GroupRule, Role, RuledGroup};

    fn line(name: &str) -> RuleLine {
        let group = Some(RuledGroup { by: Some(By::DisplayName(name.to_owned())) });
        let role = Role::Admin.into();
        RuleLine::of(GroupRule { group, role, ..GroupRule::default() }).unwrap()
    }

    #[test]
    fn a_page_of_rules_ends_before_it_is_large() {
        for (number, name, shown) in [
            (0, "a", 0),
            (50, "site admins of a customer", 50),
            (51, "site admins of a customer", 50),
            (100, &*"\u{1f600}".repeat(256), 4),
        ] {
            let rules: Vec<_> = (0..number).map(|_| line(name)).collect();
            let (rules, has_more) = first_of(rules);
            assert_eq!((rules.len(), has_more), (shown, number > shown), "{number}");
        }
    }

    #[test]
    fn who_looks_on_is_told_when_it_is_over() {
        let (soon, run) = (now().to_string(), RunLine::of(GroupRuleRun::default()));
        let told = |since: &str, runs: &[RunLine]| {
            let live = LiveRuns::of(since, runs);
            (live.is_live, live.is_over)
        };
        assert_eq!(told(&soon, std::slice::from_ref(&run)), (true, false));
        assert_eq!(told(&soon, &[]), (false, true));
        assert_eq!((told("", &[run]), told("", &[])), ((false, false), (false, false)));
    }
}
