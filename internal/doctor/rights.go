package doctor

import (
	"fmt"
	"slices"

	"taffrail.dev/taffrail/internal/names"
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
	each(names.Name, "", "namespaces", "", "", "get", "list", "watch"),
	each(names.Name, "", "pods", "", "", "list"),
	each(names.Name, "apps", "replicasets", "", "", "get"),
	each(names.Name, "apps", "statefulsets", "", "", "get"),
	each(names.Name, "apps", "daemonsets", "", "", "get"),
	each(names.Name, "batch", "jobs", "", "", "get"),
	each(names.Name, "", "replicationcontrollers", "", "", "get"),
	each(names.Name, "", "pods", "", "", "get"),
	each(names.Name, "apps", "deployments", "", "", "get"),
	each(names.Name, "batch", "cronjobs", "", "", "get"),
	each(names.Name, "", "events", "", "", "create"),
	each(names.Guardrails, "taffrail.dev", "guardrails", "", "", "list", "watch"),
	each(names.Guardrails, "taffrail.dev", "exemptions", "", "", "list", "watch"),
	each(names.Guardrails, "taffrail.dev", "guardrails/status", "", "", "patch"),
	each(names.Guardrails, "taffrail.dev", "exemptions/status", "", "", "patch"),
	each(names.Guardrails, "taffrail.dev", "guardrails", "", "", "create"),
	each(names.Webhooks, "admissionregistration.k8s.io", "mutatingwebhookconfigurations", names.Name, "", "get", "list", "watch", "create", "patch", "update", "delete"),
	each(names.Webhooks, "admissionregistration.k8s.io", "validatingwebhookconfigurations", names.Name, "", "get", "list", "watch", "create", "patch", "update", "delete"),
	each(names.LeaderRole, "coordination.k8s.io", "leases", names.Lease, names.Namespace, "get", "update"),
	each(names.LeaderRole, "coordination.k8s.io", "leases", "", names.Namespace, "create"),
	each(names.AuthorityRole, "", "secrets", names.Authority, names.Namespace, "get", "list", "watch", "update"),
	each(names.AuthorityRole, "", "secrets", "", names.Namespace, "create"),
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
