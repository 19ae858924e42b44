#!/bin/sh
# The pull of 1,000 messages beside mbsync: to durable blobs, to the register, and the daemon's memory.
set -eu
cd "$(dirname "$0")/../.."
PATH="$PATH:/usr/sbin:/sbin" exec cargo bench --bench pull -- pull
