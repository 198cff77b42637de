#!/bin/sh
# Rewrites the documents that the program generates (`describe`), or checks them: ./documents.sh [--check]
# PROGRAM is the path of the program; by default it is built here.
set -eu
cd "$(dirname "$0")"
action=${1:---update}
if [ -z "${PROGRAM:-}" ]; then
    cargo build --quiet
    target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    PROGRAM=$target/debug/starter-kit
fi
"$PROGRAM" describe --format env "$action" .env.example
"$PROGRAM" describe --format compose "$action" docker-compose.yml
"$PROGRAM" describe --format systemd "$action" starter-kit.service
"$PROGRAM" describe --format markdown "$action" Readme.md
