#!/bin/sh
# Lists, filters and search over 1,000 to 1,000,000 register entries beside SQLite FTS5 (python3's sqlite3 module) on the same rows.
# `SIZES=1000,10000` measures less; `SQLITE=0` leaves the peer out. On the disk that TMPDIR names: 1,000,000 entries need some gigabytes.
set -eu
cd "$(dirname "$0")/../.."
exec cargo bench --bench search
