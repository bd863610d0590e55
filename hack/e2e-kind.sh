#!/usr/bin/env bash
# The e2e suite against a kind cluster of its own: e2e-kind.sh [FLAGS OF GO TEST...]
#
# PREVIOUS is the build that is upgraded from: a commit, left out the newest tag, or without one the commit before this.
# KEEP=1 leaves the cluster for a look at it; the next run goes on with it. TAFFRAIL_E2E_KUBECONFIG names another cluster
# than kind's: one that may be spoilt, has the images already, and reaches this machine at TAFFRAIL_E2E_ADDRESS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cluster=taffrail-e2e

previous=${PREVIOUS:-$(git describe --tags --abbrev=0 HEAD^ 2>/dev/null || git rev-parse --verify --quiet HEAD^ || git rev-parse HEAD)}
others=${TAFFRAIL_E2E_KUBECONFIG:-} # below it is set in any case
scratch=$(mktemp -d)
cleanup() {
  rm -rf "$scratch"
  git worktree prune
  if [[ -z $others && -z ${KEEP:-} ]]; then
    hack/kind.sh delete "$cluster"
  fi
}
trap cleanup EXIT

# One image after the other, so that they differ: the program, and what it says of itself.
hack/build.sh "$scratch/taffrail" e2e "$(git rev-parse HEAD)"
git worktree add --quiet --detach "$scratch/tree" "$previous"
"$scratch/tree/hack/build.sh" "$scratch/previous" previous "$previous"

export TAFFRAIL_E2E_IMAGE=${TAFFRAIL_E2E_IMAGE:-localhost/taffrail:e2e}
export TAFFRAIL_E2E_PREVIOUS_IMAGE=${TAFFRAIL_E2E_PREVIOUS_IMAGE:-localhost/taffrail:e2e-previous}
export TAFFRAIL_E2E_PREVIOUS=$scratch/previous
KUBEBUILDER_ASSETS=$(e2e/controlplane/build.sh)
CERTMANAGER_ASSETS=$(e2e/certmanager/build.sh)
export KUBEBUILDER_ASSETS CERTMANAGER_ASSETS

if [[ -z $others ]]; then
  source hack/engine.sh
  hack/kind.sh create "$cluster" hack/kind-3.yaml
  hack/image.sh "$scratch/taffrail" "$TAFFRAIL_E2E_IMAGE"
  hack/image.sh "$scratch/previous" "$TAFFRAIL_E2E_PREVIOUS_IMAGE"
  hack/kind.sh load "$cluster" "$TAFFRAIL_E2E_IMAGE" "$TAFFRAIL_E2E_PREVIOUS_IMAGE"
  export KUBECONFIG=$PWD/bin/$cluster.kubeconfig
  # Any address of this machine that a node reaches: the one that its default route leads to.
  TAFFRAIL_E2E_ADDRESS=$("$engine" exec "$cluster-control-plane" ip -4 route show default | awk '{print $3; exit}')
  export TAFFRAIL_E2E_KUBECONFIG=$KUBECONFIG TAFFRAIL_E2E_ADDRESS
fi

go test -tags 'e2e kind' -count=1 -v -timeout 60m "$@" ./e2e
