//! Clients of the health server that do not behave: a container platform must still get its answer, because it
//! restarts a connector that gives none.

use support::{ConnectorProcess, Embedded, Launch, World, free_port, get, launch, patiently};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// More than the server keeps open.
const MANY: usize = 200;

/// A connector with a health server, and the port of it.
async fn healthy() -> (ConnectorProcess, u16) {
    let port = free_port();
    let launch = launch(free_port(), ([127, 0, 0, 1], free_port()).into());
    let connector = launch.variable("HEALTH_ADDR", &port).start();
    connector.stdout.line("serving /healthz").await;
    (connector, port)
}

async fn connect(port: u16, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    // The server may have closed it before.
    let _ = connection.write_all(request.as_bytes()).await;
    connection
}

/// The rest of what the server sends before it closes the connection.
async fn answer(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = connection.read_to_end(&mut answer);
    let _ = patiently(read, || "the server does not close the connection".to_owned()).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn assert_healthy(port: u16, after: &str) {
    let asked = get(port, "/healthz");
    let health = patiently(asked, || format!("no answer after {after}")).await;
    assert_eq!(health, Some((200, "ok\n".to_owned())), "after {after}");
}

#[tokio::test]
async fn clients_that_block_the_server_give_way() {
    let (connector, port) = healthy().await;
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(5000));
    let slow = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nx";
    let continued =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    for request in ["", "G", "GET /healthz HTTP/1.1\r\nHost:", &long, slow, body, continued] {
        let mut open = Vec::new();
        for _ in 0..MANY {
            open.push(connect(port, request).await);
        }
        assert_healthy(port, request).await;
    }
    let healthcheck = Launch::program("tcp_json").argument("healthcheck");
    let _open = connect(port, "").await;
    healthcheck.variable("HEALTH_ADDR", &port).start().wait().await.assert_clean();
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (connector, port) = healthy().await;
    let (idle, half) = (connect(port, "").await, connect(port, "GET /he").await);
    assert_eq!(answer(idle).await, "");
    assert_eq!(answer(half).await, "");
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn a_connection_answers_one_request() {
    let (connector, port) = healthy().await;
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let answers = answer(connect(port, &request.repeat(1000)).await).await;
    assert!(answers.matches("HTTP/1.1 ").count() <= 1, "{answers}");
    assert_healthy(port, "pipelined requests").await;
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn an_endless_request_is_cut_off() {
    let (connector, port) = healthy().await;
    let many_headers = "X: x\r\n".repeat(10_000);
    let long_header = format!("X: {}", "x".repeat(1 << 20));
    for endless in [many_headers, long_header, "\r\n".repeat(10_000), "\0".repeat(100_000)] {
        let mut connection = connect(port, "GET /healthz HTTP/1.1\r\n").await;
        let written = async { while connection.write_all(endless.as_bytes()).await.is_ok() {} };
        patiently(written, || "the server reads on".to_owned()).await;
        assert_healthy(port, "an endless request").await;
    }
    connector.terminate().await.assert_clean();
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let port = free_port();
    let set = |launch: Launch| launch.variable("HEALTH_ADDR", &port);
    let world = World::with(Embedded::start().await.into(), set).await;
    for request in [
        "\r\n\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
        "GET http://example.com:80/healthz\u{0} HTTP/1.1\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let connection = connect(port, request).await;
        let answer = answer(connection).await;
        assert!(answer.len() < 1000, "{request:?}: {answer}");
        assert_healthy(port, request).await;
    }
    world.end().await;
}
