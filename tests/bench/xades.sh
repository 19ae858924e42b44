#!/bin/sh
# Verification of an XML signature beside xmlsec1's library.
set -eu
cd "$(dirname "$0")/../.."
exec cargo bench --bench xades
