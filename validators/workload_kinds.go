package validators

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// workloadKinds are Pods and all kinds that hold a template of one.
var workloadKinds = func() (all []schema.GroupKind) {
	for _, name := range []string{"Pod", "PodTemplate", "ReplicationController"} {
		all = append(all, schema.GroupKind{Kind: name})
	}
	for _, name := range []string{"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"} {
		all = append(all, schema.GroupKind{Group: "apps", Kind: name})
	}
	for _, name := range []string{"CronJob", "Job"} {
		all = append(all, schema.GroupKind{Group: "batch", Kind: name})
	}
	for _, f := range workload.ForeignKinds() {
		all = append(all, f.GroupKind)
	}
	return all
}()

// The kinds that checks over a set find something in.
var (
	serviceKinds   = []schema.GroupKind{{Kind: "Service"}}
	ingressKinds   = []schema.GroupKind{{Group: "networking.k8s.io", Kind: "Ingress"}}
	policyKinds    = []schema.GroupKind{{Group: "networking.k8s.io", Kind: "NetworkPolicy"}}
	scalerKinds    = []schema.GroupKind{{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}}
	budgetKinds    = []schema.GroupKind{{Group: "policy", Kind: "PodDisruptionBudget"}}
	namespaceKinds = []schema.GroupKind{{Kind: "Namespace"}}
	accountKinds   = []schema.GroupKind{{Kind: "ServiceAccount"}}
	monitorKinds   = []schema.GroupKind{
		{Group: "monitoring.coreos.com", Kind: "PodMonitor"}, {Group: "monitoring.coreos.com", Kind: "ServiceMonitor"},
	}
	bindingKinds = []schema.GroupKind{
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"},
	}
)
