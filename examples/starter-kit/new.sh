#!/bin/sh
# Creates a connector: new.sh NAME VARIANT FOLDER [DESCRIPTION]
# VARIANT is poll-http, poll-modbus, push-tcp, push-udp or server.
# DESCRIPTION is one sentence, by default "Connects a NAME to BEMCom".
set -eu
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    sed -n '2,4s/^# //p' "$0" >&2
    exit 1
fi
name=$1 variant=$2 folder=$3 description=${4:-}
kit=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$kit/../../connector-runtime" && pwd)
if [ -e "$folder" ] && [ -n "$(ls -A "$folder")" ]; then
    echo "$folder is not empty" >&2
    exit 1
fi

# The folder is filled only if variant.sh accepts the arguments.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
tar -C "$kit" --exclude=./target -cf - . | tar -C "$copy" -xf -
sh "$copy/variant.sh" "$name" "$variant" "$runtime" "$description"
mkdir -p "$folder"
cp -R "$copy/." "$folder"

cat <<END
Created $name in $folder. Next:

  cd $folder
  cargo test               # runs its tests on an in-memory bus
  cargo run -- describe    # prints its settings, datapoints and topics

Then follow the development checklist in its Readme.md.
END
