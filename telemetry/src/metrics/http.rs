//! The duration of HTTP requests by route, method and status, and how many are being answered.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use opentelemetry::metrics::BoundHistogram;

use super::growing::GrowingList;
use super::meters::{Meters, MetricHistogram};
use super::table::names::{HTTP_ACTIVE_REQUESTS, HTTP_REQUEST_DURATION};

/// The methods that are told apart; the last one stands for all that are made up.
pub(crate) const METHODS: [&str; 10] =
    ["GET", "PATCH", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE", "_OTHER"];
/// More routes than any server here has.
const MOST_ROUTES: usize = 64;
/// More statuses, with all methods, than a route answers with.
const MOST_OUTCOMES: usize = 200;

/// What is counted at one server.
pub(crate) struct HttpSeries {
    scheme: &'static str,
    histogram: MetricHistogram,
    active: [AtomicI64; METHODS.len()],
    routes: GrowingList<Route>,
}

struct Route {
    /// None for what came to no route.
    template: Option<Arc<str>>,
    outcomes: GrowingList<RouteOutcome>,
}

struct RouteOutcome {
    method: usize,
    status: Option<u16>,
    duration: BoundHistogram<f64>,
}

/// A request that is being answered.
pub struct MeasuredRequest {
    began: Instant,
    method: usize,
    series: Arc<HttpSeries>,
}

impl HttpSeries {
    /// For a server that is reached by this scheme.
    pub(crate) fn of(meters: &Meters, scheme: &'static str) -> Arc<Self> {
        let series = Arc::new(Self {
            scheme,
            histogram: meters.histogram(&HTTP_REQUEST_DURATION),
            active: [const { AtomicI64::new(0) }; METHODS.len()],
            routes: GrowingList::default(),
        });
        let looked = Arc::clone(&series);
        meters.observe(&HTTP_ACTIVE_REQUESTS, move |observed| {
            for (method, active) in METHODS.iter().zip(&looked.active) {
                let active = active.load(Ordering::Relaxed);
                observed.count(&[method, scheme], u64::try_from(active).unwrap_or_default());
            }
        });
        series
    }

    fn outcome(
        &self,
        route: Option<&Arc<str>>,
        method: usize,
        end: HttpEnd<'_>,
    ) -> Option<&RouteOutcome> {
        let is_route = |known: &Route| known.template.as_deref() == route.map(|route| &**route);
        let made = || Route { template: route.cloned(), outcomes: GrowingList::default() };
        let found = self.routes.find_or_add(MOST_ROUTES, is_route, made)?;
        let is_outcome =
            |known: &RouteOutcome| known.method == method && known.status == end.status;
        found.outcomes.find_or_add(MOST_OUTCOMES, is_outcome, || {
            let status = end.status.map_or_else(String::new, |status| status.to_string());
            let template = route.map_or("", |route| &**route);
            let fault = end.fault.unwrap_or_default();
            let values = [METHODS[method], template, status.as_str(), fault, self.scheme];
            RouteOutcome { method, status: end.status, duration: self.histogram.bind(&values) }
        })
    }
}

/// How a request has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpEnd<'e> {
    /// The status of the answer, if there was one.
    pub(crate) status: Option<u16>,
    /// What has failed, which follows from the status.
    pub(crate) fault: Option<&'e str>,
}

impl MeasuredRequest {
    /// One that begins now.
    pub(crate) fn of(series: &Arc<HttpSeries>, method: &str) -> Self {
        let known = METHODS.iter().position(|known| *known == method);
        let method = known.unwrap_or(METHODS.len() - 1);
        series.active[method].fetch_add(1, Ordering::Relaxed);
        Self { began: Instant::now(), method, series: Arc::clone(series) }
    }

    /// Counts it by its route and how it has ended.
    pub(crate) fn end(&self, route: Option<&Arc<str>>, end: HttpEnd<'_>) {
        if let Some(outcome) = self.series.outcome(route, self.method, end) {
            outcome.duration.record(self.began.elapsed().as_secs_f64());
        }
    }
}

impl Drop for MeasuredRequest {
    fn drop(&mut self) {
        self.series.active[self.method].fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for MeasuredRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeasuredRequest").field("began", &self.began).finish_non_exhaustive()
    }
}
