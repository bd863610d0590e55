#!/usr/bin/env bash
# Builds the program beside this script, which runs cert-manager's own controllers, and prints the folder that holds it
# as `certmanager`, with cert-manager's CRDs as `crds.yaml` and the Dockerfile: `docker build FOLDER` makes the image.
# A folder that is already there is printed at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The caller's flags belong to the caller's module. A static binary goes into an empty image.
export GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0

module=github.com/cert-manager/cert-manager
version=$(go list -m -f '{{.Version}}' $module)
hash=$(cat go.mod go.sum main.go build.sh Dockerfile | git hash-object --stdin)
cache=${TAFFRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taffrail}/certmanager
built=$cache/$version-$(go env GOOS)-$(go env GOARCH)-${hash:0:12}

if [[ -d $built ]]; then
  echo "$built"
  exit
fi

# Built aside and renamed, so that an interrupted build leaves nothing that looks whole.
mkdir -p "$cache"
staging=$(mktemp -d "$cache/.build.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 755 "$staging"

echo "building the controllers of cert-manager $version, once; this takes some minutes" >&2
go build -ldflags "-s -w -X $module/pkg/util.AppVersion=$version" -o "$staging/certmanager" . >&2
# As controller-gen has written them: what cert-manager's chart adds are labels.
cat "$(go list -m -f '{{.Dir}}' $module)"/deploy/crds/cert-manager.io_*.yaml >"$staging/crds.yaml"
cp Dockerfile "$staging"

# Where another build came first, its folder stays.
[[ -d $built ]] || mv "$staging" "$built"
echo "$built"
