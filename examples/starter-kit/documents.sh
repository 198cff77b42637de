#!/bin/sh
# What the program tells about itself: writes it to the documents anew, or checks them (./documents.sh --check).
set -eu
cd "$(dirname "$0")"
does=${1:---update}
cargo build --quiet
program=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/starter-kit
"$program" describe --format env "$does" .env.example
"$program" describe --format compose "$does" docker-compose.yml
"$program" describe --format systemd "$does" starter-kit.service
"$program" describe --format markdown "$does" Readme.md
