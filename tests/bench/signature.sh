#!/bin/sh
# What a verdict costs beside its cryptography: CAdES P4 under P-384 chains, and a document of 64 MiB.
set -eu
cd "$(dirname "$0")/../.."
exec cargo bench --bench signature
