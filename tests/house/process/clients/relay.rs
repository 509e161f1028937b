//! A network between a client and a core on which an answer is lost. Owns the frames of HTTP/2 as
//! far as they name a stream (RFC 9113 section 4.1); must never know what is asked.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Where the core can be reached until this is dropped.
pub struct Relay {
    pub address: SocketAddr,
    task: AbortHandle,
}

impl Relay {
    /// The first connection ends when the core has answered this call, counted from 0, and before the
    /// client hears of it. The connections after it hold.
    pub async fn losing_answer(core: SocketAddr, call: u32) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            pass_until_answer(client, TcpStream::connect(core).await.unwrap(), call).await;
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut core = TcpStream::connect(core).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut client, &mut core).await });
            }
        });
        Self { address, task: task.abort_handle() }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends with the first frame of the core that belongs to this call.
async fn pass_until_answer(client: TcpStream, core: TcpStream, call: u32) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_core, mut to_core) = core.into_split();
    let forwards = async { copy(&mut from_client, &mut to_core).await };
    let backwards = async {
        let mut head = [0; 9];
        loop {
            from_core.read_exact(&mut head).await?;
            // Clients open the streams 1, 3, 5, …
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            if stream > 2 * call {
                return std::io::Result::Ok(());
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut frame = vec![0; length.try_into().unwrap()];
            from_core.read_exact(&mut frame).await?;
            to_client.write_all(&[&head, &*frame].concat()).await?;
        }
    };
    tokio::select! {
        ended = forwards => panic!("the client left before it was answered: {ended:?}"),
        ended = backwards => ended.unwrap(),
    }
}
