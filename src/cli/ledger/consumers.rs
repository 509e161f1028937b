//! `provost ledger consumers`: who follows a ledger, and how far behind each of them is.

use provost_proto::v1::{Consumer, DeleteConsumerRequest, ListConsumersRequest};
use serde::Serialize;

use super::super::core::{Form, Output, RemoteCore};
use super::super::print::Head;
use super::super::{print, time};
use super::Whose;
use crate::run_error::RunError;

/// A consumer, as scripts read it.
#[derive(Serialize)]
pub struct ConsumerView {
    caller: String,
    consumer: String,
    revision: i64,
    acknowledge_time: Option<String>,
    pending: i64,
    lag_seconds: Option<i64>,
}

/// Fetches and prints the consumers.
pub async fn list(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    form: Form,
) -> Result<(), RunError> {
    let request = core.request(ListConsumersRequest { site, installation });
    let answered = core.ledgers.list_consumers(request).await;
    let consumers = core.answer(answered)?.consumers;
    if form.output == Output::Json {
        let views = consumers.into_iter().map(ConsumerView::new);
        return print::say_json(&views.collect::<Vec<_>>());
    }
    let row = |consumer: Consumer| {
        let at = time::short(consumer.acknowledge_time);
        let view = ConsumerView::new(consumer);
        let lag = view.lag();
        let ConsumerView { caller, consumer, revision, pending, .. } = view;
        vec![consumer, caller, revision.to_string(), at, pending.to_string(), lag]
    };
    let head = Head {
        always: &["consumer", "of", "revision", "acknowledged", "pending", "lag"],
        wide: &[],
    };
    let rows = consumers.into_iter().map(row).collect();
    print::say_table(form, &head, rows, "No consumer yet.")
}

/// Removes a consumer.
pub async fn remove(
    core: &mut RemoteCore,
    Whose { site, installation }: Whose,
    (consumer, caller): (String, String),
) -> Result<(), RunError> {
    let said = format!("{consumer} is no consumer any more.");
    let request = core.request(DeleteConsumerRequest { site, installation, consumer, caller });
    let answered = core.ledgers.delete_consumer(request).await;
    core.answer(answered)?;
    print::say(&said)
}

impl ConsumerView {
    /// What is told of a consumer.
    pub fn new(consumer: Consumer) -> Self {
        let Consumer { caller, name, revision, acknowledge_time, pending, lag } = consumer;
        Self {
            caller,
            consumer: name,
            revision,
            acknowledge_time: acknowledge_time.map(time::written),
            pending,
            lag_seconds: lag.map(|lag| lag.seconds),
        }
    }

    /// How far behind it is in time; a dash where it is not.
    pub fn lag(&self) -> String {
        self.lag_seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s"))
    }

    /// The consumer, and whose it is.
    pub fn names(&self) -> [String; 2] {
        [self.consumer.clone(), self.caller.clone()]
    }

    /// How many events it has not acknowledged.
    pub fn pending(&self) -> String {
        self.pending.to_string()
    }
}
