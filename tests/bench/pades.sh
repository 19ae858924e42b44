#!/bin/sh
# Validation of a signed PDF beside pyHanko's library.
set -eu
cd "$(dirname "$0")/../.."
exec cargo bench --bench pades
