//! Whoever follows the ledger: how much they are told, what they cost those who write, and how soon a burst
//! is told.
//!
//! Frames are read as they come and their events counted, no more: whoever decodes them does so elsewhere.

use crate::forms::framed;
use crate::grpc_load::{first_head, frame, opening};
use crate::house::House;
use crate::load::Load;
use crate::outcome::{Outcome, Problem};
use crate::ratios::Ratio;
use crate::servers::Running;
use crate::statistics::percentile;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use provost::channel::{AsOperator, Clients, Destination, remote};
use provost_proto::v1::event_state::State;
use provost_proto::v1::watch_events_request::Start;
use provost_proto::v1::watch_events_response::Content;
use provost_proto::v1::{RegisterSignInRequest, WatchEventsRequest, WatchStart};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::timeout_at;

const PATH: &str = "/provost.identity.v1.LedgerService/WatchEvents";
/// Fields of `WatchEventsResponse`, and of `EventBatch`.
const PENDING: u32 = 2;
const EVENTS: u32 = 4;
const EVENT: u32 = 1;
/// How many follow while others write.
pub const LIVE: usize = 10;
/// How many changes come at once, and how many of them are under way together.
const BURST: usize = 1_000;
const CALLS_AT_ONCE: usize = 256;

/// So many who follow the default site, each on a connection of its own.
pub struct Watchers {
    host: String,
    token: String,
    number: usize,
    told: Arc<AtomicU64>,
}

impl Watchers {
    pub fn of(serve: &Running, number: usize) -> Outcome<Self> {
        let (host, token) = (serve.grpc.clone(), serve.operator_token()?);
        Ok(Self { host, token, number, told: Arc::default() })
    }

    /// Has all be told the whole ledger, over and over: how many events were told in all.
    pub fn follow(&self, seconds: u32) -> Outcome<Load> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let begun = Instant::now();
        let end = begun + Duration::from_secs(seconds.into());
        runtime.block_on(async {
            let one = |_| self.watcher(WatchStart::Earliest).run(Some(end));
            futures::future::try_join_all((0..self.number).map(one)).await
        })?;
        let (answered, seconds) = (self.told(), begun.elapsed().as_secs_f64());
        Ok(Load { answered, seconds, ..Load::default() })
    }

    /// Follows what is decided for as long as some work takes.
    pub fn beside<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        for _ in 0..self.number {
            runtime.spawn(self.watcher(WatchStart::Now).run(None));
        }
        let done = work();
        runtime.shutdown_background();
        done
    }

    /// How many events were told since this was asked before.
    pub fn told(&self) -> u64 {
        self.told.swap(0, Ordering::Relaxed)
    }

    fn watcher(&self, start: WatchStart) -> Watcher {
        let Self { host, token, number: _, told } = self;
        Watcher { host: host.clone(), token: token.clone(), start, told: Arc::clone(told) }
    }
}

/// One who follows.
struct Watcher {
    host: String,
    token: String,
    start: WatchStart,
    told: Arc<AtomicU64>,
}

impl Watcher {
    /// Until the end, where there is one; each time that all is told, from the beginning.
    async fn run(self, end: Option<Instant>) -> Outcome {
        loop {
            let all = self.once();
            match end {
                None => all.await?,
                Some(end) => match timeout_at(end.into(), all).await {
                    Ok(told) => told?,
                    Err(_) => return Ok(()),
                },
            }
        }
    }

    /// Until nothing is pending, from the earliest event; for ever, from now.
    async fn once(&self) -> Outcome {
        let mut stream = TcpStream::connect(&self.host).await?;
        stream.set_nodelay(true)?;
        let request = WatchEventsRequest {
            start: Some(Start::StartAt(self.start.into())),
            ..WatchEventsRequest::default()
        };
        let mut out = opening();
        frame(&mut out, 1, 0x4, 1, &first_head(PATH, &self.host, &self.token));
        frame(&mut out, 0, 0x1, 1, &framed(&request));
        let (mut buffer, mut messages) = (Vec::with_capacity(1 << 18), Vec::new());
        loop {
            stream.write_all(&out).await?;
            out.clear();
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            let used = take_frames(&buffer, &mut messages, &mut out)?;
            buffer.drain(..used);
            if self.count(&mut messages)? && self.start == WatchStart::Earliest {
                return Ok(());
            }
        }
    }

    /// Counts the events of whole messages, and answers whether nothing is pending behind them.
    fn count(&self, messages: &mut Vec<u8>) -> Outcome<bool> {
        let (mut at, mut is_all) = (0, false);
        while let Some((head, rest)) = messages[at..].split_first_chunk::<5>() {
            let [_, length @ ..] = *head;
            let Some(message) = rest.get(..u32::from_be_bytes(length) as usize) else { break };
            let (events, pending) = read(message)?;
            self.told.fetch_add(events, Ordering::Relaxed);
            is_all = pending == 0;
            at += 5 + message.len();
        }
        messages.drain(..at);
        Ok(is_all)
    }
}

