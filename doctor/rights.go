package doctor

import (
	"fmt"
	"slices"

	"taffrail.dev/taffrail/webhook"
)

// right is one verb on one resource; the role is the one that gives it.
type right struct {
	role, verb, group, resource, name, namespace string
}

func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.group != "" {
		text += "." + r.group
	}
	if r.name != "" {
		text += fmt.Sprintf(" %q", r.name)
	}
	if r.namespace != "" {
		text += " in " + r.namespace
	}
	return text
}

// rights are all that deploy/base gives to the ServiceAccount; a test holds them
// to be the same.
var rights = slices.Concat(
	each("taffrail", "", "namespaces", "", "", "get", "list", "watch"),
	each("taffrail", "", "pods", "", "", "list"),
	each("taffrail", "apps", "replicasets", "", "", "get"),
	each("taffrail", "apps", "statefulsets", "", "", "get"),
	each("taffrail", "apps", "daemonsets", "", "", "get"),
	each("taffrail", "batch", "jobs", "", "", "get"),
	each("taffrail", "", "replicationcontrollers", "", "", "get"),
	each("taffrail", "", "pods", "", "", "get"),
	each("taffrail", "apps", "deployments", "", "", "get"),
	each("taffrail", "batch", "cronjobs", "", "", "get"),
	each("taffrail", "", "events", "", "", "create"),
	each("taffrail-guardrails", "taffrail.dev", "guardrails", "", "", "list", "watch"),
	each("taffrail-guardrails", "taffrail.dev", "exemptions", "", "", "list", "watch"),
	each("taffrail-guardrails", "taffrail.dev", "guardrails/status", "", "", "patch"),
	each("taffrail-guardrails", "taffrail.dev", "exemptions/status", "", "", "patch"),
	each("taffrail-guardrails", "taffrail.dev", "guardrails", "", "", "create"),
	each("taffrail-webhooks", "admissionregistration.k8s.io", "mutatingwebhookconfigurations", webhook.Name, "", "get", "list", "watch", "create", "patch", "update", "delete"),
	each("taffrail-webhooks", "admissionregistration.k8s.io", "validatingwebhookconfigurations", webhook.Name, "", "get", "list", "watch", "create", "patch", "update", "delete"),
	each("taffrail-leader", "coordination.k8s.io", "leases", "taffrail-leader", webhook.Namespace, "get", "update"),
	each("taffrail-leader", "coordination.k8s.io", "leases", "", webhook.Namespace, "create"),
	each("taffrail-authority", "", "secrets", "taffrail-ca", webhook.Namespace, "get", "list", "watch", "update"),
	each("taffrail-authority", "", "secrets", "", webhook.Namespace, "create"),
)

// forbidden are rights that would make more of a broken Taffrail than a webhook
// that answers wrongly.
var forbidden = []right{
	{verb: "*", group: "*", resource: "*"},
	{verb: "get", resource: "secrets"},
	{verb: "list", resource: "secrets"},
	{verb: "get", resource: "configmaps"},
	{verb: "create", resource: "pods"},
	{verb: "create", resource: "pods/exec"},
	{verb: "create", resource: "serviceaccounts/token"},
	{verb: "impersonate", resource: "users"},
	{verb: "delete", group: "taffrail.dev", resource: "guardrails"},
	{verb: "create", group: "taffrail.dev", resource: "exemptions"},
	{verb: "create", group: "rbac.authorization.k8s.io", resource: "clusterrolebindings"},
	{verb: "escalate", group: "rbac.authorization.k8s.io", resource: "clusterroles"},
	{verb: "update", group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations"},
	{verb: "update", group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations"},
}

func each(role, group, resource, name, namespace string, verbs ...string) (all []right) {
	for _, verb := range verbs {
		all = append(all, right{role, verb, group, resource, name, namespace})
	}
	return all
}
