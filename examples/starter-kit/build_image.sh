#!/bin/sh
# Builds the image, once the tests pass and the documents are fresh.
#
#   ./build_image.sh             for this machine, with Docker
#   ./build_image.sh --push      for linux/amd64, linux/arm64 and linux/arm/v7, to the registry of IMAGE
#   ./build_image.sh --archive   for the same three, as an OCI archive in target/
#   ./build_image.sh --prebuilt  for this machine, without Docker and without a network: with buildah
#
# IMAGE is its name; without it, that of the package with its version, and with `latest`.
# PLATFORMS is for which ones it is pushed or archived, separated by commas.
set -eu
cd "$(dirname "$0")"
does=${1:-}
case $does in
    '' | --push | --archive | --prebuilt) ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
esac
cargo test --quiet
./documents.sh --check

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The folder of your clone, which has the runtime.
clone=$(cd "$(sed -n '/^connector-runtime/s/.*path = "\([^"]*\)".*/\1/p' Cargo.toml | head -n 1)/.." && pwd)
if [ -n "${IMAGE:-}" ]; then
    tags="--tag $IMAGE"
else
    tags="--tag starter-kit:$version --tag starter-kit:latest"
fi

if [ "$does" != --prebuilt ]; then
    platforms=${PLATFORMS:-linux/amd64,linux/arm64,linux/arm/v7}
    case $does in
        --push) to="--platform $platforms --push" ;;
        --archive) to="--platform $platforms --output type=oci,dest=target/starter-kit-$version.tar" ;;
        *) to=--load ;;
    esac
    # Several words each.
    # shellcheck disable=SC2086
    exec docker buildx build $to $tags --build-context "clone=$clone" \
        --build-arg "VERSION=$version" --build-arg "REVISION=$revision" .
fi

target=$(uname -m)-unknown-linux-musl
# A C compiler for static programs: Debian's musl-tools.
cargo build --quiet --release --locked --target "$target"
built=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
files=$(mktemp -d)
trap 'rm -r "$files"' EXIT
mkdir "$files/spool"
install -D "$built/$target/release/starter-kit" "$files/image/connector"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$files/image/etc/ssl/certs/ca-certificates.crt"
# The stage that gives the files, as in Dockerfile, is this folder.
sed -n '/^FROM scratch/,$p' Dockerfile | sed 's|--from=build ||' > "$files/Dockerfile"
# shellcheck disable=SC2086
buildah --storage-driver vfs build --isolation chroot --format docker $tags \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" "$files"
