package sets

import (
	"cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Everywhere is the namespace of what an object makes in namespaces that cannot be told.
const Everywhere = "*"

// makers are the kinds of other systems that make ConfigMaps, Secrets or claims, and where they say
// by what name; without one it is their own.
var makers = map[schema.GroupKind]struct {
	kind       string
	name       [][]string
	everywhere bool
	needs      Needs
}{
	{Group: "bitnami.com", Kind: "SealedSecret"}:                  {Secret, [][]string{{"spec", "template", "metadata", "name"}}, false, Secrets},
	{Group: "cdi.kubevirt.io", Kind: "DataVolume"}:                {Claim, nil, false, Claims},
	{Group: "cert-manager.io", Kind: "Certificate"}:               {Secret, [][]string{{"spec", "secretName"}}, false, Secrets},
	{Group: "external-secrets.io", Kind: "ClusterExternalSecret"}: {Secret, [][]string{{"spec", "externalSecretSpec", "target", "name"}, {"spec", "externalSecretName"}}, true, Secrets},
	{Group: "external-secrets.io", Kind: "ExternalSecret"}:        {Secret, [][]string{{"spec", "target", "name"}}, false, Secrets},
	{Group: "kubernetes-client.io", Kind: "ExternalSecret"}:       {Secret, nil, false, Secrets},
	{Group: "onepassword.com", Kind: "OnePasswordItem"}:           {Secret, nil, false, Secrets},
	{Group: "secrets.hashicorp.com", Kind: "VaultDynamicSecret"}:  {Secret, [][]string{{"spec", "destination", "name"}}, false, Secrets},
	{Group: "secrets.hashicorp.com", Kind: "VaultPKISecret"}:      {Secret, [][]string{{"spec", "destination", "name"}}, false, Secrets},
	{Group: "secrets.hashicorp.com", Kind: "VaultStaticSecret"}:   {Secret, [][]string{{"spec", "destination", "name"}}, false, Secrets},
	{Group: "trust.cert-manager.io", Kind: "Bundle"}:              {ConfigMap, nil, true, ConfigMaps},
}

// other collects the facts of kinds that Taffrail has no types for.
func (c *collector) other(o *unstructured.Unstructured) {
	kind := c.review.Kind.GroupKind()
	if maker, known := makers[kind]; known {
		c.made(o, maker.kind, maker.name, maker.everywhere, maker.needs)
		return
	}
	switch kind {
	case schema.GroupKind{Kind: "ResourceQuota"}:
		c.named(Quotas)
	case schema.GroupKind{Kind: "LimitRange"}:
		c.named(LimitRanges)
	case schema.GroupKind{Group: "keda.sh", Kind: "ScaledObject"}:
		c.scaledObject(o)
	case schema.GroupKind{Group: monitoring, Kind: "ServiceMonitor"}, schema.GroupKind{Group: monitoring, Kind: "PodMonitor"}:
		c.monitor(o)
	case schema.GroupKind{Group: "serving.knative.dev", Kind: "Service"}:
		if c.needs.Has(Services) {
			c.add(&Service{Object: c.object, AnyPort: true})
		}
	default:
		if c.needs.Has(Workloads) && c.review.Pod == nil && makes(kind) {
			c.add(&Maker{c.object})
		}
	}
}

func (c *collector) made(o *unstructured.Unstructured, kind string, paths [][]string, everywhere bool, needs Needs) {
	if !c.needs.Has(needs) {
		return
	}
	name, namespace := c.object.Name, c.object.Namespace
	for _, path := range paths {
		if text, _, err := unstructured.NestedString(o.Object, path...); err == nil && text != "" {
			name = text
			break
		}
	}
	if everywhere {
		namespace = Everywhere
	}
	c.nameIn(namespace, kind, name)
}

func (c *collector) scaledObject(o *unstructured.Unstructured) {
	text := func(path ...string) string {
		value, _, _ := unstructured.NestedString(o.Object, append([]string{"spec", "scaleTargetRef"}, path...)...)
		return value
	}
	fewest, _, _ := unstructured.NestedInt64(o.Object, "spec", "minReplicaCount")
	n := int32(max(0, min(fewest, 1<<30))) //nolint:gosec // bounded
	c.autoscaler(cmp.Or(text("apiVersion"), "apps/v1"), cmp.Or(text("kind"), "Deployment"), text("name"), &n)
}
