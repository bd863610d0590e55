#!/usr/bin/env bash
# Writes hack/taffrail.pgo, by which hack/build.sh has the compiler inline and lay out what reviews spend their time in.
#
# It is made of three quarters of a minute of reviews, as a cluster sends them. A profile of another commit does no harm, it
# only gains less: what it names and is not there any more is passed over.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

e2e/load/build.sh
CGO_ENABLED=0 go build -trimpath -tags profile -o bin/load/taffrail-profiled ./cmd/taffrail
bin/load/profile -taffrail bin/load/taffrail-profiled
go tool pprof -proto bin/load/profiles/*.pprof >bin/load/taffrail.pgo
mv bin/load/taffrail.pgo hack/taffrail.pgo
go tool pprof -top -nodecount 25 hack/taffrail.pgo
