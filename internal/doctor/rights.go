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

// rights are all that deploy/base gives to the ServiceAccount; a test holds them to be the same.
var rights = slices.Concat(
	right{role: names.Name, resource: "namespaces"}.each("get", "list", "watch"),
	right{role: names.Name, resource: "pods"}.each("list"),
	right{role: names.Name, group: "apps", resource: "replicasets"}.each("get"),
	right{role: names.Name, group: "apps", resource: "statefulsets"}.each("get"),
	right{role: names.Name, group: "apps", resource: "daemonsets"}.each("get"),
	right{role: names.Name, group: "batch", resource: "jobs"}.each("get"),
	right{role: names.Name, resource: "replicationcontrollers"}.each("get"),
	right{role: names.Name, resource: "pods"}.each("get"),
	right{role: names.Name, group: "apps", resource: "deployments"}.each("get"),
	right{role: names.Name, group: "batch", resource: "cronjobs"}.each("get"),
	right{role: names.Name, resource: "events"}.each("create"),
	right{role: names.Guardrails, group: "taffrail.dev", resource: "guardrails"}.each("list", "watch"),
	right{role: names.Guardrails, group: "taffrail.dev", resource: "exemptions"}.each("list", "watch"),
	right{role: names.Guardrails, group: "taffrail.dev", resource: "guardrails/status"}.each("patch"),
	right{role: names.Guardrails, group: "taffrail.dev", resource: "exemptions/status"}.each("patch"),
	right{role: names.Guardrails, group: "taffrail.dev", resource: "guardrails"}.each("create"),
	right{role: names.Webhooks, group: "admissionregistration.k8s.io", resource: "mutatingwebhookconfigurations", name: names.Name}.each("get", "list", "watch", "create", "patch", "update", "delete"),
	right{role: names.Webhooks, group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations", name: names.Name}.each("get", "list", "watch", "create", "patch", "update", "delete"),
	right{role: names.LeaderRole, group: "coordination.k8s.io", resource: "leases", name: names.Lease, namespace: names.Namespace}.each("get", "update"),
	right{role: names.LeaderRole, group: "coordination.k8s.io", resource: "leases", namespace: names.Namespace}.each("create"),
	right{role: names.AuthorityRole, resource: "secrets", name: names.Authority, namespace: names.Namespace}.each("get", "list", "watch", "update"),
	right{role: names.AuthorityRole, resource: "secrets", namespace: names.Namespace}.each("create"),
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

// each is the right with each of the verbs.
func (r right) each(verbs ...string) (all []right) {
	for _, verb := range verbs {
		r.verb = verb
		all = append(all, r)
	}
	return all
}
