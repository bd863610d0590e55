#!/usr/bin/env bash
# Fails when the program links something whose licence is unknown, or is not one under which it may be passed on with the
# licence's text alone: licenses.sh [FOLDER]. The texts are written into the folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
allowed=Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go build -modfile=hack/tools/licenses/go.mod -o "$scratch/go-licenses" github.com/google/go-licenses

# What darwin links, linux and windows do: hack/check-release.sh looks at every program. On standard error go-licenses tells of
# each file in assembler.
for system in linux windows; do
  for action in check save; do
    flags=(--allowed_licenses="$allowed")
    [[ $action == check ]] || flags=(--save_path="$scratch/$system")
    GOOS=$system CGO_ENABLED=0 "$scratch/go-licenses" "$action" ./cmd/taffrail --ignore taffrail.dev/taffrail "${flags[@]}" 2>"$scratch/log" || {
      cat "$scratch/log" >&2
      exit 1
    }
  done
done

if [[ -n ${1:-} ]]; then
  rm -rf "$1"
  mkdir -p "$1/go"
  cp "$(go env GOROOT)/LICENSE" "$1/go/"
  cp -r "$scratch"/{linux,windows}/* "$1/"
fi
