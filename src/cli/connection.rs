//! `provost connection`: a site's links to identity providers.

use clap::{Args, Subcommand};
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{
    Connection, ConnectionDialect, CreateConnectionRequest, DeleteConnectionRequest,
    ListConnectionsRequest, UpdateConnectionRequest,
};
use serde::Serialize;

use super::core::{Form, OperatorFlags, Output, RemoteCore, SiteFlag, WriteFlags};
use super::print::Head;
use super::words::words;
use super::{Flags, print, time};
use crate::run_error::RunError;

const EXAMPLES: &str = "\
Examples:
  provost connection create okta
  provost token create --name okta-2030 --connection okta
  provost connection set conformance --dialect strict
  provost connection list
  provost connection delete okta

The ledger names the connection that asked, so give each identity provider one of its own.";

/// What to do with connections.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConnectionArgs {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    site: SiteFlag,
    #[command(subcommand)]
    command: ConnectionCommand,
}

#[derive(Debug, Subcommand)]
enum ConnectionCommand {
    /// Make a connection.
    Create {
        /// Lower-case letters, digits and hyphens
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Change how a connection is understood.
    Set {
        /// Its name
        name: String,
        /// auto: as its identity provider writes; strict: as RFC 7643 and 7644 have it and nothing else, and DELETE
        /// deletes users for good
        #[arg(long, value_parser = words::<ConnectionDialect>())]
        dialect: ConnectionDialect,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// Delete a connection and its tokens, which open nothing from now on.
    Delete {
        /// Its name
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// List the connections of the site.
    List,
}

/// Calls the core and prints its answer.
pub async fn run(args: ConnectionArgs, flags: &Flags) -> Result<(), RunError> {
    let ConnectionArgs { operator, site: SiteFlag { site }, command } = args;
    let mut core = RemoteCore::find(&operator, flags)?;
    match command {
        ConnectionCommand::Create { name, write } => {
            create(&mut core, site, name, write, operator.form).await
        }
        ConnectionCommand::Set { name, dialect, write } => {
            let request = UpdateConnectionRequest {
                site,
                connection: name,
                dialect: dialect.into(),
                options: write.into_options(),
            };
            set(&mut core, request, operator.form).await
        }
        ConnectionCommand::Delete { name, write } => {
            delete(&mut core, site, name, write, operator.form).await
        }
        ConnectionCommand::List => list(&mut core, site, operator.form).await,
    }
}

async fn create(
    core: &mut RemoteCore,
    site: String,
    name: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let request =
        core.request(CreateConnectionRequest { site, name, options: write.into_options() });
    let answered = core.sites.create_connection(request).await;
    let created = core.answer(answered)?.connection.unwrap_or_default();
    if form.output == Output::Json {
        return print::say_json(&ConnectionView::new(created));
    }
    let name = created.name;
    print::say(&format!(
        "Connection {name} is made. Next: provost token create --name NAME --connection {name}"
    ))
}

async fn set(
    core: &mut RemoteCore,
    request: UpdateConnectionRequest,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(request);
    let answered = core.sites.update_connection(request).await;
    let view = ConnectionView::new(core.answer(answered)?.connection.unwrap_or_default());
    if form.output == Output::Json {
        return print::say_json(&view);
    }
    let ConnectionView { name, dialect, .. } = view;
    print::say(&format!("Connection {name}: dialect {dialect}."))
}

async fn delete(
    core: &mut RemoteCore,
    site: String,
    name: String,
    write: WriteFlags,
    form: Form,
) -> Result<(), RunError> {
    let (connection, options) = (name.clone(), write.into_options());
    let request = core.request(DeleteConnectionRequest { site, connection, options });
    let answered = core.sites.delete_connection(request).await;
    let revision = core.answer(answered)?.revision;
    match form.output {
        Output::Json => print::say_json(&DeletedConnectionView { name, revision }),
        Output::Table => print::say(&format!(
            "Connection {name} is deleted, and its tokens open nothing any more."
        )),
    }
}

async fn list(core: &mut RemoteCore, site: String, form: Form) -> Result<(), RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let (site, page_size) = (site.clone(), i32::from(MAX_PAGE_SIZE));
        let request = core.request(ListConnectionsRequest {
            on_behalf_of: String::new(),
            site,
            page_size,
            page_token,
        });
        let answered = core.sites.list_connections(request).await;
        let page = core.answer(answered)?;
        Ok((page.connections, page.next_page_token))
    };
    let connections = core.whole(page).await?;
    if form.output == Output::Json {
        let views: Vec<_> = connections.into_iter().map(ConnectionView::new).collect();
        return print::say_json(&views);
    }
    let row = |connection: Connection| {
        let created = time::short(connection.create_time);
        let ConnectionView { name, dialect, .. } = ConnectionView::new(connection);
        vec![name, dialect.to_owned(), created]
    };
    let rows = connections.into_iter().map(row).collect();
    let head = Head { always: &["name", "dialect", "created"], wide: &[] };
    print::say_table(form, &head, rows, "No connection yet.")
}

#[derive(Serialize)]
struct DeletedConnectionView {
    name: String,
    revision: i64,
}

#[derive(Serialize)]
struct ConnectionView {
    name: String,
    dialect: &'static str,
    version: i64,
    create_time: Option<String>,
}

impl ConnectionView {
    fn new(connection: Connection) -> Self {
        let dialect = connection.dialect().into();
        let Connection { name, create_time, version, .. } = connection;
        Self { name, dialect, version, create_time: create_time.map(time::written) }
    }
}
