//! The decisions of a site and its refused requests as one list, the newest first, page by page.
//!
//! A page reads one page of events and the refused requests, of which a site keeps a thousand. What was
//! read of the events and not shown is read again by the next page. Must never know how a line looks.

use provost_proto::v1::{
    Event, ListEventsRequest, ListRefusedRequestsRequest, Outcome, RefusedRequest,
};
use serde::Deserialize;

use super::super::log_line::LogLine;
use crate::client::{CallFailure, OwnCore};

/// How many lines a page has.
const PAGE: usize = 24;
/// How often events are asked for that satisfy a rare condition before a page is shown without any: each
/// time the core looks through some ten thousands.
const MOST_TRIES: usize = 3;
/// In the place of a page token: no event follows.
const NO_MORE: &str = "end";

/// Which lines are wanted.
#[derive(Default)]
pub struct WantedLines {
    pub site: String,
    /// A caller, as events write it; empty: whoever asked.
    pub caller: String,
    /// UUID of a user; empty: about whomever.
    pub user_id: String,
    /// Whatever became of it where it is unspecified.
    pub outcome: Outcome,
}

/// Behind which line a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct LogPlace {
    /// Where the events begin; empty: at the newest.
    #[serde(default)]
    pub events: String,
    /// The time of the line before, in microseconds. Newer refused requests were shown.
    pub before: Option<i64>,
    /// How many refused requests of that very time were shown.
    #[serde(default)]
    pub same: usize,
}

/// A page of lines.
pub struct LogPart {
    pub lines: Vec<LogLine>,
    /// Where the next one begins; none on the last.
    pub next: Option<LogPlace>,
}

/// A page of events, and by which token it was asked for.
struct EventsRead {
    token: String,
    events: Vec<Event>,
    next: String,
}

/// The lines from a place on.
pub async fn read(
    core: &OwnCore,
    wanted: &WantedLines,
    place: LogPlace,
) -> Result<LogPart, CallFailure> {
    let read = events(core, wanted, &place).await?;
    let refused = refused(core, wanted, &place).await?;
    let taken = taken(&read, &refused);
    let next_events = if taken.events == read.events.len() {
        if read.next.is_empty() { NO_MORE.to_owned() } else { read.next.clone() }
    } else if taken.events == 0 {
        read.token.clone()
    } else {
        // The token behind the last one that is shown.
        page_of_events(core, wanted, read.token.clone(), taken.events).await?.next
    };
    let is_last = taken.refused == refused.len() && next_events == NO_MORE;
    let shown = refused.iter().take(taken.refused).cloned().map(LogLine::of_refused);
    let mut lines: Vec<_> = shown.collect();
    lines.extend(read.events.into_iter().take(taken.events).map(LogLine::of_event));
    // Both are sorted; lines of one time stay as they are.
    lines.sort_by_key(|line| std::cmp::Reverse(line.micros));
    let next = (!is_last).then(|| match lines.last() {
        Some(last) => {
            let at_once = |line: &&LogLine| line.revision == 0 && line.micros == last.micros;
            let shown = lines.iter().filter(at_once).count();
            let same = if place.before == Some(last.micros) { shown + place.same } else { shown };
            LogPlace { events: next_events, before: Some(last.micros), same }
        }
        None => LogPlace { events: next_events, ..place },
    });
    Ok(LogPart { lines, next })
}

async fn events(
    core: &OwnCore,
    wanted: &WantedLines,
    place: &LogPlace,
) -> Result<EventsRead, CallFailure> {
    let (mut token, mut tries) = (place.events.clone(), 0);
    if token == NO_MORE {
        return Ok(EventsRead { token, events: Vec::new(), next: String::new() });
    }
    loop {
        let read = page_of_events(core, wanted, token, PAGE).await?;
        tries += 1;
        if !read.events.is_empty() || read.next.is_empty() || tries == MOST_TRIES {
            return Ok(read);
        }
        token = read.next;
    }
}

async fn page_of_events(
    core: &OwnCore,
    wanted: &WantedLines,
    token: String,
    number: usize,
) -> Result<EventsRead, CallFailure> {
    let request = ListEventsRequest {
        site: wanted.site.clone(),
        caller: wanted.caller.clone(),
        user_id: wanted.user_id.clone(),
        outcome: wanted.outcome.into(),
        page_size: i32::try_from(number).unwrap_or(i32::MAX),
        page_token: token.clone(),
        ..ListEventsRequest::default()
    };
    let found = core.answer(core.ledgers().list_events(request)).await?;
    Ok(EventsRead { token, events: found.events, next: found.next_page_token })
}

