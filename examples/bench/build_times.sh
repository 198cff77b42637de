#!/usr/bin/env bash
# Measures how long a connector of the starter kit takes to build, compared with a bare program of rumqttc, serde_json
# and clap that reads lines and publishes them: from scratch, and again after a change of main.rs.
#
# build_times.sh [ROUNDS]
#
# `release` is for the connector the kit's profile, for the bare program cargo's default, stripped. `image` is for both
# the kit's profile.
set -euo pipefail
rounds=${1:-1}
bench=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR

"$bench/../starter-kit/new.sh" connector push-tcp "$work/connector" >/dev/null
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
printf '[profile.release]\nstrip = true\n\n' >> "$work/bare/Cargo.toml"
sed -n '/^\[profile.image/,$p' "$work/connector/Cargo.toml" >> "$work/bare/Cargo.toml"
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

# Builds the program in this folder, and prints the seconds that it took.
build() {
    local start=$EPOCHREALTIME
    cargo build --profile "$1" --quiet --offline
    awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

# Changes of main.rs that no compiler can skip: a text in a function gets longer.
declare -A change=([bare]='s|{name}/{key}|&/|' [connector]='s|cannot parse the line|&!|')

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

for program in bare connector; do
    cd "$work/$program"
    cargo fetch --quiet
    echo "$program: $(cargo tree --offline --edges normal,build --prefix none --no-dedupe | sort -u | wc -l) crates"
done
echo "profile  program    clean    again    size"
for ((round = 1; round <= rounds; round++)); do
    for profile in release image; do
        declare -A clean=() again=() size=()
        for program in bare connector; do
            cd "$work/$program"
            rm -rf "target/$profile"
            clean[$program]=$(build "$profile")
            sed -i "${change[$program]}" src/main.rs
            again[$program]=$(build "$profile")
            size[$program]=$(stat -c %s "target/$profile/$program")
            printf '%-8s %-9s %5s s  %5s s  %4d KiB\n' "$profile" "$program" \
                "${clean[$program]}" "${again[$program]}" $((size[$program] / 1024))
        done
        printf '%-8s %-9s %5s    %5s    %4s\n' "$profile" ratio "$(ratio "${clean[connector]}" "${clean[bare]}")" \
            "$(ratio "${again[connector]}" "${again[bare]}")" "$(ratio "${size[connector]}" "${size[bare]}")"
    done
done
