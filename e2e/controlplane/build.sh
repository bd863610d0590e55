#!/usr/bin/env bash
# Builds kube-apiserver, etcd and kubectl and prints the folder that holds them, which is what envtest takes as
# KUBEBUILDER_ASSETS. A folder that is already there is printed at once.
#
# The versions are those of the go.mod beside this script. KUBERNETES=1.30.14 takes the API server of that release instead,
# beside the same etcd and kubectl, whose words the tests know.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# The caller's flags belong to the caller's module.
export GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0

pinned=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
version=v${KUBERNETES:-${pinned#v}}
version=${version/vv/v}
# The script is part of the key: it holds the flags that the binaries are built with.
hash=$(cat go.mod go.sum build.sh | git hash-object --stdin)
cache=${TAFFRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/taffrail}/controlplane
assets=$cache/$version-$(go env GOOS)-$(go env GOARCH)-${hash:0:12}

if [[ -d $assets ]]; then
  echo "$assets"
  exit
fi

# build MODULE VERSION PROGRAM. A binary built from a module knows its version only by what the linker tells it.
build() {
  local major minor pkg=k8s.io/component-base/version
  IFS=. read -r major minor _ <<<"${2#v}"
  local ldflags="-s -w -X $pkg.gitVersion=$2 -X $pkg.gitMajor=$major -X $pkg.gitMinor=$minor -X $pkg.gitTreeState=clean"
  go -C "$1" build -ldflags "$ldflags" -o "$staging/$3" "k8s.io/kubernetes/cmd/$3" >&2
}

# Built aside and renamed, so that an interrupted build leaves nothing that looks whole.
mkdir -p "$cache"
staging=$(mktemp -d "$cache/.build.XXXXXX")
trap 'rm -rf "$staging"' EXIT
chmod 755 "$staging"

echo "building the control plane, Kubernetes $version, once; this takes some minutes" >&2
go build -ldflags "-s -w" -o "$staging/etcd" go.etcd.io/etcd/server/v3 >&2

build . "$pinned" kubectl

# Another release has dependencies of its own, which ours and etcd's would move: it gets a module to itself. Which modules it
# is made of, its own go.mod says.
if [[ $version == "$pinned" ]]; then
  build . "$version" kube-apiserver
else
  mkdir "$staging/module"
  requirements=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  {
    echo "module controlplane"
    grep -E '^(go|godebug) ' "$requirements"
    echo "require k8s.io/kubernetes $version"
    sed -nE "s|^[[:space:]]+(k8s.io/[a-z-]+) => ./staging/.*|replace \1 => \1 v0.${version#v1.}|p" "$requirements"
  } >"$staging/module/go.mod"
  GOFLAGS="$GOFLAGS -mod=mod" build "$staging/module" "$version" kube-apiserver
  rm -r "$staging/module"
fi

# Where another build came first, its folder stays.
[[ -d $assets ]] || mv "$staging" "$assets"
echo "$assets"
