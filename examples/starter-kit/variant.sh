#!/bin/sh
# Makes this copy of the kit a package of its own: sh variant.sh NAME VARIANT PATH-OF-connector-runtime
set -eu
name=$1 variant=$2 runtime=$3
cd "$(dirname "$0")"

case $name in
    '' | *[!a-z0-9-]* | [!a-z]*) echo "$name is no name: use a-z, 0-9 and -, as in heat-meter" >&2; exit 1 ;;
esac
if [ "$variant" != poll-http ]; then
    overlay=variants/$variant
    if [ ! -d "$overlay" ]; then
        echo "there is no variant $variant, but poll-http $(cd variants && echo *)" >&2
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
for file in $(grep -rl --exclude-dir=variants --exclude-dir=target --exclude=variant.sh starter-kit . || true); do
    sed -i "s|starter-kit|$name|g" "$file"
done
sed -i "s|path = \"../../connector-runtime\"|path = \"$runtime\"|" Cargo.toml
mv starter-kit.service "$name.service"
rm -rf variants target Cargo.lock cargo-generate.toml post.rhai new.sh variant.sh
