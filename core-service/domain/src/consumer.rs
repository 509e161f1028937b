//! Consumers: who follows a ledger and says how far they have come, so that it can be told who has dealt
//! with a decision. Must never know how a ledger is followed.

use super::connection::is_lower_case_word;
use super::for_the_operator;
use super::{Caller, EventIdentity, MetadataKey, Permission, Reason, Refusal, SiteId, Timestamp};
use serde::{Deserialize, Serialize};

/// The most consumers of one ledger.
pub const MAX_CONSUMERS: usize = 100;
/// The most of these that are one caller's, so that nobody takes all places.
pub const MAX_CONSUMERS_OF_CALLER: usize = 8;
/// The most acknowledgements of a consumer that are kept.
const MOST_KEPT: usize = 160;
/// By such a part of the time since then it may be told too late, at most, when something was passed.
const SHARE_OF_AGE: i64 = 4;

/// The name of a consumer, of which a caller has each once: a lower-case word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerName(String);

impl ConsumerName {
    /// Reads a name: 1 to 63 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if is_lower_case_word(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::about(
            Reason::ValueInvalid,
            "consumer",
            "a consumer's name is 1 to 63 lower-case letters, digits and hyphens, for example mail-index",
        ))
    }

    /// Takes over one that was parsed before it was stored.
    pub const fn as_stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A consumer of one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Whose ledger.
    pub site: SiteId,
    /// Whose consumer it is, as events write callers.
    pub caller: String,
    /// Its name.
    pub name: ConsumerName,
    /// The head of the ledger when it became one: it came later than what was decided up to there.
    pub since: i64,
    /// How far it has come, and when it said so: the last time at the end. Of long ago, only some are kept.
    pub passed: Vec<Acknowledgement>,
}

/// That a consumer has dealt with all events up to a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(i64, Timestamp)", from = "(i64, Timestamp)")]
pub struct Acknowledgement {
    /// The position.
    pub revision: i64,
    /// When it said so.
    pub at: Timestamp,
}

impl From<(i64, Timestamp)> for Acknowledgement {
    fn from((revision, at): (i64, Timestamp)) -> Self {
        Self { revision, at }
    }
}

impl From<Acknowledgement> for (i64, Timestamp) {
    fn from(Acknowledgement { revision, at }: Acknowledgement) -> Self {
        (revision, at)
    }
}

/// A consumer, and how far it is behind its ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerLag {
    /// The consumer.
    pub consumer: Consumer,
    /// The name of the site; empty where it is the installation.
    pub site_name: String,
    /// How many events it has not acknowledged.
    pub pending: i64,
    /// When the oldest of these was decided, as far as it is kept.
    pub oldest_pending: Option<Timestamp>,
}

/// A ledger in which a consumer says that it has come somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedLedger {
    /// Whose.
    pub site: SiteId,
    /// The name of the site.
    pub name: String,
    /// Whether the site was deleted.
    pub is_deleted: bool,
    /// The revision of the newest event; 0 where there is none.
    pub head: i64,
    /// The event at the position, as far as it is kept.
    pub event: Option<EventIdentity>,
    /// Whether the consumer is one of this ledger already.
    pub has_consumer: bool,
    /// The consumer, where it is one and moves.
    pub consumer: Option<Consumer>,
}

impl Consumer {
    /// The last position that it has acknowledged; 0 where there is none.
    pub fn revision(&self) -> i64 {
        self.passed.last().map_or(0, |last| last.revision)
    }

    /// Goes on to a position, unless it is there already. Answers whether it has moved.
    pub fn acknowledge(&mut self, revision: i64, at: Timestamp) -> bool {
        if self.revision() >= revision {
            return false;
        }
        // Clocks of several cores may differ; a later position was not acknowledged earlier.
        let at = self.passed.last().map_or(at, |last| last.at.max(at));
        self.passed.push(Acknowledgement { revision, at });
        if self.passed.len() > MOST_KEPT {
            self.forget_some();
        }
        true
    }

    /// Goes back to a position, if it is behind it. Answers whether it has moved.
    pub fn rewind(&mut self, revision: i64, at: Timestamp) -> bool {
        if self.revision() <= revision {
            return false;
        }
        self.passed.retain(|passed| passed.revision <= revision);
        self.acknowledge(revision, at);
        true
    }

    /// Since when it is known to have dealt with an event; none where it has not. It may have been
    /// earlier, never later.
    pub fn passed_at(&self, revision: i64) -> Option<Timestamp> {
        let first = self.passed.partition_point(|passed| passed.revision < revision);
        self.passed.get(first).map(|passed| passed.at)
    }