/// The refused requests behind a place: those that are kept, or of the first page as many as it can show.
/// They tell of no user, and all of them were refused.
async fn refused(
    core: &OwnCore,
    wanted: &WantedLines,
    place: &LogPlace,
) -> Result<Vec<RefusedRequest>, CallFailure> {
    let is_about_them = matches!(wanted.outcome, Outcome::Unspecified | Outcome::Refused);
    if !is_about_them || !wanted.user_id.is_empty() {
        return Ok(Vec::new());
    }
    let is_begin = place.before.is_none() && wanted.caller.is_empty();
    let most = if is_begin { PAGE + 1 } else { provost_proto::MAX_PAGE_SIZE.into() };
    let request = ListRefusedRequestsRequest {
        installation: false,
        site: wanted.site.clone(),
        page_size: i32::try_from(most).unwrap_or(i32::MAX),
        page_token: String::new(),
    };
    let mut found = core.answer(core.ledgers().list_refused_requests(request)).await?.requests;
    found.retain(|request| wanted.caller.is_empty() || request.caller == wanted.caller);
    Ok(behind(found, place))
}

/// Those that were not shown yet.
fn behind(mut found: Vec<RefusedRequest>, place: &LogPlace) -> Vec<RefusedRequest> {
    let Some(before) = place.before else { return found };
    let mut same = place.same;
    found.retain(|request| {
        let at = request.time.map_or(0, super::super::log_line::micros);
        let was_shown = at > before || (at == before && same > 0);
        same -= usize::from(at == before && same > 0);
        !was_shown
    });
    found
}

/// How many of each are on a page.
#[derive(Debug, PartialEq, Eq)]
struct TakenLines {
    events: usize,
    refused: usize,
}

/// The newest of both. While events follow that were not read, nothing is taken that may be older.
fn taken(read: &EventsRead, refused: &[RefusedRequest]) -> TakenLines {
    let at = |time: Option<prost_types::Timestamp>| time.map(super::super::log_line::micros);
    let mut taken = TakenLines { events: 0, refused: 0 };
    while taken.events + taken.refused < PAGE {
        let event = read.events.get(taken.events).map(|event| at(event.time));
        let request = refused.get(taken.refused).map(|request| at(request.time));
        match (event, request) {
            (Some(event), Some(request)) if event >= request => taken.events += 1,
            (Some(_), None) => taken.events += 1,
            (Some(_), Some(_)) => taken.refused += 1,
            (None, Some(_)) if read.next.is_empty() => taken.refused += 1,
            (None, _) => break,
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Timestamp;

    fn at(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn read(times: &[i64], next: &str) -> EventsRead {
        let event = |time: &i64| Event { time: Some(at(*time)), ..Event::default() };
        let events = times.iter().map(event).collect();
        EventsRead { token: String::new(), events, next: next.to_owned() }
    }

    fn refused(times: &[i64]) -> Vec<RefusedRequest> {
        let request =
            |time: &i64| RefusedRequest { time: Some(at(*time)), ..RefusedRequest::default() };
        times.iter().map(request).collect()
    }

    #[test]
    fn the_newest_of_both_are_taken_and_nothing_that_may_come_too_early() {
        for (events, next, requests, expected) in [
            (&[][..], "", &[][..], (0, 0)),
            (&[9, 7], "", &[8, 6], (2, 2)),
            // What comes behind the events that were read may be newer than the last request.
            (&[9, 7], "more", &[8, 6], (2, 1)),
            (&[], "more", &[8, 6], (0, 0)),
            (&[9], "", &[], (1, 0)),
            (&[50; 40], "more", &[8], (PAGE, 0)),
            (&[1], "", &[50; 40], (0, PAGE)),
        ] {
            let expected = TakenLines { events: expected.0, refused: expected.1 };
            assert_eq!(taken(&read(events, next), &refused(requests)), expected, "{events:?}");
        }
    }

    #[test]
    fn what_was_shown_is_not_shown_again_and_nothing_is_left_out() {
        let place = LogPlace { before: Some(7_000_000), same: 2, ..LogPlace::default() };
        assert_eq!(behind(refused(&[9, 8, 7, 7, 7, 6]), &place), refused(&[7, 6]));
        assert_eq!(behind(refused(&[9, 6]), &LogPlace::default()), refused(&[9, 6]));
    }
}
