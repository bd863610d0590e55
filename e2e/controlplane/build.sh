#!/usr/bin/env bash
# Builds kube-apiserver, etcd and kubectl at the versions of the go.mod beside
# this script and prints the folder that holds them, which is what envtest takes
# as KUBEBUILDER_ASSETS. A folder that is already there is printed at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The caller's flags belong to the caller's module.
export GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0

version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
# The script is part of the key: it holds the flags that the binaries are built with.
hash=$(cat go.mod go.sum build.sh | git hash-object --stdin)
cache=${TAFFRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taffrail}/controlplane
assets=$cache/$version-$(go env GOOS)-$(go env GOARCH)-${hash:0:12}

if [[ -d $assets ]]; then
  echo "$assets"
  exit
fi

# A binary built from a module knows its version only by what the linker tells it.
IFS=. read -r major minor _ <<<"${version#v}"
pkg=k8s.io/component-base/version
ldflags="-s -w -X $pkg.gitVersion=$version -X $pkg.gitMajor=$major -X $pkg.gitMinor=$minor -X $pkg.gitTreeState=clean"

# Built aside and renamed, so that an interrupted build leaves nothing that looks whole.
mkdir -p "$cache"
staging=$(mktemp -d "$cache/.build.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 755 "$staging"

echo "building the control plane, Kubernetes $version, once; this takes some minutes" >&2
go build -ldflags "-s -w" -o "$staging/etcd" go.etcd.io/etcd/server/v3 >&2
for program in kubectl kube-apiserver; do
  go build -ldflags "$ldflags" -o "$staging/$program" "k8s.io/kubernetes/cmd/$program" >&2
done

# Where another build came first, its folder stays.
[[ -d $assets ]] || mv "$staging" "$assets"
echo "$assets"