    /// The older, the fewer: each goes without which what was passed with it is still told near enough, and
    /// will be, because ages only grow.
    fn forget_some(&mut self) {
        let Some(mut next) = self.passed.last().copied() else { return };
        let now = next.at.0;
        let mut kept = vec![next];
        for pair in self.passed.windows(2).rev().skip(1) {
            let [Acknowledgement { at: Timestamp(before), .. }, one] = pair else { continue };
            if (next.at.0 - before).saturating_mul(SHARE_OF_AGE) > now - before {
                kept.push(*one);
                next = *one;
            }
        }
        // Of the oldest there is none before.
        kept.extend(self.passed.first());
        kept.truncate(MOST_KEPT);
        kept.reverse();
        self.passed = kept;
    }
}

/// Since when all of these consumers of a ledger have dealt with an event; none where they have not, or there
/// are none. Those that came after the event move it only where nobody else was there: then it is the first
/// that came.
pub fn cut_off_since(consumers: &[ConsumerLag], revision: i64) -> Option<Timestamp> {
    let passed = |lag: &ConsumerLag| Some((lag.consumer.since, lag.consumer.passed_at(revision)?));
    let passed: Vec<_> = consumers.iter().map(passed).collect::<Option<_>>()?;
    let first = passed.iter().map(|(since, _)| *since).min()?;
    let those = passed.into_iter().filter(|(since, _)| *since < revision.max(first + 1));
    those.map(|(_, at)| at).max()
}

/// Admits whoever deletes a consumer: the one whose it is, who manages access to the site, and the operator.
pub fn admit_deletion_of_consumer(
    caller: &Caller,
    manages_access: bool,
    owner: &str,
) -> Result<(), Refusal> {
    if *caller == Caller::Operator || manages_access || caller.to_string() == owner {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::CallerNotPermitted,
        "the consumer is another caller's; leave the caller out to delete one of your own, or send the \
         operator's token, or that of a service that manages access to the site",
    ))
}

/// What a service is told that acknowledges events of ledgers that it may not read. It is not told which:
/// anybody can write a cursor of any site.
pub fn ledger_out_of_reach(caller: &Caller) -> Refusal {
    let Caller::Service { name } = caller else {
        return for_the_operator("send the operator's token");
    };
    let (service, word) = (name.as_str(), Permission::ReadLedger.as_str());
    Refusal::new(
        Reason::GrantMissing,
        format!(
            "the service {service} has no grant with the permission {word} for a site that the cursor is \
             about; the operator, or a service that manages access there, can give it one"
        ),
    )
    .naming(MetadataKey::MissingPermission, word)
    .naming(MetadataKey::Service, service)
}

/// What is told where there is no such consumer.
pub fn unknown_consumer(name: &ConsumerName) -> Refusal {
    let message = format!(
        "the ledger has no consumer {} of this caller; look into the list of its consumers for the name, \
         and whose it is",
        name.as_str()
    );
    Refusal::about(Reason::ConsumerNotFound, "consumer", message)
        .naming(MetadataKey::Consumer, name.as_str())
}

/// What is told where a ledger has as many consumers as may be.
pub fn too_many_consumers() -> Refusal {
    let message = format!(
        "a ledger that the cursor is about has {MAX_CONSUMERS} consumers, which is as many as may be; \
         delete one that is gone"
    );
    Refusal::about(Reason::LimitExceeded, "consumer", message)
        .naming(MetadataKey::Limit, &MAX_CONSUMERS)
}

