//! A host that is not Microsoft's: where `foreign-next-link` and `foreign-redirect` point.
//!
//! It is another port on another name of this computer and answers everybody with an empty list. It counts its visits, so
//! that a test can prove that a client sent nothing there. It reads no further than it must and keeps nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A visitor that sends nothing is let go.
const PATIENCE: Duration = Duration::from_secs(5);
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\
    Connection: close\r\n\r\n{\"value\":[]}";

/// What is known of the stranger.
#[derive(Clone, Debug)]
pub(crate) struct Stranger {
    /// Its origin.
    pub(crate) address: String,
    visits: Arc<AtomicU64>,
}

impl Stranger {
    /// Starts listening; the task ends when the returned set is dropped.
    pub(crate) async fn start(scheme: &str) -> std::io::Result<(Self, JoinSet<()>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("{scheme}://127.0.0.1:{}", listener.local_addr()?.port());
        let visits = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(receive(listener, Arc::clone(&visits)));
        Ok((Self { address, visits }, tasks))
    }

    /// How many connections have been made.
    pub(crate) fn visits(&self) -> u64 {
        self.visits.load(Ordering::SeqCst)
    }
}

async fn receive(listener: TcpListener, visits: Arc<AtomicU64>) {
    let mut visitors = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    visits.fetch_add(1, Ordering::SeqCst);
                    visitors.spawn(async move {
                        let _ = tokio::time::timeout(PATIENCE, answer(stream)).await;
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = visitors.join_next() => {}
        }
    }
}

async fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    stream.write_all(ANSWER).await?;
    stream.shutdown().await
}
