#!/usr/bin/env bash
# A kind cluster with the Taffrail of this tree.
#
#   kind.sh create NAME CONFIG        creates the cluster, or goes on with the one that is there
#   kind.sh load NAME IMAGE...        brings images to its nodes
#   kind.sh delete NAME
#
# Its kubeconfig is bin/NAME.kubeconfig: the one in your home directory stays as it is.
# KIND_NODE_IMAGE names another node image than kind's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/engine.sh

kind() { go tool -modfile=hack/tools/kind/go.mod kind --quiet "$@"; }
action=$1 name=$2
kubeconfig=bin/$name.kubeconfig
mkdir -p bin

case $action in
create)
  if kind get clusters | grep -qx "$name"; then
    kind export kubeconfig --name "$name" --kubeconfig "$kubeconfig"
  else
    echo "creating the kind cluster $name" >&2
    kind create cluster --name "$name" --config "$3" --kubeconfig "$kubeconfig" --wait 180s \
      ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"}
  fi
  ;;
load)
  # An archive, as `kind load docker-image` knows Docker alone.
  archive=$(mktemp)
  trap 'rm -f "$archive"' EXIT
  for image in "${@:3}"; do
    "$engine" save --output "$archive" "$image"
    kind load image-archive "$archive" --name "$name"
  done
  ;;
delete)
  kind delete cluster --name "$name" --kubeconfig "$kubeconfig"
  rm -f "$kubeconfig"
  ;;
*)
  echo "kind.sh: $action: must be create, load or delete" >&2
  exit 2
  ;;
esac
