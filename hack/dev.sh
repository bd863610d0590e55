#!/usr/bin/env bash
# The development loop: a kind cluster with the Taffrail of this tree. Run again, it brings what has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/engine.sh
cluster=taffrail

# In the node, where there is a kubectl that is as old as the cluster.
in_node() { "$engine" exec --interactive "$cluster-control-plane" kubectl --kubeconfig /etc/kubernetes/admin.conf "$@"; }

hack/kind.sh create "$cluster" hack/kind.yaml
hack/build.sh bin/taffrail "$@"
image=localhost/taffrail:dev-$(git hash-object bin/taffrail | cut -c 1-12)
hack/image.sh bin/taffrail "$image"
hack/kind.sh load "$cluster" "$image"
bin/taffrail install --image "$image" | in_node apply --server-side --force-conflicts -f - >/dev/null
in_node rollout status --namespace taffrail-system deployment/taffrail --timeout 120s

cat <<TEXT

Taffrail runs in the kind cluster $cluster. Try:

  export KUBECONFIG=$PWD/bin/$cluster.kubeconfig
  kubectl get guardrails
  kubectl run shell --image=busybox:1.36 --privileged        # is refused, and told why
  kubectl run web --image=nginx:1.29 --dry-run=server -o yaml # has defaults
  bin/taffrail doctor --kubeconfig bin/$cluster.kubeconfig
  kubectl logs -n taffrail-system deployment/taffrail -f

\`make kind\` again brings a change of the code; \`make kind-down\` deletes the cluster.
TEXT
