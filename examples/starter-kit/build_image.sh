#!/bin/sh
# Builds the image if the tests pass and the documents are up to date.
#
#   ./build_image.sh             for this machine, with Docker
#   ./build_image.sh --push      for linux/amd64, linux/arm64 and linux/arm/v7, to the registry of IMAGE
#   ./build_image.sh --archive   for the same three, as an OCI archive in target/
#   ./build_image.sh --prebuilt  for this machine, with cargo and buildah instead of Docker
#
# IMAGE is the name and tag, by default the package's name with its version and with `latest`.
# PLATFORMS is the list of platforms for --push and --archive, separated by commas.
set -eu
cd "$(dirname "$0")"
action=${1:-}
case $action in
    '' | --push | --archive | --prebuilt) ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 1 ;;
esac
cargo test --quiet
./documents.sh --check

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# The clone that contains the runtime.
clone=$(cd "$(sed -n '/^connector-runtime/s/.*path = "\([^"]*\)".*/\1/p' Cargo.toml | head -n 1)/.." && pwd)
if [ -n "${IMAGE:-}" ]; then
    tags="--tag $IMAGE"
else
    tags="--tag starter-kit:$version --tag starter-kit:latest"
fi

if [ "$action" != --prebuilt ]; then
    platforms=${PLATFORMS:-linux/amd64,linux/arm64,linux/arm/v7}
    case $action in
        --push) to="--platform $platforms --push" ;;
        --archive) to="--platform $platforms --output type=oci,dest=target/starter-kit-$version.tar" ;;
        *) to=--load ;;
    esac
    # $to and $tags hold several words each.
    # shellcheck disable=SC2086
    exec docker buildx build $to $tags --build-context "clone=$clone" \
        --build-arg "VERSION=$version" --build-arg "REVISION=$revision" .
fi

target=$(uname -m)-unknown-linux-musl
# Needs a C compiler for musl, as in Debian's musl-tools.
cargo build --quiet --profile image --locked --target "$target"
built=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
files=$(mktemp -d)
trap 'rm -r "$files"' EXIT
mkdir "$files/spool"
install -D "$built/$target/image/starter-kit" "$files/image/connector"
install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$files/image/etc/ssl/certs/ca-certificates.crt"
# The last stage of Dockerfile, with this folder in place of the build stage.
sed -n '/^FROM scratch/,$p' Dockerfile | sed 's|--from=build ||' > "$files/Dockerfile"
# shellcheck disable=SC2086
buildah --storage-driver vfs build --isolation chroot --format docker $tags \
    --build-arg "VERSION=$version" --build-arg "REVISION=$revision" "$files"
