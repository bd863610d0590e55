package audit

import (
	"slices"
	"strings"

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

// owners is who controls whom: a Pod's ReplicaSet, and the Deployment of that.
type owners map[types.UID]Object

func (o owners) note(meta metav1.Object) {
	if owner := metav1.GetControllerOf(meta); owner != nil {
		o[meta.GetUID()] = Object{owner.APIVersion, owner.Kind, meta.GetNamespace(), owner.Name, owner.UID}
	}
}

// maxOwners bounds a chain of owners, which anybody may write in a circle.
const maxOwners = 8

// of is who controls an object in the end: the object itself, if nobody does.
func (o owners) of(object Object) Object {
	for range maxOwners {
		owner, owned := o[object.UID]
		if !owned {
			break
		}
		object = owner
	}
	return object
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
