package audit

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

// ofWorkloads are the facts that whatever has Pods has.
const ofWorkloads = sets.Workloads | sets.Ports | sets.References

// withPods are the kinds that have Pods and come with Kubernetes.
var withPods = []schema.GroupResource{
	{Resource: "pods"},
	{Resource: "replicationcontrollers"},
	{Group: "apps", Resource: "deployments"},
	{Group: "apps", Resource: "replicasets"},
	{Group: "apps", Resource: "statefulsets"},
	{Group: "apps", Resource: "daemonsets"},
	{Group: "batch", Resource: "jobs"},
	{Group: "batch", Resource: "cronjobs"},
}

// factsOf are the facts that objects of a kind have. In a cluster what other systems make of their
// objects is there itself: of a ScaledObject its autoscaler, which would count twice.
var factsOf = func() map[schema.GroupResource]sets.Needs {
	const rbac, networking, monitoring = "rbac.authorization.k8s.io", "networking.k8s.io", "monitoring.coreos.com"
	all := map[schema.GroupResource]sets.Needs{
		{Resource: "services"}:                                       sets.Services,
		{Group: networking, Resource: "ingresses"}:                   sets.Ingresses | sets.References,
		{Group: networking, Resource: "networkpolicies"}:             sets.Policies,
		{Group: "autoscaling", Resource: "horizontalpodautoscalers"}: sets.Autoscalers,
		{Group: "policy", Resource: "poddisruptionbudgets"}:          sets.Budgets,
		{Group: monitoring, Resource: "servicemonitors"}:             sets.Monitors,
		{Group: monitoring, Resource: "podmonitors"}:                 sets.Monitors,
		{Group: rbac, Resource: "roles"}:                             sets.Roles,
		{Group: rbac, Resource: "clusterroles"}:                      sets.Roles,
		{Group: rbac, Resource: "rolebindings"}:                      sets.Bindings,
		{Group: rbac, Resource: "clusterrolebindings"}:               sets.Bindings,
		{Resource: "serviceaccounts"}:                                sets.ServiceAccounts | sets.References,
		{Resource: "configmaps"}:                                     sets.ConfigMaps,
		{Resource: "secrets"}:                                        sets.Secrets,
		{Resource: "persistentvolumeclaims"}:                         sets.Claims,
		{Resource: "namespaces"}:                                     sets.Namespaces,
		{Resource: "resourcequotas"}:                                 sets.Quotas,
		{Resource: "limitranges"}:                                    sets.LimitRanges,
	}
	for _, resource := range withPods {
		all[resource] = ofWorkloads
	}
	for _, foreign := range workload.ForeignKinds() {
		all[schema.GroupResource{Group: foreign.Group, Resource: foreign.Resource}] |= ofWorkloads
	}
	return all
}()

// shown are the facts whose absence shows: without these of one kind, what another refers to seems not
// to be there.
func (l *listed) shown() sets.Needs { return l.facts &^ (sets.Ports | sets.References) }

// controllers are the kinds whose Pods are in their templates.
var controllers = []schema.GroupKind{
	{Kind: "ReplicationController"},
	{Group: "apps", Kind: "Deployment"},
	{Group: "apps", Kind: "ReplicaSet"},
	{Group: "apps", Kind: "StatefulSet"},
	{Group: "apps", Kind: "DaemonSet"},
	{Group: "batch", Kind: "Job"},
	{Group: "batch", Kind: "CronJob"},
}

// facts are those of an object. One that a workload controls adds none to those of its template: there
// are many Pods.
func (b *basis) facts(kind *listed, r *record, review *workload.Review) []sets.Fact {
	if kind.facts == 0 || r.ofTemplate() {
		return nil
	}
	r.at = b.place(kind, r.uid)
	if kind.namesOnly() {
		return []sets.Fact{&sets.Named{Object: sets.Object{At: r.at, Kind: kind.kind.Kind, Namespace: r.namespace, Name: r.name}}}
	}
	return sets.Of(review, nil, r.at, kind.facts)
}

func (r *record) ofTemplate() bool {
	if !r.isOwned() {
		return false
	}
	owner := r.owner.Value()
	kind := schema.FromAPIVersionAndKind(owner.APIVersion, owner.Kind).GroupKind()
	return slices.Contains(controllers, kind) ||
		slices.ContainsFunc(workload.ForeignKinds(), func(f workload.Foreign) bool { return f.GroupKind == kind })
}
