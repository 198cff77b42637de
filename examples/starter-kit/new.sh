#!/bin/sh
# A connector of your own: new.sh NAME VARIANT FOLDER
# VARIANT is poll-http, poll-modbus, push-tcp, push-udp or server.
set -eu
if [ $# -ne 3 ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 1
fi
kit=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$kit/../../connector-runtime" && pwd)
if [ -e "$3" ] && [ -n "$(ls -A "$3")" ]; then
    echo "$3 is not empty" >&2
    exit 1
fi
mkdir -p "$3"
tar -C "$kit" --exclude=./target -cf - . | tar -C "$3" -xf -
sh "$3/variant.sh" "$1" "$2" "$runtime"
