#!/usr/bin/env bash
# Builds the static program: build.sh OUTPUT [VERSION] [COMMIT]
#
# The flags are those of .goreleaser.yaml: `make reproducible` holds that the program is the same to the byte. The compiler
# goes by the profile that `make profile` has written. A plain `go build` does not: it would compile every dependency anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CGO_ENABLED=0 go build -trimpath -buildvcs=false -pgo=hack/taffrail.pgo \
  -ldflags "-s -w -X main.version=${2:-dev} -X main.commit=${3:-unknown}" -o "$1" ./cmd/taffrail

size=$(wc -c <"$1")
if ((size >= 64000000)); then
  echo "$1 has $size bytes: must stay under 64 MB; see which module it grew by" >&2
  exit 1
fi
