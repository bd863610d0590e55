package registration

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/validators"
)

// vital is one row of what no entry that fails closed ever holds up. It is evaluated like
// everything else while a replica answers, and let in while none does.
type vital struct {
	group string
	// resources are those of the group; none are all. A subresource is meant alone,
	// and a resource with its subresources.
	resources []string
	// names are the objects that are meant; none are all.
	names  []string
	reason string
}

// vitals is the table. Without any one of its rows, a cluster whose last replica
// is gone would not come up again, or Taffrail could not be mended or removed.
var vitals = []vital{
	{group: "admissionregistration.k8s.io", reason: "webhook configurations and policies: to take a webhook out of the way is the way out; the API server asks no webhook about most of them anyway"},
	{group: "apiextensions.k8s.io", resources: []string{"customresourcedefinitions"}, names: []string{names.ExemptionDefinition, names.GuardrailDefinition}, reason: "Taffrail's own: to install, upgrade and remove it"},
	{group: "apiregistration.k8s.io", reason: "an API service that is not available stops the namespace and garbage collectors"},
	{group: "authentication.k8s.io", reason: "token reviews: how kubelets and extension servers know who calls them"},
	{group: "authorization.k8s.io", reason: "access reviews: how kubelets and extension servers know what a caller may do"},
	{group: "certificates.k8s.io", reason: "a kubelet without a certificate is no node; requests, approvals and signatures"},
	{group: "coordination.k8s.io", reason: "leases: nodes are alive, and leaders elected, by them"},
	{resources: []string{"endpoints", "events", "nodes"}, reason: "Services lead to Pods by endpoints; nodes register and report; events say what is wrong"},
	{resources: []string{"serviceaccounts/token"}, reason: "no Pod starts without its token"},
	{group: "discovery.k8s.io", resources: []string{"endpointslices"}, reason: "Services, those of webhooks among them, lead to Pods by them"},
	{group: "events.k8s.io", reason: "events say what is wrong"},
	{group: "flowcontrol.apiserver.k8s.io", reason: "what the API server lets through when it is overloaded"},
	{group: "internal.apiserver.k8s.io", reason: "storage versions, which API servers write when they start"},
	{group: "networking.k8s.io", resources: []string{"ipaddresses", "servicecidrs"}, reason: "the addresses of Services, which API servers allocate"},
	{group: rbacv1.GroupName, resources: []string{"clusterrolebindings"}, names: ownBindings, reason: "Taffrail's own rights: to mend them may be what it takes for a replica to answer"},
	{group: rbacv1.GroupName, resources: []string{"clusterroles"}, names: ownRoles, reason: "Taffrail's own rights"},
	{group: "resource.k8s.io", resources: []string{"resourceslices"}, reason: "what devices a node has, which its drivers write"},
	{group: "scheduling.k8s.io", resources: []string{"priorityclasses"}, reason: "no Pod of the control plane is taken without its class"},
	{group: "storage.k8s.io", resources: []string{"csidrivers", "csinodes", "csistoragecapacities", "volumeattachments"}, reason: "no volume is attached to a node without them"},
	{group: v1alpha1.GroupVersion.Group, reason: "Guardrails and Exemptions: to change or delete one is the way out. They have an entry of their own, guardrails.taffrail.dev"},
}

// ownBindings and ownRoles are Taffrail's own that lie in no Namespace. They go
// by their whole names: anybody could begin theirs like ours.
var (
	ownBindings = []string{names.Name, names.Guardrails, names.Webhooks}
	ownRoles    = []string{names.Name, names.ExemptionEditor, names.Guardrails, names.Webhooks}
)

// circumstance is what is spared for how it is written, whatever it is.
type circumstance struct {
	name, reason string
	// system says that it is spared when the control plane writes it: the service
	// accounts of the Namespaces that are left out, and its own users.
	system bool
	// in tells whether rules for a resource take any in.
	in         func(validators.Resource) bool
	expression string
}

const isStatus = `request.operation == "UPDATE" && ` + subresource + ` == "status"`

// circumstances are the second half of the table.
var circumstances = []circumstance{
	{
		name: "a status that leaves the metadata as it was", in: hasStatus, expression: isStatus + ` && ` + unchanged,
		reason: "controllers report by it, and wait for each other's reports",
	},
	{
		name: "a status, by the control plane", system: true, in: hasStatus, expression: isStatus,
		reason: "the network notes there what address a Pod has, a cloud that of a Service",
	},
	{
		name: "a binding, by the control plane", system: true, in: bindsPods,
		expression: `request.resource.resource == "bindings" || ` + subresource + ` == "binding"`,
		reason:     "a scheduler gives a Pod its node",
	},
	{
		name: "a deletion, by the control plane", system: true, in: isDeleted, expression: `request.operation == "DELETE"`,
		reason: "the Pods of a node that is gone must go, and what belongs to a deleted object",
	},
}

const subresource = `request.?subResource.orValue("")`

// systemUser tells whether the control plane asks: by its service accounts, as
// those of all Namespaces that are left out, or by its own name.
func systemUser(excludedNamespaces []string) string {
	groups := make([]string, len(excludedNamespaces))
	for i, namespace := range slices.Sorted(slices.Values(excludedNamespaces)) {
		groups[i] = "system:serviceaccounts:" + namespace
	}
	return fmt.Sprintf(`(request.userInfo.username in %s || request.?userInfo.groups.orValue([]).exists(g, g in %s))`,
		quoted([]string{"system:cloud-controller-manager", "system:kube-controller-manager"}), quoted(groups))
}

