//! A watcher of ledgers: connects again when its stream ends, and goes on where it was. Copy this file
//! into your service. Must never know what events mean.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use provost_proto::v1::ledger_service_client::LedgerServiceClient;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{AcknowledgeEventsRequest, Event, WatchEventsRequest, WatchStart};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::identity::{Bearer, DEADLINE, Fault, Refused};

/// Who follows which sites, as which consumer, and the file that says up to where.
pub struct Watcher<'own> {
    pub ledgers: LedgerServiceClient<InterceptedService<Channel, Bearer>>,
    pub sites: Vec<String>,
    pub consumer: &'own str,
    pub cursor: &'own Path,
}

impl Watcher<'_> {
    /// Gives every event of the sites to `handle`, in order, for ever. The file is written once the
    /// events up to there were handled; so an event may come twice, and none is left out. Then the service
    /// is told, which so can say that somebody who was deactivated is out here, too.
    ///
    /// Answers what ends it. After `CURSOR_DIVERGED`, `CURSOR_AHEAD` and `CURSOR_TRIMMED` what was
    /// handled may differ from what is so: read the users again, and begin without the file.
    pub async fn follow(
        mut self,
        mut handle: impl AsyncFnMut(Event) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let ended = self.one_stream(&mut handle, &mut attempt).await?;
            let refused = Refused::from(&ended, attempt);
            match refused.repeat_after {
                Some(time) => tokio::time::sleep(time).await,
                None => return Err(refused.into()),
            }
        }
    }

    /// Answers why it ended: the service stopped, the connection was lost, the token was revoked.
    async fn one_stream(
        &mut self,
        handle: &mut impl AsyncFnMut(Event) -> Result<(), Fault>,
        attempt: &mut u32,
    ) -> Result<Status, Fault> {
        let request = WatchEventsRequest {
            sites: self.sites.clone(),
            start: Some(self.start()?),
            ..WatchEventsRequest::default()
        };
        // No deadline: it goes on until something happens.
        let mut answers = match self.ledgers.watch_events(request).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return Ok(status),
        };
        loop {
            let answer = match answers.message().await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(Status::unavailable("the stream ended")),
                Err(status) => return Ok(status),
            };
            if let Some(Content::Events(batch)) = answer.content {
                for event in batch.events {
                    handle(event).await?;
                }
            }
            // Not every answer of a watch of many sites has one.
            if !answer.cursor.is_empty() {
                self.keep(&answer.cursor)?;
                if let Err(status) = self.acknowledge(answer.cursor).await {
                    return Ok(status);
                }
            }
            *attempt = 0;
        }
    }

    /// What is not heard is made good by the next one.
    async fn acknowledge(&mut self, cursor: String) -> Result<(), Status> {
        let consumer = self.consumer.to_owned();
        let mut request =
            Request::new(AcknowledgeEventsRequest { consumer, cursor, rewind: false });
        request.set_timeout(DEADLINE);
        self.ledgers.acknowledge_events(request).await.map(drop)
    }

    fn start(&self) -> io::Result<Start> {
        match fs::read_to_string(self.cursor) {
            Ok(cursor) => Ok(Start::Cursor(cursor)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Start::StartAt(WatchStart::Earliest.into()))
            }
            Err(error) => Err(error),
        }
    }

    /// Replaces the file at once, so that a crash leaves the old one or the new one.
    fn keep(&self, cursor: &str) -> io::Result<()> {
        let new = self.cursor.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(cursor.as_bytes())?;
        file.sync_all()?;
        fs::rename(new, self.cursor)
    }
}
