//! What a run must account for beside its figures: every write in the ledger, and a plausible
//! number of traces.

use crate::dataset::Dataset;
use crate::load::{CONNECTIONS, as_f64};
use crate::outcome::Outcome;
use crate::servers::SAMPLE_RATIO;
use std::ops::RangeInclusive;
use std::thread;
use std::time::Duration;

/// Kept from the first line to the last figure.
#[derive(Default)]
pub struct Account {
    /// Requests that were answered by processes that sample traces.
    pub traced: u64,
    /// What did not happen as it must.
    pub complaints: Vec<String>,
}

impl Account {
    /// Keeps a complaint for the results.
    pub fn complain(&mut self, who: &str, what: &str) {
        eprintln!("          {who}: {what}");
        self.complaints.push(format!("{who}: {what}"));
    }

    /// Compares what the ledger has gained with the writes that were answered.
    pub fn look_up(
        &mut self,
        who: &str,
        ledger: &Ledger<'_>,
        writes: RangeInclusive<u64>,
    ) -> Outcome {
        let lines = ledger.lines()?;
        if !writes.contains(&lines) {
            let (least, most) = writes.into_inner();
            self.complain(who, &format!("{lines} ledger lines where {least} to {most} must be"));
        }
        Ok(())
    }

    /// A sampled request has a span at least and a handful at most. Ten times less, or more, is
    /// no chance: telemetry was off, or sampled something else than was said.
    pub fn look_at_spans(&mut self, spans: u64) {
        let sampled = as_f64(self.traced) * SAMPLE_RATIO;
        if !(sampled / 10.0..=sampled * 10.0).contains(&as_f64(spans)) {
            let what = format!("{spans} spans arrived where {sampled:.0} requests were sampled");
            self.complain("telemetry", &what);
        }
    }
}

/// The ledger of a dataset from where it stood before a load.
pub struct Ledger<'a> {
    dataset: &'a Dataset,
    since: u64,
}

impl<'a> Ledger<'a> {
    /// From where it stands now.
    pub fn from_now(dataset: &'a Dataset) -> Outcome<Self> {
        Ok(Self { dataset, since: dataset.revision()? })
    }

    /// How many lines it has gained, once it stands still.
    fn lines(&self) -> Outcome<u64> {
        let mut revision = self.dataset.revision()?;
        for _ in 0..50 {
            thread::sleep(Duration::from_millis(50));
            let now = self.dataset.revision()?;
            if now == std::mem::replace(&mut revision, now) {
                break;
            }
        }
        self.dataset.events_behind(self.since)
    }
}

/// How many writes may have been done, where so many of them were answered, and so many are those of the
/// requests that the load generator leaves behind at its end: one on each connection.
pub fn all_written(answered: u64, left: u64) -> RangeInclusive<u64> {
    answered..=answered + left
}

/// The same, where reads stand between the writes and nobody says which requests were answered.
/// They were sent in their order, over and over, so these were at most as many as there are
/// connections behind the first `answered`.
pub fn written_among(requests: &[String], answered: u64) -> RangeInclusive<u64> {
    let left = u64::from(CONNECTIONS);
    let writes = |first: u64| {
        let (rounds, rest) = (first / requests.len() as u64, first % requests.len() as u64);
        let in_all = requests.iter().filter(|request| is_write(request)).count() as u64;
        let rest = requests.iter().zip(0..rest).filter(|(request, _)| is_write(request));
        in_all * rounds + rest.count() as u64
    };
    writes(answered).saturating_sub(left)..=writes(answered + left)
}

fn is_write(request: &str) -> bool {
    request.starts_with("PATCH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_counted_in_the_order_in_which_they_are_sent() {
        let requests = ["GET", "GET", "PATCH", "PATCH", "GET"].map(str::to_owned);
        assert_eq!(written_among(&requests, 0), 0..=26);
        assert_eq!(written_among(&requests, 1003), 401 - 64..=426);
        assert_eq!(written_among(&requests, 1004), 402 - 64..=427);
    }

    #[test]
    fn a_telemetry_that_is_off_is_complained_of() {
        for (spans, plausible) in
            [(0, false), (999, false), (1000, true), (26_000, true), (100_001, false)]
        {
            let mut account = Account { traced: 1_000_000, ..Account::default() };
            account.look_at_spans(spans);
            assert_eq!(account.complaints.is_empty(), plausible, "{spans}");
        }
    }
}
