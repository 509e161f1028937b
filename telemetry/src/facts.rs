//! What is learned about a request while it is answered, for the line that tells of it.
//!
//! Owns the place where rooms leave it: beside the request that this thread is busy with. Must never
//! hold the caller's own words, nor anything about a person.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::trace::get_active_span;

thread_local! {
    static CURRENT: RefCell<Option<Facts>> = const { RefCell::new(None) };
}

/// What is known of a request.
#[derive(Debug)]
pub struct Facts {
    /// When it came.
    pub(crate) began: Instant,
    /// The method of HTTP, unless it is made up.
    pub(crate) method: Option<&'static str>,
    /// The route of HTTP or the full method of gRPC, as the server knows it.
    pub(crate) route: Option<Arc<str>>,
    /// Whether somebody only asks if the server is there, or what it can do.
    pub(crate) is_probe: bool,
    /// The site to which the caller was admitted.
    pub(crate) site: Option<String>,
    /// Who asks, once they are admitted.
    pub(crate) caller: Option<String>,
    /// Why it was refused, or not done in full.
    pub(crate) reasons: Vec<&'static str>,
    /// Whether one of the reasons is a rule.
    pub(crate) is_judged: bool,
    /// How many operations it had, and how many of them failed, where it was one of several.
    pub(crate) operations: Option<(usize, usize)>,
}

/// Facts that are the current ones of this thread until this is dropped.
pub(crate) struct CurrentFacts<'f> {
    /// Meanwhile those that were current before.
    slot: Option<&'f mut Option<Facts>>,
}

impl Facts {
    /// Of a request that begins now.
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            method: None,
            route: None,
            is_probe: false,
            site: None,
            caller: None,
            reasons: Vec::new(),
            is_judged: false,
            operations: None,
        }
    }

    /// Makes these the current ones; none leaves those of the request further out.
    pub(crate) fn enter(slot: &mut Option<Self>) -> CurrentFacts<'_> {
        let slot = slot.is_some().then_some(slot);
        let mut current = CurrentFacts { slot };
        current.swap();
        current
    }

    /// The time since the request began, in milliseconds, to the microsecond.
    pub(crate) fn milliseconds(&self) -> f64 {
        let micros = u32::try_from(self.began.elapsed().as_micros()).unwrap_or(u32::MAX);
        // Divided last, so that no more digits come out than went in.
        f64::from(micros) / 1_000.0
    }

    /// The reasons, one behind the other; none where there are none.
    pub(crate) fn reasons(&self) -> Option<tracing::field::DisplayValue<Joined<'_>>> {
        let joined = || tracing::field::display(Joined(&self.reasons));
        (!self.reasons.is_empty()).then(joined)
    }
}

impl CurrentFacts<'_> {
    fn swap(&mut self) {
        if let Some(slot) = &mut self.slot {
            CURRENT.with_borrow_mut(|current| mem::swap(current, *slot));
        }
    }
}

impl Drop for CurrentFacts<'_> {
    fn drop(&mut self) {
        self.swap();
    }
}

/// Words with commas between them.
pub(crate) struct Joined<'w>(&'w [&'static str]);

impl Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{word}")?;
        }
        Ok(())
    }
}

/// Has span and line of the request that is being answered name its site. Only for a caller who has
/// been admitted to it: what anybody else calls a site may be a person's address.
pub fn record_site(name: &str) {
    get_active_span(|span| {
        if span.is_recording() {
            span.set_attribute(KeyValue::new("provost.site", name.to_owned()));
        }
    });
    learn(|facts| {
        facts.site.get_or_insert_with(|| name.to_owned());
    });
}

/// Has the line of the request that is being answered name its caller, who has been admitted.
pub fn record_caller(caller: &impl Display) {
    learn(|facts| {
        facts.caller.get_or_insert_with(|| caller.to_string());
    });
}

/// Has the line of the request that is being answered name a reason why it was refused, or not done
/// in full. A judgement is a reason that lies in the rules of the site, not in the request.
pub fn record_reason(reason: &'static str, is_judgement: bool) {
    learn(|facts| {
        if !facts.reasons.contains(&reason) {
            facts.reasons.push(reason);
        }
        facts.is_judged |= is_judgement;
    });
}

/// Has span and line of the request that is being answered tell how many operations it had, and how many of
/// them failed.
pub fn record_operations(operations: usize, failed: usize) {
    get_active_span(|span| {
        if span.is_recording() {
            for (name, number) in
                [("provost.operations", operations), ("provost.operations.failed", failed)]
            {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                span.set_attribute(KeyValue::new(name, number));
            }
        }
    });
    learn(|facts| facts.operations = Some((operations, failed)));
}

/// Does something to the facts of the request that is being answered, if there is one.
pub(crate) fn learn(what: impl FnOnce(&mut Facts)) {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(what));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_belong_to_the_request_that_is_being_answered() {
        let (mut one, mut other) = (Some(Facts::new()), Some(Facts::new()));
        record_reason("NOBODYS", true);
        {
            let _one = Facts::enter(&mut one);
            record_site("acme");
            {
                let _other = Facts::enter(&mut other);
                record_site("globex");
                record_caller(&"operator");
            }
            {
                let mut none = None;
                let _inherited = Facts::enter(&mut none);
                record_reason("LAST_ADMIN", true);
                record_reason("ROLE_EMPTY", false);
                record_reason("LAST_ADMIN", true);
            }
            record_site("another");
            record_operations(3, 1);
        }
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!((one.site.as_deref(), one.caller), (Some("acme"), None));
        assert_eq!(
            (other.site.as_deref(), other.caller.as_deref()),
            (Some("globex"), Some("operator"))
        );
        assert_eq!(one.reasons, ["LAST_ADMIN", "ROLE_EMPTY"]);
        assert_eq!((one.operations, other.operations), (Some((3, 1)), None));
        assert_eq!(Joined(&one.reasons).to_string(), "LAST_ADMIN,ROLE_EMPTY");
        assert!(one.is_judged && !other.is_judged && other.reasons().is_none());
    }
}
