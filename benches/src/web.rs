//! One HTTP/1.1 request over a kept connection: what the paced load and the looks before a run
//! need, and no more.

use crate::outcome::Outcome;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The head as text.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Sends a complete request and reads the answer.
pub async fn ask(stream: &mut TcpStream, request: &str) -> Outcome<Answer> {
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = Vec::with_capacity(4096);
    let end = loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8(buffer[..end].to_vec())?;
    let length = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>())
    });
    let length = length.transpose()?.unwrap_or_default();
    while buffer.len() < end + length {
        if stream.read_buf(&mut buffer).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    let status = head.split(' ').nth(1).ok_or("an answer has no status")?.parse()?;
    Ok(Answer { status, head, body: buffer.split_off(end) })
}

/// Asks once, over a connection of its own.
pub fn ask_once(host: &str, request: &str) -> Outcome<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(host).await?;
        ask(&mut stream, request).await
    })
}
