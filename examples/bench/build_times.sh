#!/usr/bin/env bash
# How long a connector of the starter kit takes to build, beside a program of bare rumqttc, serde_json and clap
# that reads lines and publishes them: for release, from nothing, and again after a change of its main.rs.
# build_times.sh [ROUNDS]
set -euo pipefail
rounds=${1:-1}
bench=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR

"$bench/../starter-kit/new.sh" connector push-tcp "$work/connector"
mkdir -p "$work/bare/src"
cat > "$work/bare/Cargo.toml" <<'TOML'
[package]
name = "bare"
version = "0.1.0"
edition = "2024"

[dependencies]
clap = { version = "4", features = ["derive", "env"] }
rumqttc = "0.25"
serde_json = "1"
tokio = { version = "1", features = ["io-util", "macros", "net", "rt-multi-thread"] }

TOML
sed -n '/^\[profile/,$p' "$work/connector/Cargo.toml" >> "$work/bare/Cargo.toml"
cat > "$work/bare/src/main.rs" <<'RUST'
use clap::Parser;
use rumqttc::{AsyncClient, MqttOptions, QoS};
use tokio::io::{AsyncBufReadExt, BufReader};

#[derive(Parser)]
struct Settings {
    #[arg(long, env)]
    connector_name: String,
    #[arg(long, env)]
    mqtt_broker_host: String,
    #[arg(long, env, default_value_t = 1883)]
    mqtt_broker_port: u16,
    #[arg(long, env)]
    device_addr: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::parse();
    let name = settings.connector_name;
    let options = MqttOptions::new(&name, settings.mqtt_broker_host, settings.mqtt_broker_port);
    let (client, mut events) = AsyncClient::new(options, 10);
    tokio::spawn(async move { while events.poll().await.is_ok() {} });
    let device = tokio::net::TcpStream::connect(settings.device_addr).await?;
    let mut lines = BufReader::new(device).lines();
    while let Some(line) = lines.next_line().await? {
        let readings: serde_json::Map<_, _> = serde_json::from_str(&line)?;
        for (key, value) in readings {
            let payload = serde_json::json!({ "value": value }).to_string();
            client.publish(format!("{name}/{key}"), QoS::AtLeastOnce, true, payload).await?;
        }
    }
    Ok(())
}
RUST

seconds() {
    local start=$EPOCHREALTIME
    cargo build --release --quiet --offline
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

echo "program    crates  clean  again  size"
for program in bare connector; do (cd "$work/$program" && cargo fetch --quiet); done
for ((round = 0; round < rounds; round++)); do
    for program in bare connector; do
        cd "$work/$program"
        rm -rf target
        crates=$(cargo tree --offline --edges normal,build --prefix none --no-dedupe | sort -u | wc -l)
        clean=$(seconds)
        echo '// Changed.' >> src/main.rs
        again=$(seconds)
        printf '%-10s %6s %5s s %5s s %6d KiB\n' "$program" "$crates" "$clean" "$again" \
            $(($(stat -c %s "target/release/$program") / 1024))
    done
done