/// What is told where a caller has as many consumers of a ledger as may be.
pub fn too_many_consumers_of_caller() -> Refusal {
    let message = format!(
        "you have {MAX_CONSUMERS_OF_CALLER} consumers of a ledger that the cursor is about, which is as many as \
         a caller may have; delete one that is gone"
    );
    Refusal::about(Reason::LimitExceeded, "consumer", message)
        .naming(MetadataKey::Limit, &MAX_CONSUMERS_OF_CALLER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumer() -> Consumer {
        let name = ConsumerName::parse("mail").unwrap();
        Consumer {
            site: SiteId(1),
            caller: "operator".to_owned(),
            name,
            since: 0,
            passed: Vec::new(),
        }
    }

    fn times<const N: usize>(consumer: &Consumer, revisions: [i64; N]) -> [Option<i64>; N] {
        revisions.map(|revision| consumer.passed_at(revision).map(|at| at.0))
    }

    #[test]
    fn a_consumer_only_goes_on() {
        let mut consumer = consumer();
        assert!(!consumer.acknowledge(0, Timestamp(1)));
        assert!(consumer.acknowledge(5, Timestamp(50)));
        assert!(!consumer.acknowledge(5, Timestamp(60)) && !consumer.acknowledge(4, Timestamp(60)));
        assert!(consumer.acknowledge(9, Timestamp(90)));
        assert_eq!(
            times(&consumer, [1, 5, 6, 9, 10]),
            [Some(50), Some(50), Some(90), Some(90), None]
        );
        // By a clock that is behind.
        assert!(consumer.acknowledge(10, Timestamp(80)));
        assert_eq!(times(&consumer, [10]), [Some(90)]);
    }

    #[test]
    fn a_consumer_goes_back_where_it_is_told_to() {
        let mut consumer = consumer();
        assert!(!consumer.rewind(0, Timestamp(1)));
        assert!(consumer.acknowledge(5, Timestamp(50)) && consumer.acknowledge(9, Timestamp(90)));
        assert!(!consumer.rewind(9, Timestamp(95)));
        assert!(consumer.rewind(7, Timestamp(99)));
        assert_eq!(times(&consumer, [5, 6, 7, 8]), [Some(50), Some(99), Some(99), None]);
        assert!(consumer.rewind(5, Timestamp(100)) && consumer.rewind(0, Timestamp(110)));
        assert_eq!((consumer.revision(), consumer.passed.len()), (0, 0));
    }

    /// What is told of long ago is never too early, and by a quarter of its age too late at most.
    #[test]
    fn of_long_ago_only_some_is_kept() {
        let mut consumer = consumer();
        let last = 100_000;
        for revision in 1..=last {
            assert!(consumer.acknowledge(revision, Timestamp(revision * 20_000)));
            assert!(consumer.passed.len() <= MOST_KEPT);
        }
        for revision in 1..=last {
            let at = consumer.passed_at(revision).unwrap().0;
            let truly = revision * 20_000;
            let age = last * 20_000 - truly;
            assert!(at >= truly && at - truly <= age / 4, "{revision} {at}");
        }
        assert_eq!(consumer.revision(), last);
        let document = serde_json::to_string(&consumer.passed).unwrap();
        assert!(document.len() < 4_096, "{}", document.len());
        let read = serde_json::from_str::<Vec<Acknowledgement>>(&document).unwrap();
        assert_eq!(read, consumer.passed);
    }

    #[test]
    fn nothing_is_forgotten_before_it_has_to_be() {
        let mut consumer = consumer();
        for at in 1..=160 {
            assert!(consumer.acknowledge(at, Timestamp(at)));
        }
        assert!((1..=160).all(|at| consumer.passed_at(at) == Some(Timestamp(at))));
        assert!(consumer.acknowledge(161, Timestamp(161)));
        // A quarter of its age too late is near enough: 155 for what came just after 153, of the age 8.
        assert_eq!(times(&consumer, [153, 154, 155]), [Some(153), Some(155), Some(155)]);
        assert_eq!(times(&consumer, [156, 160, 161]), [Some(156), Some(160), Some(161)]);
    }

    #[test]
    fn names_are_words() {
        for (text, good) in [("mail-2", true), ("", false), ("Mail", false), ("a b", false)] {
            let name = ConsumerName::parse(text);
            assert_eq!(name.as_ref().map(ConsumerName::as_str).ok(), good.then_some(text));
        }
        assert!(ConsumerName::parse(&"a".repeat(63)).is_ok());
        assert!(ConsumerName::parse(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_service_deletes_its_own() {
        let service =
            |name: &str| Caller::Service { name: crate::ServiceName::as_stored(name.to_owned()) };
        for (caller, manages_access, good) in [
            (Caller::Operator, false, true),
            (service("a"), false, true),
            (service("b"), false, false),
            (service("b"), true, true),
        ] {
            let admitted = admit_deletion_of_consumer(&caller, manages_access, "service:a");
            assert_eq!(admitted.is_ok(), good);
        }
    }

    #[test]
    fn who_came_later_moves_no_cut_off() {
        let lag = |since, at| {
            let mut consumer = Consumer { since, ..consumer() };
            consumer.acknowledge(9, Timestamp(at));
            ConsumerLag { consumer, site_name: String::new(), pending: 0, oldest_pending: None }
        };
        let away = ConsumerLag { consumer: consumer(), ..lag(0, 1) };
        for (consumers, expected) in [
            (vec![], None),
            (vec![lag(4, 50), lag(2, 60)], Some(60)),
            // One that came with the decision was not there before it.
            (vec![lag(4, 50), lag(5, 70), lag(9, 80)], Some(50)),
            (vec![lag(7, 70), lag(9, 80), lag(7, 75)], Some(75)),
            (vec![lag(4, 50), away], None),
        ] {
            assert_eq!(cut_off_since(&consumers, 5).map(|at| at.0), expected);
        }
    }
}
