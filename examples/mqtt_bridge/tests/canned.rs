//! A broker that refuses.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    task::JoinSet,
};

/// A broker that serves one connection after another, each with these answers to what it reads.
pub(crate) struct Canned {
    pub(crate) address: SocketAddr,
    /// What it has read.
    pub(crate) read: mpsc::UnboundedReceiver<Vec<u8>>,
    _serving: JoinSet<()>,
}

impl Canned {
    pub(crate) async fn start(answers: &'static [&'static [u8]]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (sender, read) = mpsc::unbounded_channel();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut packet = vec![0; 1000];
                for answer in answers {
                    let length = stream.read(&mut packet).await.unwrap_or_default();
                    let _ = sender.send(packet[..length].to_vec());
                    let _ = stream.write_all(answer).await;
                }
                // Reads until the other side closes it.
                while stream.read(&mut packet).await.is_ok_and(|length| length > 0) {}
            }
        });
        Self { address, read, _serving: serving }
    }
}
