//! Unary gRPC load with a different body for each call, which h2load can't do: HTTP/2 frames
//! written as they go over the wire, 4 connections of 16 calls each.
//!
//! A call counts as answered when a message came and then the end of the stream; an error comes
//! without a message.

use crate::load::Load;
use crate::outcome::Outcome;
use crate::statistics::percentile;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 4;
const CALLS_AT_ONCE: usize = 16;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// RFC 9113 section 6.5.2, `SETTINGS_INITIAL_WINDOW_SIZE`.
const INITIAL_WINDOW_SIZE: u16 = 4;
const LARGEST_WINDOW: u32 = 0x7fff_ffff;
/// RFC 7541 appendix A: what comes behind the static table.
const FIRST_DYNAMIC: usize = 62;
/// How many fields the head of a call has.
const FIELDS: usize = 7;

/// One method of a server, and what it is called with in turn.
pub struct Calls<'a> {
    /// `127.0.0.1:port`
    pub host: &'a str,
    /// `/package.Service/Method`
    pub path: &'a str,
    /// The bearer token.
    pub token: &'a str,
    /// Framed messages.
    pub bodies: &'a [Vec<u8>],
    /// How many callers there are.
    pub callers: Callers,
}

/// How many calls are on their way at any time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// On each connection as many as it may have.
    Many,
    /// One, who waits for each answer.
    One,
}

impl Callers {
    /// Connections, and calls on each.
    fn at_once(self) -> (usize, usize) {
        match self {
            Self::Many => (CONNECTIONS, CALLS_AT_ONCE),
            Self::One => (1, 1),
        }
    }
}

impl Calls<'_> {
    /// Calls as fast as answers come.
    pub fn run(&self, seconds: u32) -> Outcome<Load> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.on_all_connections(seconds))
    }

    async fn on_all_connections(&self, seconds: u32) -> Outcome<Load> {
        let begun = Instant::now();
        let end = begun + Duration::from_secs(seconds.into());
        let next = std::cell::Cell::new(0);
        let (connections, _) = self.callers.at_once();
        let connections = (0..connections).map(|_| self.on_one(end, &next));
        let tallies = futures::future::try_join_all(connections).await?;
        let failed = tallies.iter().map(|tally| tally.failed).sum();
        let mut latencies: Vec<u32> =
            tallies.into_iter().flat_map(|tally| tally.latencies).collect();
        latencies.sort_unstable();
        Ok(Load {
            answered: latencies.len() as u64,
            seconds: begun.elapsed().as_secs_f64(),
            p50: percentile(&latencies, 0.5),
            p99: percentile(&latencies, 0.99),
            failed,
            bytes: 0,
        })
    }

    async fn on_one(&self, end: Instant, next: &std::cell::Cell<usize>) -> Outcome<Tally> {
        let mut stream = TcpStream::connect(self.host).await?;
        stream.set_nodelay(true)?;
        let mut out = opening();
        let mut calls = Open { stream: 1, ..Open::default() };
        let mut buffer = Vec::with_capacity(1 << 18);
        loop {
            // Until the server has said how much it takes, it takes 64 KiB; it does before it answers.
            let (_, all) = self.callers.at_once();
            let at_once = if calls.is_answered { all } else { 1 };
            while calls.began.len() < at_once && Instant::now() < end {
                let body = &self.bodies[next.get() % self.bodies.len()];
                next.set(next.get() + 1);
                self.call(&mut out, &mut calls, body);
            }
            if calls.began.is_empty() {
                return Ok(calls.tally);
            }
            stream.write_all(&out).await?;
            out.clear();
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            let used = calls.read(&buffer, &mut out)?;
            buffer.drain(..used);
        }
    }

    fn call(&self, out: &mut Vec<u8>, calls: &mut Open, body: &[u8]) {
        let head = self.head(calls.stream == 1);
        frame(out, 1, 0x4, calls.stream, &head);
        frame(out, 0, 0x1, calls.stream, body);
        calls.began.insert(calls.stream, (Instant::now(), false));
        calls.stream += 2;
    }

    /// The head of a call: in full for the first one, then as indices into the table that the
    /// first one left (RFC 7541 sections 6.1 and 6.2.1).
    fn head(&self, first: bool) -> Vec<u8> {
        if !first {
            let last = FIRST_DYNAMIC + FIELDS - 1;
            let index = |at| 0x80 | u8::try_from(last - at).unwrap_or_default();
            return (0..FIELDS).map(index).collect();
        }
        first_head(self.path, self.host, self.token)
    }
}

