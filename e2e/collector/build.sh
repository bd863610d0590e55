#!/usr/bin/env bash
# Builds a collector of OpenTelemetry, which is main.go beside this script, and prints the folder that
# holds it, which is what the tests take as COLLECTOR_ASSETS. A folder that is already there is
# printed at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The caller's flags belong to the caller's module.
export GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0

version=$(go list -m -f '{{.Version}}' go.opentelemetry.io/collector/otelcol)
# The script is part of the key: it holds the flags that the binary is built with.
hash=$(cat go.mod go.sum main.go build.sh | git hash-object --stdin)
cache=${TAFFRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taffrail}/collector
assets=$cache/$version-$(go env GOOS)-$(go env GOARCH)-${hash:0:12}

if [[ -d $assets ]]; then
  echo "$assets"
  exit
fi

# Built aside and renamed, so that an interrupted build leaves nothing that looks whole.
mkdir -p "$cache"
staging=$(mktemp -d "$cache/.build.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 755 "$staging"

echo "building a collector of OpenTelemetry $version, once; this takes some minutes" >&2
go build -ldflags "-s -w" -o "$staging/collector" . >&2

# Where another build came first, its folder stays.
[[ -d $assets ]] || mv "$staging" "$assets"
echo "$assets"
