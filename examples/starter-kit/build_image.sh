#!/bin/sh
# Builds the image, once the tests pass and the documents are fresh.
#
#   ./build_image.sh             for linux/amd64, linux/arm64 and linux/arm/v7, with Docker
#   ./build_image.sh --push      the same, to the registry of IMAGE
#   ./build_image.sh --prebuilt  for this machine, without Docker and without a network: with buildah
#
# IMAGE is its name; without it, that of the package and its version.
set -eu
cd "$(dirname "$0")"
cargo test --quiet
./documents.sh --check

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
image=${IMAGE:-starter-kit:$version}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The folder of your clone, which has the runtime.
clone=$(cd "$(sed -n '/^connector-runtime/s/.*path = "\([^"]*\)".*/\1/p' Cargo.toml | head -n 1)/.." && pwd)

if [ "${1:-}" != --prebuilt ]; then
    platforms=${PLATFORMS:-linux/amd64,linux/arm64,linux/arm/v7}
    exec docker buildx build --platform "$platforms" --build-context "clone=$clone" \
        --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --tag "$image" "$@" .
fi

target=$(uname -m)-unknown-linux-musl
# A C compiler for static programs: Debian's musl-tools.
cargo build --quiet --release --target "$target"
built=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
files=$(mktemp -d)
trap 'rm -r "$files"' EXIT
install -D "$built/$target/release/starter-kit" "$files/image/connector"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$files/image/etc/ssl/certs/ca-certificates.crt"
# The stage that gives the files, as in Dockerfile, is this folder.
sed -n '/^FROM scratch/,$p' Dockerfile | sed 's|COPY --from=build |COPY |' > "$files/Dockerfile"
buildah --storage-driver vfs build --isolation chroot --format docker \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --tag "$image" "$files"
