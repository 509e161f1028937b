//! A look into the ledger beside the service. Owns the few columns that tests read; must never
//! write.

use provost_test_kit::Database;
use sea_orm::FromQueryResult;

/// One line of the ledger.
#[derive(Debug, FromQueryResult)]
pub struct Event {
    pub revision: i64,
    pub caller: String,
    pub notices: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub trace_id: Option<String>,
}

/// The ledger of a site in the order of its revisions.
pub async fn ledger(database: &Database, site: &str) -> Vec<Event> {
    let body = event_body(database.url());
    let sql = format!(
        "SELECT e.revision, e.caller, e.notices, {body} ->> 'before' AS before, \
         {body} ->> 'after' AS after, e.trace_id \
         FROM events e JOIN sites s ON s.id = e.site_id WHERE s.name = '{site}' ORDER BY e.revision"
    );
    database.query(&sql).await
}

/// The body of an event `e` as the database's JSON.
pub fn event_body(url: &str) -> &'static str {
    if url.starts_with("postgres") { "CAST(e.body AS json)" } else { "e.body" }
}
