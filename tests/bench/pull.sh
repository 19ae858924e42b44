#!/bin/sh
# The pull of 1,000 messages beside mbsync: to durable blobs, to the register, and the daemon's memory.
#
# Where root runs it, it measures on a fresh ext4 with its journal, as Debian installs it: a file system without one flushes for nearly nothing, and
# one on which others just deleted files looks long for a place for a new one. `TMPDIR` names another disk instead.
set -eu
cd "$(dirname "$0")/../.."
PATH="$PATH:/usr/sbin:/sbin"
export PATH
if [ -z "${TMPDIR:-}" ] && [ "$(id -u)" -eq 0 ] && command -v mkfs.ext4 >/dev/null; then
    place=$(mktemp -d)
    trap 'umount "$place/disk" 2>/dev/null; rm -rf "$place"' EXIT
    trap 'exit 1' INT TERM
    fallocate -l 6G "$place/image" 2>/dev/null || truncate -s 6G "$place/image"
    mkfs.ext4 -q -F "$place/image"
    mkdir "$place/disk"
    if mount -o loop "$place/image" "$place/disk"; then
        export TMPDIR="$place/disk"
    else
        echo "no ext4 of its own could be mounted; measured in /tmp" >&2
    fi
fi
cargo bench --bench pull -- pull
