package policy

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// Resource is what a kind is called in a path of the API.
type Resource struct {
	Group, Version, Resource string
	// Guessed says that the resource is only what kinds by that name are usually called.
	Guessed bool
}

// builtIn are the kinds of Kubernetes by their names.
var builtIn = sync.OnceValue(func() map[string][]schema.GroupVersionKind {
	all := map[string][]schema.GroupVersionKind{}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") {
			continue
		}
		all[gvk.Kind] = append(all[gvk.Kind], gvk)
	}
	return all
})

// GroupsOf are the groups that Kubernetes has a kind in.
func GroupsOf(kind string) (groups []string) {
	for _, gvk := range builtIn()[kind] {
		groups = append(groups, gvk.Group)
	}
	return unique(preferred(kind, groups))
}

// preferred leaves out what the API server has under another name as well, and sends once.
func preferred(kind string, groups []string) (out []string) {
	for _, group := range groups {
		if group == "extensions" || kind == "Event" && group == "events.k8s.io" {
			continue
		}
		out = append(out, group)
	}
	return out
}

// Plural is the resource of a kind: that of its CustomResourceDefinition, of Kubernetes, or a guess.
func (in *Inputs) Plural(group, kind string) (resource string, guessed bool) {
	for _, crd := range in.Of("apiextensions.k8s.io", "CustomResourceDefinition") {
		spec, _ := crd.Content["spec"].(map[string]any)
		names, _ := spec["names"].(map[string]any)
		if names["kind"] == kind && (group == "*" || spec["group"] == group) {
			if plural, ok := names["plural"].(string); ok {
				return plural, false
			}
		}
	}
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: group, Kind: kind})
	return plural.Resource, len(builtIn()[kind]) == 0
}

// PodKinds are the kinds that hold the template of a Pod.
var PodKinds = []string{"CronJob", "DaemonSet", "Deployment", "Job", "PodTemplate", "ReplicaSet", "ReplicationController", "StatefulSet"}
