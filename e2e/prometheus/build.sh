#!/usr/bin/env bash
# Builds prometheus and promtool at the version of the go.mod beside this
# script and prints the folder that holds them, which is what the tests take as
# PROMETHEUS_ASSETS. A folder that is already there is printed at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The caller's flags belong to the caller's module.
export GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0

version=$(go list -m -f '{{.Version}}' github.com/prometheus/prometheus)
# The script is part of the key: it holds the flags that the binaries are built with.
hash=$(cat go.mod go.sum build.sh | git hash-object --stdin)
cache=${TAFFRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taffrail}/prometheus
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

echo "building Prometheus $version, once; this takes some minutes" >&2
# What asks clouds for targets is most of the program, and the tests name their targets themselves.
for program in prometheus promtool; do
  go build -tags remove_all_sd -ldflags "-s -w" -o "$staging/$program" "github.com/prometheus/prometheus/cmd/$program" >&2
done

# Where another build came first, its folder stays.
[[ -d $assets ]] || mv "$staging" "$assets"
echo "$assets"
