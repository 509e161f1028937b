//! Events in lines of their own, as they come. Columns have a width from the beginning, since nobody knows
//! what comes.

use provost_proto::v1::Event;
use serde::Serialize;

use super::super::core::Form;
use super::view::{EVENT_HEAD, EventView, event_cells};
use crate::harmless;

/// How wide the columns of [`EVENT_HEAD`] are. The last one of a line needs no width.
const WIDTHS: [usize; 11] = [8, 20, 16, 18, 8, 24, 24, 36, 36, 24, 32];
/// How wide that of the site is before them, where there are several.
const SITE_WIDTH: usize = 16;

/// An event as scripts read it, in a line.
#[derive(Serialize)]
pub struct LiveEventView<'c> {
    site: String,
    #[serde(flatten)]
    event: EventView,
    /// The position behind it; of the last event of a response only.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'c str>,
}

impl<'c> LiveEventView<'c> {
    /// Of an event, with the cursor where there is one behind it.
    pub fn new(mut event: Event, cursor: Option<&'c str>) -> Self {
        let site = std::mem::take(&mut event.site);
        Self { site, event: EventView::new(event), cursor }
    }
}

/// The table that events are lines of.
#[derive(Debug, Clone, Copy)]
pub struct LiveTable {
    /// How much is shown.
    pub form: Form,
    /// Whether each line says the site.
    pub has_sites: bool,
}

impl LiveTable {
    /// The names of the columns.
    pub fn head(self) -> String {
        let names = EVENT_HEAD.always.iter().chain(EVENT_HEAD.wide);
        self.columns("SITE", names.map(|name| name.to_uppercase()))
    }

    /// An event.
    pub fn line(self, mut event: Event) -> String {
        let site = std::mem::take(&mut event.site);
        self.columns(&site, event_cells(event))
    }

    fn columns(self, site: &str, cells: impl IntoIterator<Item = String>) -> String {
        let shown = if self.form.wide { WIDTHS.len() } else { EVENT_HEAD.always.len() };
        let cells = cells.into_iter().zip(WIDTHS).take(shown);
        let site = self.has_sites.then(|| (site.to_owned(), SITE_WIDTH));
        let cells = site.into_iter().chain(cells);
        let cells = cells.map(|(cell, width)| format!("{:<width$}", harmless::in_line(&cell)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}
