//! What is measured of groups: a large one that gains and loses members, one whose rule moves whoever
//! joins, and a page of many. Must never know how a group is stored, but for who is in it.

use crate::dataset::Dataset;
use crate::forms::{BASE, Forms};
use crate::house::Size;
use crate::load::CONNECTIONS;
use crate::operator;
use crate::outcome::Outcome;
use provost::channel::{Clients, Remote};
use provost_proto::v1;
use provost_proto::v1::group_change::Change;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;
use std::iter;
use std::ops::Range;

/// How many members the large group is given at a time.
const AT_ONCE: usize = 5_000;
/// How many groups a page has.
pub const PAGE: usize = 100;
/// How many members each of the others has.
const OTHERS_HAVE: usize = 1_000;
/// How many users a PATCH moves by a rule.
pub const MOVED: usize = 1_000;
/// How many different users a run has join the large group, or leave it.
const JOIN: usize = 8_000;

/// What is asked about groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AboutGroups {
    /// PATCH by which one joins the large group, or leaves it.
    Join,
    /// PATCH by which [`MOVED`] join the group with a rule, or leave it, by one caller.
    Move,
    /// A page of [`PAGE`] without their members.
    List,
}

impl AboutGroups {
    /// Whether each of its answers stands for lines of the ledger.
    pub fn writes(self) -> bool {
        self != Self::List
    }

    /// On how many connections it is asked.
    pub fn connections(self) -> u32 {
        if self == Self::Move { 1 } else { CONNECTIONS }
    }

    /// How many users one request is about, of which each counts.
    pub fn users(self) -> usize {
        if self == Self::Move { MOVED } else { 1 }
    }

    /// How many lines of the ledger an answer stands for: one about the group, and one about each who is moved.
    pub fn events(self) -> u64 {
        match self {
            Self::Join | Self::List => 1,
            Self::Move => 1 + MOVED as u64,
        }
    }
}

/// The groups of a site.
pub struct Groups {
    /// The large one, which has the first users, as many as [`Groups::joined`] says.
    large: u128,
    /// The one whose members are Moderators.
    ruled: u128,
}

impl Groups {
    /// Makes them in the process of a size.
    pub fn make(size: &Size) -> Outcome<Self> {
        operator::ask(&size.serve, async |clients| {
            let members = Self::joined(&size.sqlite);
            let large = create(&clients, "Large", Vec::new()).await?;
            for start in members.clone().step_by(AT_ONCE) {
                let some = start..members.end.min(start + AT_ONCE);
                add(&clients, &large, texts(&size.sqlite, some)).await?;
            }
            for number in 0..PAGE - 1 {
                // Of other users each, as far as there are as many: nobody is in all of them.
                let first = number * OTHERS_HAVE % (size.sqlite.users - OTHERS_HAVE);
                let some = texts(&size.sqlite, first..first + OTHERS_HAVE);
                create(&clients, &format!("Group {number}"), some).await?;
            }
            let ruled = create(&clients, "Moderators", Vec::new()).await?;
            rule(&clients, &ruled).await?;
            Ok(Self { large: number(&large)?, ruled: number(&ruled)? })
        })
    }

    /// Who is in the large group from the start: one in ten.
    pub fn joined(dataset: &Dataset) -> Range<usize> {
        0..dataset.users / 10
    }

    /// The requests in the order in which they are sent, over and over.
    pub fn requests(
        &self,
        what: AboutGroups,
        dataset: &Dataset,
        host: &str,
        seed: u64,
    ) -> Outcome<Vec<String>> {
        let forms = Forms { ids: &dataset.ids, host, base: BASE };
        match what {
            AboutGroups::List => Ok(vec![forms.groups()]),
            AboutGroups::Join => {
                let outside = Self::joined(dataset).end..dataset.users - 2 * MOVED;
                let mut random = StdRng::seed_from_u64(seed);
                let some = JOIN.min(outside.len() / 2);
                let chosen = index::sample(&mut random, outside.len(), some);
                let one = |index| outside.start + index..outside.start + index + 1;
                let parts = chosen.into_iter().map(one).collect();
                Self::turns(dataset, &forms, self.large, parts)
            }
            AboutGroups::Move => {
                let last = |parts: usize| dataset.users - parts * MOVED;
                let parts = vec![last(2)..last(1), last(1)..last(0)];
                Self::turns(dataset, &forms, self.ruled, parts)
            }
        }
    }

    /// Each part of users joins a group that it is not in, and leaves one that it is in; then the other
    /// way round. A part joins and leaves as one, so its first user says where it is.
    fn turns(
        dataset: &Dataset,
        forms: &Forms<'_>,
        group: u128,
        parts: Vec<Range<usize>>,
    ) -> Outcome<Vec<String>> {
        let firsts: Vec<usize> = parts.iter().map(|part| part.start).collect();
        let inside = dataset.members(group, &firsts)?;
        let known: Vec<_> = iter::zip(parts, inside).collect();
        let turn = |other: bool| {
            known
                .iter()
                .map(move |(part, inside)| forms.join(group, part.clone(), *inside == other))
        };
        Ok(turn(false).chain(turn(true)).collect())
    }
}

fn texts(dataset: &Dataset, numbers: Range<usize>) -> Vec<String> {
    numbers.map(|number| dataset.ids.text(number)).collect()
}

fn number(id: &str) -> Outcome<u128> {
    Ok(u128::from_str_radix(&id.replace('-', ""), 16)?)
}

async fn create(clients: &Clients<Remote>, name: &str, user_ids: Vec<String>) -> Outcome<String> {
    let request = v1::CreateGroupRequest {
        display_name: name.to_owned(),
        user_ids,
        ..v1::CreateGroupRequest::default()
    };
    let answer = clients.groups.clone().create_group(request).await?.into_inner();
    let group = answer.decision.and_then(|decision| decision.group);
    Ok(group.ok_or("a creation was answered without a group")?.id)
}

async fn add(clients: &Clients<Remote>, group: &str, user_ids: Vec<String>) -> Outcome {
    let change = Change::AddMembers(v1::AddMembers { user_ids, selected: false });
    let request = v1::ChangeGroupRequest {
        group_id: group.to_owned(),
        changes: vec![v1::GroupChange { change: Some(change) }],
        ..v1::ChangeGroupRequest::default()
    };
    clients.groups.clone().change_group(request).await?;
    Ok(())
}

/// Who is in the group is a Moderator, which the site allows.
async fn rule(clients: &Clients<Remote>, group: &str) -> Outcome {
    let settings = v1::UpdateScimSettingsRequest {
        allow_moderator_promotion: Some(true),
        ..v1::UpdateScimSettingsRequest::default()
    };
    clients.sites.clone().update_scim_settings(settings).await?;
    let by = v1::ruled_group::By::GroupId(group.to_owned());
    let request = v1::SetGroupRuleRequest {
        group: Some(v1::RuledGroup { by: Some(by) }),
        role: v1::Role::Moderator.into(),
        ..v1::SetGroupRuleRequest::default()
    };
    clients.groups.clone().set_group_rule(request).await?;
    Ok(())
}
