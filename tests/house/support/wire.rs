//! HTTP/1.1 by hand, so that exactly the bytes of a conversation are sent: no client library
//! adds a User-Agent or tidies a query. Must never know SCIM.

use std::fmt::Write as _;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Answer;

/// A request as it goes out; `target` is everything between method and version.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

/// One request on a connection of its own.
pub async fn send(address: SocketAddr, request: &Request) -> std::io::Result<Answer> {
    send_over(TcpStream::connect(address).await?, address, request).await
}

/// One request, the last one on this connection with an address.
pub async fn send_over(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    address: SocketAddr,
    request: &Request,
) -> std::io::Result<Answer> {
    stream.write_all(&bytes(address, request)).await?;
    let mut received = Vec::new();
    // A server may refuse a large body and close before it has read everything: what it said
    // until then counts.
    let end = stream.read_to_end(&mut received).await;
    match read(&received) {
        Some(answer) => Ok(answer),
        None => Err(end.err().unwrap_or_else(|| {
            std::io::Error::other(format!(
                "not an HTTP answer: {:?}",
                String::from_utf8_lossy(&received)
            ))
        })),
    }
}

pub(super) fn bytes(address: SocketAddr, request: &Request) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    let mut header = |name: &str, value: &str| {
        write!(head, "{name}: {value}\r\n").unwrap();
    };
    if !request.has("host") {
        header("Host", &address.to_string());
    }
    header("Connection", "close");
    for (name, value) in &request.headers {
        header(name, value);
    }
    if let Some(body) = &request.body
        && !request.has("content-length")
    {
        header("Content-Length", &body.len().to_string());
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend(request.body.iter().flatten());
    bytes
}

impl Request {
    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }
}

/// An answer that ends with its connection.
pub(super) fn read(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&received[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: received[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunked(&answer.body)?;
    }
    Some(answer)
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn both_framings_are_read() {
        let plain = read(b"HTTP/1.1 200 OK\r\nA: b \r\nContent-Length: 2\r\n\r\nhi").unwrap();
        assert_eq!((plain.status, plain.text().as_str()), (200, "hi"));
        assert_eq!(plain.header("a"), Some("b"));
        let chunked = read(
            b"HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        );
        assert_eq!(chunked.unwrap().text(), "abcd");
    }
}