/// Takes whole frames; answers how many bytes they were.
fn take_frames(buffer: &[u8], messages: &mut Vec<u8>, out: &mut Vec<u8>) -> Outcome<usize> {
    let mut at = 0;
    while let Some((head, rest)) = buffer[at..].split_first_chunk::<9>() {
        let [a, b, c, kind, flags, ..] = *head;
        let length = u32::from_be_bytes([0, a, b, c]);
        let Some(payload) = rest.get(..length as usize) else { break };
        match kind {
            0 => {
                messages.extend_from_slice(payload);
                if length > 0 {
                    for stream in [0, 1] {
                        frame(out, 8, 0, stream, &length.to_be_bytes());
                    }
                }
            }
            4 if flags & 1 == 0 => frame(out, 4, 1, 0, &[]),
            6 if flags & 1 == 0 => frame(out, 6, 1, 0, payload),
            // What ends a watch, and what ends a connection.
            1 if flags & 1 == 1 => return Err("a watch was ended".into()),
            3 | 7 => return Err("the server broke off".into()),
            _ => {}
        }
        at += 9 + payload.len();
    }
    Ok(at)
}

/// How many events a response has, and how many are pending.
fn read(mut message: &[u8]) -> Outcome<(u64, u64)> {
    let (mut events, mut pending) = (0, 0);
    while !message.is_empty() {
        match decode_key(&mut message)? {
            (PENDING, WireType::Varint) => pending = decode_varint(&mut message)?,
            (EVENTS, WireType::LengthDelimited) => {
                let length = usize::try_from(decode_varint(&mut message)?)?;
                let (mut batch, rest) =
                    message.split_at_checked(length).ok_or("a response is cut off")?;
                while !batch.is_empty() {
                    let (tag, kind) = decode_key(&mut batch)?;
                    events += u64::from(tag == EVENT);
                    skip_field(kind, tag, &mut batch, DecodeContext::default())?;
                }
                message = rest;
            }
            (tag, kind) => skip_field(kind, tag, &mut message, DecodeContext::default())?,
        }
    }
    Ok((events, pending))
}

/// What those who follow leave of writing.
pub fn ratios(house: &House) -> [Ratio; 2] {
    let users = house.sizes[0].sqlite.users;
    [("SQLite", "sqlite"), ("PostgreSQL", "postgres")].map(|(engine, key)| Ratio {
        title: format!("PATCH while {LIVE} follow : PATCH alone, {engine}"),
        line: format!("{users}/{key}/patch-watched"),
        yardstick: format!("{users}/{key}/patch"),
        at_least: Some(0.9),
    })
}

/// A thousand sign-ins at once: within which time, in milliseconds, 99 of 100 were told behind their call.
pub fn burst(serve: &Running) -> Outcome<f64> {
    Builder::new_current_thread().enable_all().build()?.block_on(told_burst(serve))
}

async fn told_burst(serve: &Running) -> Outcome<f64> {
    let way = Destination { address: format!("http://{}", serve.grpc).parse()?, tls: None };
    let clients =
        || Ok::<_, Problem>(Clients::new(remote(&way), AsOperator::new(&serve.operator_token()?)?));
    let mut told =
        clients()?.ledgers.watch_events(WatchEventsRequest::default()).await?.into_inner();
    told.message().await?;
    let users = clients()?.users;
    let name = |number: usize| format!("burst-{number}@example.com");
    let begun = Instant::now();
    let calls = (0..BURST).map(|number| {
        let mut users = users.clone();
        async move {
            let request = RegisterSignInRequest {
                user_name: name(number),
                ..RegisterSignInRequest::default()
            };
            users.register_sign_in(request).await
        }
    });
    let calls = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).map_err(Problem::from);
    let calls = calls.try_for_each(async |_| Ok(()));
    let arrivals = async {
        let mut arrived = HashMap::with_capacity(BURST);
        while arrived.len() < BURST {
            let response = told.message().await?.ok_or("a watch was ended")?;
            let Some(Content::Events(batch)) = response.content else { continue };
            for event in batch.events {
                if let Some(State::User(user)) = event.after.and_then(|after| after.state) {
                    arrived.insert(user.user_name, begun.elapsed());
                }
            }
        }
        Ok::<_, Problem>(arrived)
    };
    // A call that fails is told of by no event.
    let ((), arrived) = tokio::try_join!(calls, arrivals)?;
    let mut micros: Vec<u32> = arrived
        .into_values()
        .map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX))
        .collect();
    micros.sort_unstable();
    Ok(percentile(&micros, 0.99))
}
