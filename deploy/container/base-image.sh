#!/bin/sh
# Makes a Debian 12 base image without an image registry, from the packages of Debian alone. Needs root, debootstrap and an engine.
#
#   base-image.sh [name]               name: debian:12-slim, the Dockerfile's default
set -eu
name=${1:-debian:12-slim}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase bookworm "$root/root" >&2
rm -rf "$root/root/var/cache/apt/archives" "$root/root/var/lib/apt/lists" "$root/root/usr/share/doc" "$root/root/usr/share/man"
mkdir -p "$root/root/var/cache/apt/archives/partial" "$root/root/var/lib/apt/lists/partial"
tar -C "$root/root" --exclude=./dev -c . | docker import --change 'CMD ["bash"]' - "$name"
