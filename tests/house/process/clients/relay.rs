//! A network between a client and a core on which an answer is lost, a call waits, and behind which
//! the core moves. Owns the frames of HTTP/2 as far as they name a stream (RFC 9113 section 4.1);
//! must never know what is asked.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

/// What a client sends first (RFC 9113 section 3.4).
const PREFACE_BYTES: usize = 24;

/// Where the core can be reached until this is dropped.
pub struct Relay {
    pub address: SocketAddr,
    core: watch::Sender<SocketAddr>,
    task: AbortHandle,
}

/// What happens on the first connection, once. Calls are counted from 0.
enum Happening {
    Nothing,
    /// It ends when the core has answered this call, and before the client hears of it.
    AnswerLost(u32),
    /// This call waits on its way to the core.
    CallWaits(u32, Arc<Stop>),
}

/// Where a call waits.
#[derive(Default)]
pub struct Stop {
    pub arrived: Notify,
    pub go_on: Notify,
}

impl Relay {
    pub async fn to(core: SocketAddr) -> Self {
        Self::start(core, Happening::Nothing).await
    }

    /// The connections after the first hold.
    pub async fn losing_answer(core: SocketAddr, call: u32) -> Self {
        Self::start(core, Happening::AnswerLost(call)).await
    }

    pub async fn stopping_call(core: SocketAddr, call: u32) -> (Self, Arc<Stop>) {
        let stop = Arc::new(Stop::default());
        (Self::start(core, Happening::CallWaits(call, Arc::clone(&stop))).await, stop)
    }

    /// Where the next connections lead.
    pub fn lead_to(&self, core: SocketAddr) {
        self.core.send_replace(core);
    }

    async fn start(core: SocketAddr, mut first: Happening) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (core, target) = watch::channel(core);
        let task = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let target = *target.borrow();
                // The core is gone, and so is the connection.
                let Ok(mut core) = TcpStream::connect(target).await else { continue };
                match std::mem::replace(&mut first, Happening::Nothing) {
                    Happening::AnswerLost(call) => lose_answer(client, core, call).await,
                    Happening::CallWaits(call, stop) => {
                        tokio::spawn(stop_call(client, core, call, stop));
                    }
                    Happening::Nothing => {
                        tokio::spawn(
                            async move { copy_bidirectional(&mut client, &mut core).await },
                        );
                    }
                }
            }
        });
        Self { address, core, task: task.abort_handle() }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn lose_answer(client: TcpStream, core: TcpStream, call: u32) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_core, mut to_core) = core.into_split();
    let backwards = async {
        loop {
            let (frame, stream) = next_frame(&mut from_core).await?;
            if stream == stream_of(call) {
                return io::Result::Ok(());
            }
            to_client.write_all(&frame).await?;
        }
    };
    tokio::select! {
        ended = copy(&mut from_client, &mut to_core) => {
            panic!("the client left before it was answered: {ended:?}")
        }
        ended = backwards => ended.unwrap(),
    }
}

async fn stop_call(
    client: TcpStream,
    core: TcpStream,
    call: u32,
    stop: Arc<Stop>,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_core, mut to_core) = core.into_split();
    tokio::spawn(async move { copy(&mut from_core, &mut to_client).await });
    let mut preface = [0; PREFACE_BYTES];
    from_client.read_exact(&mut preface).await?;
    to_core.write_all(&preface).await?;
    loop {
        let (frame, stream) = next_frame(&mut from_client).await?;
        if stream == stream_of(call) {
            stop.arrived.notify_one();
            stop.go_on.notified().await;
            to_core.write_all(&frame).await?;
            copy(&mut from_client, &mut to_core).await?;
            return Ok(());
        }
        to_core.write_all(&frame).await?;
    }
}

/// Clients open the streams 1, 3, 5, …
fn stream_of(call: u32) -> u32 {
    2 * call + 1
}

/// A frame, and the stream that it is about.
async fn next_frame(from: &mut OwnedReadHalf) -> io::Result<(Vec<u8>, u32)> {
    let mut frame = vec![0; 9];
    from.read_exact(&mut frame).await?;
    let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
    let stream = u32::from_be_bytes([frame[5], frame[6], frame[7], frame[8]]);
    frame.resize(9 + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut frame[9..]).await?;
    Ok((frame, stream))
}
