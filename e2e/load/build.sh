#!/usr/bin/env bash
# Builds what measures and what Taffrail is measured against, as programs are shipped, into bin/load of this tree.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/load/ ./e2e/load/cmd/...
