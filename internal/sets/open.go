package sets

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Maker is an object of another system that may make workloads, Services and what belongs to them: a
// Prometheus, a HelmRelease, a Kafka.
type Maker struct{ Object }

// harmless are the groups of other systems whose objects make none of these.
var harmless = map[string]bool{
	"acme.cert-manager.io": true, "bitnami.com": true, "cert-manager.io": true, "cilium.io": true,
	"configuration.konghq.com": true, "crd.projectcalico.org": true, "external-secrets.io": true,
	"getambassador.io": true, "image.openshift.io": true, "keda.sh": true, "kubernetes-client.io": true,
	"kyverno.io": true, "metallb.io": true, "networking.istio.io": true, "notification.toolkit.fluxcd.io": true,
	"onepassword.com": true, "policy.linkerd.io": true, "projectcalico.org": true, "route.openshift.io": true,
	"secrets.hashicorp.com": true, "security.istio.io": true, "security.openshift.io": true,
	"source.toolkit.fluxcd.io": true, "taffrail.dev": true, "telemetry.istio.io": true, "traefik.containo.us": true,
	"traefik.io": true, "trust.cert-manager.io": true, "velero.io": true,
}

// operators are the kinds of a group with others that make nothing.
var operators = map[schema.GroupKind]bool{
	{Group: monitoring, Kind: "Alertmanager"}: true, {Group: monitoring, Kind: "Prometheus"}: true,
	{Group: monitoring, Kind: "PrometheusAgent"}: true, {Group: monitoring, Kind: "ThanosRuler"}: true,
}

// makes tells whether objects of a kind may make others. Kubernetes' own, and those that it has
// approved, make none that are not known.
func makes(kind schema.GroupKind) bool {
	switch {
	case kind.Group == monitoring:
		return operators[kind]
	case !strings.Contains(kind.Group, "."), strings.HasSuffix(kind.Group, ".k8s.io"):
		return false
	default:
		return !harmless[kind.Group]
	}
}
