package apitest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
)

// Version is that of Kubernetes.
const Version = "v1.36.3"

// clusterScoped are the resources in no Namespace that tests speak of.
var clusterScoped = map[string]bool{
	"namespaces": true, "nodes": true, "guardrails": true, "namespacekits": true, "customresourcedefinitions": true,
	"mutatingwebhookconfigurations": true, "validatingwebhookconfigurations": true, "subjectaccessreviews": true,
}

// discover answers what the API server says of itself: its version, and the resources that are known.
func discover(w http.ResponseWriter, path string) bool {
	switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
	case path == "/version":
		reply(w, http.StatusOK, version.Info{Major: "1", Minor: "36", GitVersion: Version})
	case path == "/api":
		reply(w, http.StatusOK, metav1.APIVersions{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIVersions"}, Versions: []string{"v1"}})
	case path == "/apis":
		reply(w, http.StatusOK, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIGroupList"}, Groups: groups()})
	case parts[0] == "api" && len(parts) == 2:
		reply(w, http.StatusOK, resources(schema.GroupVersion{Version: parts[1]}))
	case parts[0] == "apis" && len(parts) == 3:
		reply(w, http.StatusOK, resources(schema.GroupVersion{Group: parts[1], Version: parts[2]}))
	default:
		return false
	}
	return true
}

func groups() (all []metav1.APIGroup) {
	byName := map[string][]metav1.GroupVersionForDiscovery{}
	for _, gv := range append(known.PrioritizedVersionsAllGroups(), definitions.GroupVersion()) {
		if gv.Group != "" {
			byName[gv.Group] = append(byName[gv.Group], metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, metav1.APIGroup{Name: name, Versions: byName[name], PreferredVersion: byName[name][0]})
	}
	return all
}

// definitions are of a kind that the client has no type for.
var definitions = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

func resources(gv schema.GroupVersion) metav1.APIResourceList {
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIResourceList"}, GroupVersion: gv.String()}
	all := slices.Sorted(maps.Keys(known.KnownTypes(gv)))
	if gv == definitions.GroupVersion() {
		all = []string{definitions.Kind}
	}
	for _, kind := range all {
		resource, singular := meta.UnsafeGuessKindToResource(gv.WithKind(kind))
		list.APIResources = append(list.APIResources, metav1.APIResource{
			Name: resource.Resource, SingularName: singular.Resource, Kind: kind, Namespaced: !clusterScoped[resource.Resource],
			Verbs: metav1.Verbs{"get", "list", "watch", "create", "update", "patch", "delete"},
		})
	}
	return list
}