// vitalIf is the condition under which an entry with rules for these resources may not fail closed.
func vitalIf(excludedNamespaces []string, resources []validators.Resource) string {
	terms := tableOf(resources)
	var bySystem []string
	for _, c := range circumstances {
		switch {
		case !slices.ContainsFunc(resources, c.in):
		case c.system:
			bySystem = append(bySystem, c.expression)
		default:
			terms = append(terms, c.expression)
		}
	}
	if len(bySystem) > 0 {
		terms = append(terms, systemUser(excludedNamespaces)+" && ("+anyOf(bySystem)+")")
	}
	return anyOf(terms)
}

// tableOf is the table as conditions: the whole of it for a rule for everything,
// else the objects that the resources hold.
func tableOf(in []validators.Resource) (terms []string) {
	wild := slices.ContainsFunc(in, isWild)
	var groups, resources, subresources, objects []string
	for _, v := range vitals {
		switch paths := v.paths(); {
		case len(v.names) > 0:
			if wild || slices.ContainsFunc(in, func(r validators.Resource) bool {
				return r.Group == v.group && slices.Contains(v.resources, r.Resource)
			}) {
				objects = append(objects, paths...)
			}
		case !wild:
		case len(paths) == 0:
			groups = append(groups, v.group)
		case strings.Count(paths[0], "/") > 1:
			subresources = append(subresources, paths...)
		default:
			resources = append(resources, paths...)
		}
	}
	add := func(what string, names []string) {
		if len(names) > 0 {
			terms = append(terms, what+" in "+quoted(names))
		}
	}
	add(`request.resource.group`, groups)
	add(resourcePath, resources)
	add(resourcePath+` + "/" + `+subresource, subresources)
	add(resourcePath+` + "/" + request.?name.orValue("")`, objects)
	return terms
}

const resourcePath = `request.resource.group + "/" + request.resource.resource`

func anyOf(terms []string) string { return "(" + strings.Join(terms, ") || (") + ")" }

// paths are group/resource, group/resource/subresource, or group/resource/name.
func (v *vital) paths() (all []string) {
	for _, resource := range v.resources {
		if len(v.names) == 0 {
			all = append(all, v.group+"/"+resource)
		}
		for _, name := range v.names {
			all = append(all, v.group+"/"+resource+"/"+name)
		}
	}
	return all
}

func quoted(texts []string) string { return `["` + strings.Join(texts, `", "`) + `"]` }

// IsVital tells whether a resource, or a subresource written as pods/status, is
// vital as a whole, so that no entry that fails closed has a rule for it.
func IsVital(group, resource string) bool {
	name, _, _ := strings.Cut(resource, "/")
	return slices.ContainsFunc(vitals, func(v vital) bool {
		return v.group == group && len(v.names) == 0 &&
			(len(v.resources) == 0 || slices.Contains(v.resources, name) || slices.Contains(v.resources, resource))
	})
}

// vitalParts are what rules for a resource take in that is vital: nothing, or the
// resource, or some of its subresources alone.
func vitalParts(r validators.Resource) (parts []validators.Resource) {
	name, _, alone := strings.Cut(r.Resource, "/")
	if isWild(r) || isDeleted(r) || holdsVital(r.Group, name) || (alone || name == "bindings") && (hasStatus(r) || bindsPods(r)) {
		return []validators.Resource{r}
	}
	for _, sub := range r.Subresources {
		part := r
		part.Subresources, part.Resource = nil, name+"/"+sub
		if hasStatus(part) || bindsPods(part) {
			parts = append(parts, part)
		}
	}
	return parts
}

func isWild(r validators.Resource) bool { return r.Group == "*" || strings.HasPrefix(r.Resource, "*") }

func isDeleted(r validators.Resource) bool { return slices.Contains(r.Operations, admissionv1.Delete) }

func hasStatus(r validators.Resource) bool { return hasSubresource(r, "status") }

func bindsPods(r validators.Resource) bool {
	return hasSubresource(r, "binding") || r.Resource == "bindings" || r.Resource == "*"
}

func hasSubresource(r validators.Resource, sub string) bool {
	_, alone, _ := strings.Cut(r.Resource, "/")
	return alone == "*" || alone == sub || slices.Contains(r.Subresources, sub)
}

// holdsVital tells whether some objects of a resource are vital.
func holdsVital(group, resource string) bool {
	return slices.ContainsFunc(vitals, func(v vital) bool {
		return v.group == group && len(v.names) > 0 && slices.Contains(v.resources, resource)
	})
}

func holdsNoneVital(r validators.Resource) bool { return !holdsVital(r.Group, r.Resource) }

// leaveOurs keeps Guardrails and Exemptions out of a rule for everything: they
// have an entry of their own.
func leaveOurs(w *admissionregistrationv1.ValidatingWebhook, resources []validators.Resource) {
	if slices.ContainsFunc(resources, func(r validators.Resource) bool { return r.Group == "*" }) {
		condition(w, notOurs.Name, notOurs.Expression)
	}
}

var notOurs = admissionregistrationv1.MatchCondition{
	Name: NotOurs, Expression: fmt.Sprintf("request.resource.group != %q", v1alpha1.GroupVersion.Group),
}

// NotVital is the match condition of what fails closed.
const NotVital = "not-vital"

// spareVital is what is vital among what rules for these resources take in.
func spareVital(resources []validators.Resource) (parts []validators.Resource) {
	for _, r := range resources {
		parts = append(parts, vitalParts(r)...)
	}
	return parts
}

func condition(w *admissionregistrationv1.ValidatingWebhook, name, expression string) {
	w.MatchConditions = append(slices.Clip(w.MatchConditions), admissionregistrationv1.MatchCondition{Name: name, Expression: expression})
}
