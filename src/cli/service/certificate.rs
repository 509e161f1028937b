//! `provost service certificate`: names of certificates, by which services show who they are.

use clap::Subcommand;
use provost_proto::MAX_PAGE_SIZE;
use provost_proto::v1::{
    AddServiceCertificateRequest, ListServiceCertificatesRequest, RemoveServiceCertificateRequest,
    ServiceCertificate,
};
use serde::Serialize;

use crate::cli::core::{Form, Output, RemoteCore, WriteFlags};
use crate::cli::print::{self, Head};
use crate::cli::time;
use crate::run_error::RunError;

/// What to do with names of certificates.
#[derive(Debug, Subcommand)]
pub enum ServiceCertificateCommand {
    /// Have certificates with this name stand for the service.
    Add {
        /// The service
        service: String,
        /// The only URI in the certificate, or its only DNS name where it has no URI
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
    /// List the names of certificates with their last use.
    List {
        /// The service
        service: String,
    },
    /// From now on certificates with this name open nothing.
    Remove {
        /// The service
        service: String,
        /// The name
        name: String,
        #[command(flatten)]
        write: WriteFlags,
    },
}

/// Calls the core and prints its answer.
pub async fn run(
    core: &mut RemoteCore,
    command: ServiceCertificateCommand,
    form: Form,
) -> Result<(), RunError> {
    match command {
        ServiceCertificateCommand::Add { service, name, write } => {
            let (certificate_name, options) = (name, write.into_options());
            let request = AddServiceCertificateRequest { service, certificate_name, options };
            let answered = core.services.add_service_certificate(core.request(request)).await;
            let certificate = core.answer(answered)?.certificate.unwrap_or_default();
            say(certificate, form, |it| {
                format!("Certificates with the name {} stand for {} now.", it.name, it.service)
            })
        }
        ServiceCertificateCommand::List { service } => list(core, &service, form).await,
        ServiceCertificateCommand::Remove { service, name, write } => {
            let (certificate_name, options) = (name, write.into_options());
            let request = RemoveServiceCertificateRequest { service, certificate_name, options };
            let answered = core.services.remove_service_certificate(core.request(request)).await;
            let certificate = core.answer(answered)?.certificate.unwrap_or_default();
            say(certificate, form, |it| {
                format!("Certificates with the name {} open nothing any more.", it.name)
            })
        }
    }
}

fn say(
    certificate: ServiceCertificate,
    form: Form,
    sentence: impl FnOnce(&ServiceCertificateView) -> String,
) -> Result<(), RunError> {
    let view = ServiceCertificateView::new(certificate);
    match form.output {
        Output::Json => print::say_json(&view),
        Output::Table => print::say(&sentence(&view)),
    }
}

async fn list(core: &mut RemoteCore, service: &str, form: Form) -> Result<(), RunError> {
    let page = async |core: &mut RemoteCore, page_token| {
        let (service, page_size) = (service.to_owned(), i32::from(MAX_PAGE_SIZE));
        let request = ListServiceCertificatesRequest { service, page_size, page_token };
        let answered = core.services.list_service_certificates(core.request(request)).await;
        let page = core.answer(answered)?;
        Ok((page.certificates, page.next_page_token))
    };
    let certificates = core.whole(page).await?;
    if form.output == Output::Json {
        let views = certificates.into_iter().map(ServiceCertificateView::new);
        return print::say_json(&views.collect::<Vec<_>>());
    }
    let row = |it: ServiceCertificate| {
        let state = if it.remove_time.is_some() { "removed" } else { "active" };
        let times = [it.last_use_time, it.create_time, it.remove_time].map(time::short);
        [it.certificate_name, state.to_owned()].into_iter().chain(times).collect()
    };
    let head = Head { always: &["name", "state", "last used"], wide: &["added", "removed"] };
    let rows = certificates.into_iter().map(row).collect();
    print::say_table(form, &head, rows, "No certificate yet: provost service certificate add")
}

#[derive(Serialize)]
struct ServiceCertificateView {
    service: String,
    name: String,
    create_time: Option<String>,
    last_use_time: Option<String>,
    remove_time: Option<String>,
}

impl ServiceCertificateView {
    fn new(certificate: ServiceCertificate) -> Self {
        let ServiceCertificate {
            service,
            certificate_name,
            create_time,
            last_use_time,
            remove_time,
            version: _,
        } = certificate;
        Self {
            service,
            name: certificate_name,
            create_time: create_time.map(time::written),
            last_use_time: last_use_time.map(time::written),
            remove_time: remove_time.map(time::written),
        }
    }
}
