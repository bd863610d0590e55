#!/usr/bin/env bash
# Makes what a release has beside the programs, in bin/release: release-files.sh VERSION TIMESTAMP
#
# Completions, the licences of what is linked, and the packaged chart. TIMESTAMP is the commit's, in seconds: the time of a
# build has no place in a file that is to be the same the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$1 out=$PWD/bin/release
export SOURCE_DATE_EPOCH=$2

rm -rf "$out"
mkdir -p "$out/completions"
go build -o "$out/taffrail" ./cmd/taffrail
for shell in bash zsh fish powershell; do
  "$out/taffrail" completion "$shell" >"$out/completions/taffrail.$shell"
done
rm "$out/taffrail"

hack/licenses.sh "$out/licenses"

go tool -modfile=hack/tools/helm/go.mod helm package deploy/charts/taffrail --version "$version" --app-version "v$version" --destination "$out"
