#!/bin/sh
# Turns this copy of the kit into a package: variant.sh NAME VARIANT PATH-OF-connector-runtime [DESCRIPTION]
# new.sh and `cargo generate` both call it.
set -eu
name=$1 variant=$2 runtime=$3 description=${4:-}
cd "$(dirname "$0")"

case $name in
    '' | *[!a-z0-9-]* | [!a-z]*)
        echo "\`$name\` is not a valid name: use a-z, 0-9 and -, as in heat-meter" >&2
        exit 1 ;;
esac
if [ -z "$description" ]; then
    case $name in [aeio]*) article=an ;; *) article=a ;; esac
    description="Connects $article $(echo "$name" | tr - ' ') to BEMCom"
fi
description=${description%.}
# These characters have a meaning in TOML, in the Dockerfile, in a systemd unit or in sed.
case $description in
    *[\"\\\$%\&\|]* | *"
"*)
        echo "\`$description\` is not a valid description: use one line without \" \\ \$ % & and |" >&2
        exit 1 ;;
esac

# All variants share the files of poll-http. Each other one replaces some of them, and parts of two.
if [ "$variant" != poll-http ]; then
    overlay=variants/$variant
    if [ ! -d "$overlay" ]; then
        echo "\`$variant\` is not a variant: use one of poll-http $(cd variants && echo *)" >&2
        exit 1
    fi
    awk -v main="$overlay/dependencies" -v dev="$overlay/dev-dependencies" '
        function insert(file,  line) { while ((getline line < file) > 0) print line }
        /^# For `https/ { next }
        /^reqwest = / { insert(main); next }
        /^tokio = / { insert(dev); next }
        { print }' Cargo.toml > Cargo.toml.new
    mv Cargo.toml.new Cargo.toml
    rm -r src fixtures
    for part in src fixtures .env.example docker-compose.yml; do mv "$overlay/$part" .; done
    awk -v tables="$overlay/tables.md" '
        /describe:end/ { inside = 0 }
        !inside { print }
        /describe:begin/ { inside = 1; while ((getline line < tables) > 0) print line }' Readme.md > Readme.md.new
    mv Readme.md.new Readme.md
fi

rm -rf variants target Cargo.lock cargo-generate.toml post.rhai new.sh
mv starter-kit.service "$name.service"
for file in $(grep -rl --exclude=variant.sh starter-kit .); do
    sed -i "s|starter-kit|$name|g; s|Connects a thermostat to BEMCom|$description|" "$file"
done
sed -i "s|path = \"../../connector-runtime\"|path = \"$runtime\"|" Cargo.toml
rm variant.sh
