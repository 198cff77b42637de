//! `healthcheck`: queries the running connector's health, for containers.

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
    telemetry::log::text::one_line,
};

/// The time limit for the answer. Container platforms have a limit of a few seconds of their own.
const PATIENCE: Duration = Duration::from_secs(2);

/// The maximum size in bytes of an answer, which is one line.
const MAX_ANSWER: u64 = 4096;

/// The arguments of `healthcheck`.
#[derive(Args)]
pub(crate) struct Healthcheck {
    /// Also check that the broker and the device are connected and the data is fresh (/readyz instead
    /// of /healthz).
    #[arg(id = "tool-ready", long = "ready")]
    ready: bool,
}

impl Tool for Healthcheck {
    const NAME: &'static str = "healthcheck";
    const ABOUT: &'static str =
        "Queries the running connector's health at HEALTH_ADDR; exit code 0 or 1";
    const NEEDS_BROKER: bool = false;

    fn run<C: Connector>(call: &Call<'_>) -> Result<ExitCode, Exit> {
        let (Self { ready }, settings) = call.read_bus::<C, Self>().map_err(|exit| match exit {
            // Docker defines the exit codes 0 and 1 only.
            Exit::Faults(_) => Exit::Failed(anyhow!("{exit}")),
            exit => exit,
        })?;
        let address = settings.health_addr.ok_or_else(|| {
            anyhow!("HEALTH_ADDR is not set, so the running connector cannot be queried: set it for both, for example to 8080")
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

/// Replaces the address of a server that listens on all addresses by a local one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Sends an HTTP/1.1 request (RFC 9112). Returns the body as an error if the status is not 200.
async fn ask(address: SocketAddr, path: &str) -> Result<()> {
    let mut server = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    server.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    server.take(MAX_ANSWER).read_to_end(&mut answer).await?;
    verdict(&String::from_utf8_lossy(&answer))
}

/// Returns the body of an answer as an error if the status is not 200, and the status if the body is empty.
fn verdict(answer: &str) -> Result<()> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not valid HTTP")?;
    let status = head.split_whitespace().nth(1).unwrap_or_default();
    match body.trim() {
        _ if status == "200" => Ok(()),
        "" => bail!("the status of the answer is {}, not 200", one_line(status)),
        body => bail!("{}", one_line(body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_or_the_status() {
        let error = |answer| verdict(answer).unwrap_err().to_string();
        assert_eq!(error("HTTP/1.1 503 x\r\n\r\n"), "the status of the answer is 503, not 200");
        assert_eq!(error("HTTP/1.1 503 x\r\n\r\n\x1b[31mRED\nok\n"), r"\u{1b}[31mRED\nok");
        assert_eq!(error("hello"), "the answer is not valid HTTP");
        assert!(verdict("HTTP/1.1 200 OK\r\n\r\n").is_ok());
    }
}