#[derive(Default)]
struct Tally {
    latencies: Vec<u32>,
    failed: u64,
}

/// The calls of one connection that are not answered yet.
#[derive(Default)]
struct Open {
    stream: u32,
    /// Whether any was answered.
    is_answered: bool,
    /// When each began, and whether its message has come.
    began: HashMap<u32, (Instant, bool)>,
    received: u32,
    tally: Tally,
}

impl Open {
    /// Reads whole frames; answers how many bytes they were.
    fn read(&mut self, buffer: &[u8], out: &mut Vec<u8>) -> Outcome<usize> {
        let mut at = 0;
        while let Some((head, rest)) = buffer[at..].split_first_chunk::<9>() {
            let [a, b, c, kind, flags, stream @ ..] = *head;
            let length = u32::from_be_bytes([0, a, b, c]);
            let Some(payload) = rest.get(..length as usize) else { break };
            self.frame(kind, flags, u32::from_be_bytes(stream), payload, out)?;
            at += 9 + payload.len();
        }
        Ok(at)
    }

    fn frame(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Outcome {
        match kind {
            // DATA
            0 => {
                self.received += u32::try_from(payload.len())?;
                if self.received > 1 << 29 {
                    frame(out, 8, 0, 0, &self.received.to_be_bytes());
                    self.received = 0;
                }
                if let Some((_, answered)) = self.began.get_mut(&stream) {
                    *answered |= !payload.is_empty();
                }
                self.end(flags, stream);
            }
            // HEADERS
            1 => {
                self.is_answered = true;
                self.end(flags, stream);
            }
            // SETTINGS and PING want to be acknowledged.
            4 if flags & 1 == 0 => frame(out, 4, 1, 0, &[]),
            6 if flags & 1 == 0 => frame(out, 6, 1, 0, payload),
            // RST_STREAM and GOAWAY
            3 | 7 => return Err("the server broke off".into()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, flags: u8, stream: u32) {
        if flags & 1 == 0 {
            return;
        }
        match self.began.remove(&stream) {
            Some((began, true)) => {
                let micros = began.elapsed().as_micros();
                self.tally.latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
            _ => self.tally.failed += 1,
        }
    }
}

/// The head of the first call of a connection, in full.
pub fn first_head(path: &str, host: &str, token: &str) -> Vec<u8> {
    let fields: [_; FIELDS] = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", host),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &format!("Bearer {token}")),
    ];
    let mut head = Vec::new();
    for (name, value) in fields {
        head.push(0x40);
        for text in [name, value] {
            // Lengths below 127 are one byte; none of ours is longer.
            head.push(u8::try_from(text.len()).unwrap_or_default());
            head.extend_from_slice(text.as_bytes());
        }
    }
    head
}

/// The preface, and windows so wide that only the server's side counts.
pub fn opening() -> Vec<u8> {
    let mut out = PREFACE.to_vec();
    let window = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &LARGEST_WINDOW.to_be_bytes()].concat();
    frame(&mut out, 4, 0, 0, &window);
    frame(&mut out, 8, 0, 0, &(LARGEST_WINDOW - 65_535).to_be_bytes());
    out
}

/// Writes a frame (RFC 9113 section 4.1).
pub fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}
