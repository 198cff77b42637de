//! Connects a tank: the program that the guide shows, with its tests.

use connector_runtime::prelude::*;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
    sync::Mutex,
};

/// Connects a tank that answers over TCP.
#[connector(name = "tank")]
struct Tank {
    /// Address of the tank, as host:port.
    #[arg(long, env = "TANK_ADDR")]
    address: String,
    /// Seconds from one poll to the next.
    #[arg(long, env = "POLL_SECONDS", value_parser = value_parser::seconds, default_value = "60")]
    poll: Duration,
}

/// The connection, for one request at a time.
type Session = Mutex<BufStream<TcpStream>>;

/// The sensors.
#[derive(Debug, PartialEq, Serialize, Datapoints)]
struct Status {
    #[datapoint(unit = "%", range = 0..=100)]
    level: u8,
}

#[connector]
impl Tank {
    #[connect(state = "connected")]
    async fn open(&self) -> Result<Session> {
        Ok(Mutex::new(BufStream::new(TcpStream::connect(&self.address).await?)))
    }

    #[receive(every = self.poll)]
    async fn ask(&self, session: &Session) -> Result<String> {
        let mut connection = session.lock().await;
        connection.write_all(b"level?\n").await?;
        connection.flush().await?;
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        ensure!(line.ends_with('\n'), "the tank closed the connection");
        Ok(line)
    }

    #[parse]
    fn status(raw: &str) -> Result<Status> {
        let level = raw.trim().strip_prefix("level=").context("expected a level")?;
        Ok(Status { level: level.parse().with_context(|| format!("the level is {level:?}"))? })
    }

    /// Fills the tank, in percent.
    #[send("level", range = 0..=100)]
    async fn fill(&self, session: &Session, percent: u8) -> Result<()> {
        let mut connection = session.lock().await;
        connection.write_all(format!("level={percent}\n").as_bytes()).await?;
        Ok(connection.flush().await?)
    }
}

fn main() -> ExitCode {
    connector_runtime::main::<Tank>()
}

#[cfg(test)]
mod tests {
    use connector_runtime::testing::Bus;
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn an_answer_becomes_readings() {
        assert_eq!(Tank::status("level=70\n").unwrap(), Status { level: 70 });
        let error = Tank::status("level=full\n").unwrap_err();
        assert_eq!(format!("{error:#}"), "the level is \"full\": invalid digit found in string");
    }

    #[test]
    fn the_sensors_are_known_before_the_first_answer() {
        assert_eq!(Status::sensors()[0].unit.as_deref(), Some("%"));
    }

    /// A tank that hangs up after each command.
    async fn simulate(listener: TcpListener) {
        let mut level = "0".to_owned();
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let mut connection = BufStream::new(connection);
            loop {
                let mut line = String::new();
                connection.read_line(&mut line).await.unwrap();
                if let Some(command) = line.trim().strip_prefix("level=") {
                    level = command.to_owned();
                    break;
                }
                connection.write_all(format!("level={level}\n").as_bytes()).await.unwrap();
                connection.flush().await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn the_tank_is_filled_and_the_session_comes_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(simulate(listener));

        let mut bus = Bus::start(Tank { address, poll: Duration::from_millis(20) }).await;
        bus.select(&["level", "connected"]).await;
        assert_eq!(bus.value("connected").await, json!(true));
        assert_eq!(bus.value("level").await, json!(0));

        bus.command("level", 101);
        assert!(bus.log().await["msg"].as_str().unwrap().contains("outside of the range"));
        bus.command("level", 70.0);
        assert_eq!(bus.value("connected").await, json!(false));
        assert_eq!(bus.value("connected").await, json!(true));
        while bus.value("level").await != json!(70) {}
        bus.stop().await;
    }
}
