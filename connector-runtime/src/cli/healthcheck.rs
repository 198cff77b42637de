//! `healthcheck`: asks the running connector how it is, for the health checks of containers.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    cli::{
        tool::{Call, Tool},
        work,
    },
    connector::Connector,
    error::Result,
    settings::Exit,
};

/// How long the answer may take; container platforms give up after a few seconds by themselves.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes of an answer, which is one line.
const MAX_ANSWER: u64 = 4096;

/// What to ask.
#[derive(Args)]
pub(crate) struct Healthcheck {
    /// Ask whether broker and device are connected and the data is fresh (/readyz), and not only whether
    /// the connector works (/healthz).
    #[arg(id = "tool-ready", long = "ready")]
    ready: bool,
}

impl Tool for Healthcheck {
    const NAME: &'static str = "healthcheck";
    const ABOUT: &'static str =
        "Asks the running connector how it is, at HEALTH_ADDR: exit code 0 or 1";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (Self { ready }, settings) = call.read_bus::<C, Self>().map_err(|exit| match exit {
            // Container platforms know 0 and 1.
            Exit::Faults(_) => Exit::Failed(anyhow!("{exit}")),
            exit => exit,
        })?;
        let address = settings.health_addr.ok_or_else(|| {
            anyhow!("HEALTH_ADDR is not set, so the running connector cannot be asked: set it for both, to 8080 for example")
        })?;
        let path = if ready { "/readyz" } else { "/healthz" };
        work::block_on(async move {
            let address = reachable(address);
            let answer = timeout(PATIENCE, ask(address, path)).await;
            let answer = answer.unwrap_or_else(|_| bail!("no answer within {PATIENCE:?}"));
            answer.with_context(|| format!("http://{address}{path}"))?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Where a server can be reached that listens to all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Asks by HTTP/1.1 (RFC 9112); the error is what is wrong.
async fn ask(address: SocketAddr, path: &str) -> Result<()> {
    let mut server = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    server.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    server.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status == "200" { Ok(()) } else { bail!("{}", body.trim()) }
}
