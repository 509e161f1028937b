//! Connections of a site: how the requests of each are read.

use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use provost_proto::v1::{
    Connection, ConnectionDialect, ListConnectionsRequest, UpdateConnectionRequest, WriteOptions,
};
use serde::Deserialize;

use crate::client::{CallFailure, OwnCore};
use crate::failure::{PageFailure, sentence};
use crate::frame::{Frame, page};
use crate::signed_in::SignedIn;

/// A connection with the words of its settings.
struct ConnectionLine {
    name: String,
    dialect: &'static str,
    version: i64,
}

impl ConnectionLine {
    fn of(connection: Connection) -> Self {
        let dialect = connection.dialect().into();
        let Connection { name, version, .. } = connection;
        Self { name, dialect, version }
    }

    fn is_strict(&self) -> bool {
        self.dialect == Into::<&str>::into(ConnectionDialect::Strict)
    }
}

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    frame: Frame,
    site: String,
    connections: Vec<ConnectionLine>,
    /// Of the next page; empty on the last one.
    next: String,
    is_saved: bool,
}

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    frame: Frame,
    site: String,
    connection: ConnectionLine,
    problem: String,
}

/// How the list is asked for.
#[derive(Deserialize)]
pub struct ConnectionsView {
    /// Where the page before ended.
    #[serde(default)]
    page: String,
    saved: Option<String>,
}

/// How a connection is to be understood.
#[derive(Deserialize)]
pub struct ConnectionForm {
    version: i64,
    dialect: String,
}

/// All of them.
pub async fn list(
    SignedIn { core }: SignedIn,
    Path(site): Path<String>,
    Query(view): Query<ConnectionsView>,
) -> Result<Response, PageFailure> {
    let (connections, next) = read(&core, &site, view.page).await?;
    let (frame, is_saved) = (Frame::of_site(&site, "settings"), view.saved.is_some());
    page(StatusCode::OK, &ConnectionsPage { frame, site, connections, next, is_saved })
}

/// One of them.
pub async fn show(
    SignedIn { core }: SignedIn,
    Path((site, name)): Path<(String, String)>,
) -> Result<Response, PageFailure> {
    let connection = find(&core, &site, &name).await?;
    drawn(StatusCode::OK, site, connection, String::new())
}

/// Saves how it is understood, against the version that was shown.
pub async fn save(
    SignedIn { core }: SignedIn,
    Path((site, name)): Path<(String, String)>,
    Form(form): Form<ConnectionForm>,
) -> Result<Response, PageFailure> {
    let ConnectionForm { version, dialect } = form;
    let Ok(dialect) = dialect.parse::<ConnectionDialect>() else {
        return Err(PageFailure::NoSuchPage);
    };
    let options = WriteOptions { expected_version: Some(version), ..WriteOptions::default() };
    let request = UpdateConnectionRequest {
        site: site.clone(),
        connection: name.clone(),
        dialect: dialect.into(),
        options: Some(options),
    };
    match core.answer(core.sites().update_connection(request)).await {
        Ok(_) => Ok(Redirect::to(&format!("/sites/{site}/connections?saved")).into_response()),
        Err(CallFailure::Refused { message, .. }) => {
            let connection = find(&core, &site, &name).await?;
            drawn(StatusCode::UNPROCESSABLE_ENTITY, site, connection, sentence(&message))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn drawn(
    status: StatusCode,
    site: String,
    connection: ConnectionLine,
    problem: String,
) -> Result<Response, PageFailure> {
    let frame = Frame::of_site(&site, "settings");
    page(status, &ConnectionPage { frame, site, connection, problem })
}

async fn read(
    core: &OwnCore,
    site: &str,
    page_token: String,
) -> Result<(Vec<ConnectionLine>, String), PageFailure> {
    let request = ListConnectionsRequest {
        site: site.to_owned(),
        page_token,
        ..ListConnectionsRequest::default()
    };
    let found = core.answer(core.sites().list_connections(request)).await?;
    let connections = found.connections.into_iter().map(ConnectionLine::of).collect();
    Ok((connections, found.next_page_token))
}

/// Whether a connection of the site is understood strictly.
pub async fn has_strict(core: &OwnCore, site: &str) -> Result<bool, PageFailure> {
    let mut place = String::new();
    loop {
        let (connections, next) = read(core, site, place).await?;
        if connections.iter().any(ConnectionLine::is_strict) {
            return Ok(true);
        }
        if next.is_empty() {
            return Ok(false);
        }
        place = next;
    }
}

async fn find(core: &OwnCore, site: &str, name: &str) -> Result<ConnectionLine, PageFailure> {
    let mut place = String::new();
    loop {
        let (connections, next) = read(core, site, place).await?;
        if let Some(found) = connections.into_iter().find(|connection| connection.name == name) {
            return Ok(found);
        }
        if next.is_empty() {
            return Err(PageFailure::NoSuchPage);
        }
        place = next;
    }
}
