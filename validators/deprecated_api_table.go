package validators

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// goneAPIs are deprecated versions that k8s.io/api says nothing of: it no longer carries them, or
// they are those of other modules. Alpha versions, which a cluster serves only when told to, are
// here if manifests with them are still about.
var goneAPIs = map[schema.GroupVersionKind]lifecycle{
	{Group: "apiextensions.k8s.io", Version: "v1beta1", Kind: "CustomResourceDefinition"}: {16, 22, "apiextensions.k8s.io/v1"},
	{Group: "apiregistration.k8s.io", Version: "v1beta1", Kind: "APIService"}:             {19, 22, "apiregistration.k8s.io/v1"},
	{Group: "autoscaling", Version: "v2beta1", Kind: "HorizontalPodAutoscaler"}:           {22, 25, "autoscaling/v2"},
	{Group: "autoscaling", Version: "v2beta2", Kind: "HorizontalPodAutoscaler"}:           {23, 26, "autoscaling/v2"},
	{Group: "batch", Version: "v2alpha1", Kind: "CronJob"}:                                {21, 21, "batch/v1"},
	{Group: "extensions", Version: "v1beta1", Kind: "PodSecurityPolicy"}:                  {10, 16, ""},
	{Group: "node.k8s.io", Version: "v1alpha1", Kind: "RuntimeClass"}:                     {20, 24, "node.k8s.io/v1"},
	{Group: "policy", Version: "v1beta1", Kind: "PodSecurityPolicy"}:                      {21, 25, ""},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "ClusterRole"}:        {17, 23, "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "ClusterRoleBinding"}: {17, 23, "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "Role"}:               {17, 23, "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "RoleBinding"}:        {17, 23, "rbac.authorization.k8s.io/v1"},
	{Group: "scheduling.k8s.io", Version: "v1alpha1", Kind: "PriorityClass"}:              {14, 23, "scheduling.k8s.io/v1"},
	{Group: "settings.k8s.io", Version: "v1alpha1", Kind: "PodPreset"}:                    {20, 20, ""},
}

// sameForm are deprecated versions whose objects mean the same with the apiVersion of the replacement
// and nothing else changed. Not among them is what has other fields, other defaults (apps/v1beta1) or
// another meaning of an empty selector (policy/v1beta1).
var sameForm = map[schema.GroupVersion][]string{
	{Group: "apps", Version: "v1beta2"}:                      {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"},
	{Group: "autoscaling", Version: "v2beta2"}:               {"HorizontalPodAutoscaler"},
	{Group: "batch", Version: "v1beta1"}:                     {"CronJob"},
	{Group: "coordination.k8s.io", Version: "v1beta1"}:       {"Lease"},
	{Group: "networking.k8s.io", Version: "v1beta1"}:         {"IngressClass"},
	{Group: "rbac.authorization.k8s.io", Version: "v1beta1"}: {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
	{Group: "scheduling.k8s.io", Version: "v1beta1"}:         {"PriorityClass"},
	{Group: "storage.k8s.io", Version: "v1beta1"}:            {"CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass"},
	{Group: "apiregistration.k8s.io", Version: "v1beta1"}:    {"APIService"},
}

// oldestServed is the oldest version of Kubernetes that Taffrail is used with.
const oldestServed release = 36

// vital are written by nodes and controllers, not by people. What a webhook has
// rules for is refused while it is down; that must not be these.
var vital = []string{"ipaddresses", "leasecandidates", "podcertificaterequests", "resourceslices"}

// deprecatedResources are the versions themselves: rules for them match the
// later versions as well, which are let pass. They are few, as most are gone.
func deprecatedResources() (all []Resource) {
	add := func(gvk schema.GroupVersionKind, l lifecycle) {
		gvr, _ := workload.ResourceFor(gvk)
		r := written(gvr.GroupVersion(), gvr.Resource)
		r.ManifestsOnly = l.gone <= oldestServed || slices.Contains(vital, gvr.Resource)
		all = append(all, r)
		// What has moved to another group is evaluated there, and no webhook needs a rule for it.
		if gv, err := schema.ParseGroupVersion(l.replacement); err == nil && gv.Group != gvk.Group && l.replacement != "" {
			moved := written(gv, gvr.Resource)
			moved.ManifestsOnly = true
			all = append(all, moved)
		}
	}
	for gvk, l := range deprecatedAPIs {
		add(gvk, l)
	}
	for gvk, l := range goneAPIs {
		add(gvk, l)
	}
	slices.SortFunc(all, func(a, b Resource) int { return cmp.Compare(a.String(), b.String()) })
	return all
}
