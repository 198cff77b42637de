//! The embedded broker as other people's clients see it: `mosquitto_pub` and `mosquitto_sub`.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdout, Command, Stdio},
};

use connector_runtime::{BrokerListener, EmbeddedBroker};

/// A `mosquitto_sub` gives up after so many seconds.
const PATIENCE: &str = "60";

/// A subscription to this one tells that those beside it are in place.
const READY: &str = "test/ready";

/// A mosquitto client, which does not outlive its test.
struct Client(Child);

impl Client {
    fn start(program: &str, broker: &BrokerListener, arguments: &[&str]) -> Self {
        let child = Command::new(program)
            .args(["-h", "127.0.0.1", "-p", &broker.address().port().to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; install `mosquitto-clients`"));
        Self(child)
    }

    fn lines(&mut self) -> Lines<BufReader<ChildStdout>> {
        BufReader::new(self.0.stdout.take().expect("it is taken once")).lines()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A `mosquitto_sub`, and what it prints: topic, quality of service, retain flag and payload.
struct Subscriber {
    client: Client,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Subscriber {
    /// Starts one that ends after `count` messages, or before if they do not come.
    fn start(broker: &BrokerListener, count: usize, arguments: &[&str]) -> Self {
        let count = count.to_string();
        let common = ["-F", "%t %q %r %p", "-W", PATIENCE, "-C", &count];
        let mut client = Client::start("mosquitto_sub", broker, &[&common, arguments].concat());
        Self { lines: client.lines(), client }
    }

    /// Starts one, and waits until it is subscribed.
    fn ready(broker: &BrokerListener, count: usize, arguments: &[&str]) -> Self {
        // Answered in this order: what is kept for the other topics comes behind.
        let arguments = [&["-t", READY], arguments].concat();
        let mut subscriber = Self::start(broker, count + 1, &arguments);
        let first = subscriber.lines.next().expect("it subscribes").expect("it prints UTF-8");
        assert!(first.starts_with(READY), "{first}");
        subscriber
    }

    fn seen(self) -> Vec<String> {
        self.lines.map(|line| line.expect("it prints UTF-8")).collect()
    }
}

async fn broker() -> BrokerListener {
    let broker = EmbeddedBroker::new().listen("127.0.0.1:0").await.expect("a free port");
    publish(&broker, &["-r", "-t", READY, "-m", "yes"]);
    broker
}

/// Publishes, and waits until the broker has it.
fn publish(broker: &BrokerListener, arguments: &[&str]) {
    publish_lines(broker, &[arguments, &["-q", "2"]].concat(), "");
}

fn publish_lines(broker: &BrokerListener, arguments: &[&str], lines: &str) {
    let mut publisher = Client::start("mosquitto_pub", broker, arguments);
    let mut input = publisher.0.stdin.take().expect("it is piped");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    assert!(publisher.0.wait().expect("it runs").success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn what_is_kept_comes_with_its_flag_and_what_is_live_without() {
    let broker = broker().await;
    publish(&broker, &["-r", "-t", "räume/küche", "-m", "warm"]);
    publish(&broker, &["-r", "-t", "räume/bad", "-m", "deleted"]);
    publish(&broker, &["-r", "-t", "räume/bad", "-n"]);
    let subscriber = Subscriber::ready(&broker, 3, &["-q", "1", "-t", "räume/+"]);
    publish(&broker, &["-r", "-t", "räume/bad", "-m", "kept"]);
    publish(&broker, &["-t", "räume/bad/fenster", "-m", "too deep"]);
    publish(&broker, &["-t", "räume/bad", "-m", "live"]);
    let seen = ["räume/küche 1 1 warm", "räume/bad 1 0 kept", "räume/bad 1 0 live"];
    assert_eq!(subscriber.seen(), seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn the_lower_quality_of_service_counts() {
    let broker = broker().await;
    let levels = ["0", "1", "2"];
    let subscribers =
        levels.map(|granted| Subscriber::ready(&broker, 3, &["-q", granted, "-t", "qos/#"]));
    for published in levels {
        publish_lines(&broker, &["-t", "qos", "-m", published, "-q", published], "");
    }
    let seen = subscribers.map(|subscriber| {
        let mut seen = subscriber.seen();
        // Nobody says when a message of quality 0 has arrived: it may come behind the next one.
        seen.sort();
        seen
    });
    assert_eq!(seen[0], ["qos 0 0 0", "qos 0 0 1", "qos 0 0 2"]);
    assert_eq!(seen[1], ["qos 0 0 0", "qos 1 0 1", "qos 1 0 2"]);
    assert_eq!(seen[2], ["qos 0 0 0", "qos 1 0 1", "qos 2 0 2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn a_killed_client_leaves_its_will() {
    let broker = broker().await;
    let watcher = Subscriber::ready(&broker, 1, &["-q", "1", "-t", "will/#"]);
    let will = ["--will-topic", "will/a", "--will-payload", "gone", "--will-qos", "1"];
    let polite = Subscriber::start(&broker, 1, &[&will[..], &["-t", READY]].concat());
    assert_eq!(polite.seen(), [format!("{READY} 0 1 yes")]);
    let will = ["--will-topic", "will/b", "--will-payload", "gone", "--will-retain"];
    let killed = Subscriber::ready(&broker, 1, &will);
    drop(killed.client);
    assert_eq!(watcher.seen(), ["will/b 0 0 gone"]);
    assert_eq!(Subscriber::start(&broker, 1, &["-t", "will/#"]).seen(), ["will/b 0 1 gone"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn three_megabytes_arrive() {
    let broker = broker().await;
    let subscriber = Subscriber::ready(&broker, 1, &["-q", "2", "-t", "big"]);
    let payload = "0123456789".repeat(300_000);
    publish_lines(&broker, &["-q", "2", "-t", "big", "-s"], &payload);
    let seen = subscriber.seen();
    assert!(seen == [format!("big 2 0 {payload}")], "{} lines", seen.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[cfg_attr(not(has_mosquitto), ignore = "install mosquitto and mosquitto-clients")]
async fn twenty_thousand_messages_arrive_once_and_in_order() {
    let broker = broker().await;
    let subscriber = Subscriber::ready(&broker, 20_000, &["-q", "1", "-t", "burst"]);
    let lines: Vec<_> = (0..20_000).map(|number| number.to_string()).collect();
    publish_lines(&broker, &["-q", "1", "-t", "burst", "-l"], &lines.join("\n"));
    let expected: Vec<_> = lines.iter().map(|line| format!("burst 1 0 {line}")).collect();
    let seen = subscriber.seen();
    assert!(seen == expected, "{} messages, or another order", seen.len());
}
