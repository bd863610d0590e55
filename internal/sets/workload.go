package sets

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"taffrail.dev/taffrail/internal/workload"
)

// Workload is a Pod, or an object with the template of one.
type Workload struct {
	Object
	Group string
	// Labels are those of the Pods.
	Labels Labels
	// Path is where the Pod is in the object, as a JSON Pointer; empty for a Pod.
	Path string
	// Replicas is how many Pods it has, or Uncounted.
	Replicas int32
	// WritesReplicas says that the number stands in the manifest, and is not the API server's default.
	WritesReplicas bool
	// HostNetwork says that its Pods are in the network of their nodes, where no NetworkPolicy holds.
	HostNetwork    bool
	ServiceAccount string
	Ports          []ContainerPort
	References     []Reference
}

// Uncounted is the number of Pods where nobody can tell it: a DaemonSet has one a node.
const Uncounted = -1

// ContainerPort is a port that a container declares.
type ContainerPort struct {
	Name   string
	Number int32
}

func (c *collector) workload() {
	pod := c.review.Pod
	if pod == nil || !c.needs.Has(Workloads|References|Ports|Written) {
		return
	}
	w := &Workload{
		Object: c.object, Group: shared(c.review.Kind.Group), Labels: labelsOf(pod.Meta.Labels), Path: shared(pod.Path.Pointer()),
		Replicas: replicas(c.review.Object), HostNetwork: pod.Spec.HostNetwork, ServiceAccount: pod.Spec.ServiceAccountName,
	}
	if c.needs.Has(Written) && w.Replicas >= 0 {
		w.WritesReplicas = c.writesReplicas()
	}
	if c.needs.Has(Ports) {
		for container := range pod.Containers() {
			for _, port := range container.Ports {
				w.Ports = append(w.Ports, ContainerPort{port.Name, port.ContainerPort})
			}
		}
	}
	if c.needs.Has(References) {
		w.References = podReferences(pod)
	}
	c.add(w)
	if set, is := c.review.Object.(*appsv1.StatefulSet); is && c.needs.Has(Claims) {
		for i := range set.Spec.VolumeClaimTemplates {
			c.name(ofEach, set.Spec.VolumeClaimTemplates[i].Name+"-"+set.Name)
		}
	}
}

// replicas is how many Pods an object asks for, the API server's default included.
func replicas(object workload.Object) int32 {
	var n *int32
	switch o := object.(type) {
	case *appsv1.Deployment:
		n = o.Spec.Replicas
	case *appsv1.StatefulSet:
		n = o.Spec.Replicas
	case *appsv1.ReplicaSet:
		n = o.Spec.Replicas
	case *corev1.ReplicationController:
		n = o.Spec.Replicas
	case *unstructured.Unstructured:
		return replicasOfOthers(o)
	default:
		return Uncounted
	}
	if n == nil {
		return 1
	}
	return *n
}

// scaled are the kinds of other systems that have a number of replicas, one where none is written.
var scaled = map[string]bool{"Rollout": true, "CloneSet": true, "StatefulSet": true, "DeploymentConfig": true}

func replicasOfOthers(o *unstructured.Unstructured) int32 {
	if !scaled[o.GetKind()] {
		return Uncounted
	}
	n, found, err := unstructured.NestedInt64(o.Object, "spec", "replicas")
	switch {
	case err != nil, n > 1<<30:
		return Uncounted
	case !found:
		return 1
	default:
		return int32(n) //nolint:gosec // bounded above
	}
}

// SelectedBy tells whether a selector selects the Pods. Labels that their controller will give them
// are taken to be as they must.
func (w *Workload) SelectedBy(selector labels.Selector) bool {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return false
	}
	for i := range requirements {
		if !w.meets(&requirements[i]) {
			return false
		}
	}
	return true
}

// given are the labels that the Pods will get from their controller, with values that nobody knows.
func (w *Workload) given() []string {
	if w.Path == "" {
		return nil
	}
	keys := slices.Clone(workload.Given(w.Kind))
	return slices.DeleteFunc(keys, func(key string) bool { return key == appsv1.StatefulSetPodNameLabel })
}

// indexed are the labels that the Pods can be found by. Those of a StatefulSet have its name in theirs.
func (w *Workload) indexed() Labels {
	if w.Kind != "StatefulSet" || w.Path == "" {
		return w.Labels
	}
	return append(slices.Clip(w.Labels), Label{appsv1.StatefulSetPodNameLabel, w.Name})
}

// meets tells whether the Pods meet a requirement, with what their controller will give them.
func (w *Workload) meets(r *labels.Requirement) bool {
	if w.Path == "" || w.Labels.Has(r.Key()) || !slices.Contains(workload.Given(w.Kind), r.Key()) {
		return r.Matches(w.Labels)
	}
	switch r.Operator() {
	case selection.DoesNotExist:
		return false
	case selection.Equals, selection.DoubleEquals, selection.In:
		return r.Key() != appsv1.StatefulSetPodNameLabel || slices.ContainsFunc(r.Values().List(), func(pod string) bool {
			name, is := numbered(pod)
			return is && name == w.Name
		})
	default: // of the values that there will be, some will do
		return true
	}
}

// Declares tells whether a container declares a port of a name.
func (w *Workload) Declares(port string) bool {
	return slices.ContainsFunc(w.Ports, func(p ContainerPort) bool { return p.Name == port })
}
