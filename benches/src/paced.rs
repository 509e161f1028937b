//! Requests at a steady pace, far below what the service can do: how long does one take?
//!
//! The clock of a request starts when its turn comes, whether or not a connection is free or the
//! generator is ready: its timer is up to a millisecond late, which counts.

use crate::load::{CONNECTIONS, Load};
use crate::outcome::{Outcome, Problem};
use crate::statistics::percentile;
use crate::web::ask;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc;

type Due = (Instant, String);
type Queue = Arc<AsyncMutex<mpsc::UnboundedReceiver<Due>>>;

/// Sends requests at a rate for a time.
pub fn run(host: &str, requests: &[String], rate: f64, seconds: u32) -> Outcome<Load> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (send, queue) = mpsc::unbounded_channel();
        let queue: Queue = Arc::new(AsyncMutex::new(queue));
        let latencies = Arc::new(Mutex::new(Vec::new()));
        let connections = (0..CONNECTIONS).map(|_| serve(host, &queue, &latencies));
        let (failed, ()) = tokio::try_join!(
            async { Ok(futures::future::try_join_all(connections).await?.into_iter().sum()) },
            async {
                pace(send, requests, rate, seconds).await;
                Ok::<(), Problem>(())
            }
        )?;
        let mut latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner).split_off(0);
        latencies.sort_unstable();
        Ok(Load {
            answered: latencies.len() as u64,
            seconds: seconds.into(),
            p50: percentile(&latencies, 0.5),
            p99: percentile(&latencies, 0.99),
            failed,
            bytes: 0,
        })
    })
}

async fn pace(send: mpsc::UnboundedSender<Due>, requests: &[String], rate: f64, seconds: u32) {
    let mut ticks = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
    let end = Instant::now() + Duration::from_secs(seconds.into());
    for request in requests.iter().cycle() {
        let due = ticks.tick().await.into_std();
        if due >= end || send.send((due, request.clone())).is_err() {
            return;
        }
    }
}

async fn serve(host: &str, queue: &Queue, latencies: &Mutex<Vec<u32>>) -> Outcome<u64> {
    let mut stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let mut failed = 0;
    loop {
        let next = queue.lock().await.recv().await;
        let Some((due, request)) = next else { return Ok(failed) };
        let answer = ask(&mut stream, &request).await?;
        if answer.status != 200 {
            failed += 1;
            continue;
        }
        let micros = u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX);
        latencies.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
    }
}
