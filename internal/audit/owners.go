package audit

import (
	"slices"
	"strings"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Object names an object of the cluster.
type Object struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Namespace  string    `json:"namespace,omitempty"`
	Name       string    `json:"name"`
	UID        types.UID `json:"uid"`
}

// controllerOf is who controls an object; zero, where nobody does.
func controllerOf(meta metav1.Object) (h unique.Handle[Object]) {
	owner := metav1.GetControllerOf(meta)
	if owner == nil {
		return h
	}
	return unique.Make(Object{owner.APIVersion, owner.Kind, meta.GetNamespace(), owner.Name, owner.UID})
}

// owners finds who controls objects in the end: a Pod's ReplicaSet, and the Deployment of that. Pods of
// one owner ask once.
type owners struct {
	find func(types.UID) (object Object, owner unique.Handle[Object], known bool)
	last map[unique.Handle[Object]]Object
}

// lastOf is who controls an object of an owner in the end: the object itself, where it has none.
func (o *owners) lastOf(object Object, owner unique.Handle[Object]) Object {
	if owner == (unique.Handle[Object]{}) {
		return object
	}
	last, known := o.last[owner]
	if !known {
		last = o.chain(owner)
		o.last[owner] = last
	}
	return last
}

// maxOwners bounds a chain of owners, which anybody may write in a circle.
const maxOwners = 8

func (o *owners) chain(owner unique.Handle[Object]) Object {
	last := owner.Value()
	for range maxOwners {
		object, above, known := o.find(last.UID)
		if !known {
			break
		}
		last = object // by the version that is listed: a reference may have another
		if above == (unique.Handle[Object]{}) {
			break
		}
		last = above.Value()
	}
	return last
}

// templates are where kinds keep what becomes Pods, so that a finding in a Pod is known in the
// template that it came from.
var templates = []string{"spec.jobTemplate.spec.template.", "spec.template.", "template."}

// inPod is a path as it is in the Pod that a template becomes.
func inPod(kind schema.GroupKind, path string) string {
	if kind == (schema.GroupKind{Kind: "Pod"}) {
		return path
	}
	if i := slices.IndexFunc(templates, func(template string) bool { return strings.HasPrefix(path, template) }); i >= 0 {
		return strings.TrimPrefix(path, templates[i])
	}
	return path
}
