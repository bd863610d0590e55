#!/usr/bin/env bash
# Measures what docs/performance shows and writes it there: bench.sh [VERSION] [COMMIT]
#
# Every part writes a page of its own, and the pictures of it. On a machine that does nothing else it takes some minutes;
# on one that does, the ratios still say something, and the times nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/build.sh bin/taffrail "$@"
e2e/load/build.sh

echo "measuring reviews without a network" >&2
go test -run '^$' -bench 'Taffrail|ControllerRuntime' -benchmem -benchtime 100ms -count 5 ./webhook >bin/load/handler.txt
bin/load/report -taffrail bin/taffrail -benchmarks bin/load/handler.txt

echo "measuring the creation of Pods through an API server" >&2
bin/load/report -taffrail bin/taffrail -assets "$(e2e/controlplane/build.sh)"
