//! Percentiles of a run, medians and ranges of rounds.

use std::fmt;

/// A percentile of sorted microseconds, in milliseconds.
pub fn percentile(sorted: &[u32], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a run's latencies"
    )]
    let at = (last as f64 * share).round() as usize;
    sorted.get(at).map_or(0.0, |micros| f64::from(*micros) / 1e3)
}

/// What rounds came to: the middle, and how far they lie apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of the figures of all rounds.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> =
            figures.into_iter().filter(|figure| figure.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Self { median, least: *least, most: *most }
    }

    /// As `median [least..most]`.
    pub fn shown(&self, show: fn(f64) -> String) -> String {
        format!("{} [{}..{}]", show(self.median), show(self.least), show(self.most))
    }
}

/// Requests a second.
pub fn rate(figure: f64) -> String {
    if figure >= 10_000.0 { format!("{:.1}k", figure / 1e3) } else { format!("{figure:.0}") }
}

/// Two digits behind the point.
pub fn fine(figure: f64) -> String {
    format!("{figure:.2}")
}

/// Whole ones.
pub fn whole(figure: f64) -> String {
    format!("{figure:.0}")
}

/// As people write large numbers.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(fine))
    }
}
