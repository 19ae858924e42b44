#!/bin/sh
# A look into a mailbox of 1,000 known messages beside mbsync: time, round trips, body bytes.
set -eu
cd "$(dirname "$0")/../.."
PATH="$PATH:/usr/sbin:/sbin" exec cargo bench --bench pull -- nothing-new
