package sets

import (
	"encoding/json"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"taffrail.dev/taffrail/internal/workload"
)

// Of reduces an object to the facts that checks need. Written is the object before the API server's
// defaults, or nil where nobody knows.
func Of(review *workload.Review, written []byte, at At, needs Needs) []Fact {
	meta := review.Meta()
	if meta == nil || needs == 0 {
		return nil
	}
	namespace := review.Namespace
	if _, is := review.Object.(*corev1.Namespace); is {
		namespace = ""
	}
	c := &collector{
		review: review, written: written, needs: needs,
		object: Object{At: at, Kind: shared(review.Kind.Kind), Namespace: shared(namespace), Name: review.DisplayName()},
	}
	c.workload()
	c.collect()
	return c.facts
}

// collector collects the facts of one object.
type collector struct {
	review  *workload.Review
	written []byte
	needs   Needs
	object  Object
	facts   []Fact
}

func (c *collector) add(f Fact) { c.facts = append(c.facts, f) }

func (c *collector) collect() {
	switch o := c.review.Object.(type) {
	case *corev1.Service:
		c.service(o)
	case *networkingv1.Ingress:
		c.ingress(o)
	case *networkingv1.NetworkPolicy:
		c.policy(o)
	case *autoscalingv1.HorizontalPodAutoscaler:
		c.autoscaler(o.Spec.ScaleTargetRef.APIVersion, o.Spec.ScaleTargetRef.Kind, o.Spec.ScaleTargetRef.Name, o.Spec.MinReplicas)
	case *autoscalingv2.HorizontalPodAutoscaler:
		c.autoscaler(o.Spec.ScaleTargetRef.APIVersion, o.Spec.ScaleTargetRef.Kind, o.Spec.ScaleTargetRef.Name, o.Spec.MinReplicas)
	case *policyv1.PodDisruptionBudget:
		c.budget(o)
	case *rbacv1.Role:
		c.role(o.Rules, nil, nil)
	case *rbacv1.ClusterRole:
		c.role(o.Rules, o.AggregationRule, o.Labels)
	case *rbacv1.RoleBinding:
		c.binding(o.RoleRef, o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		c.binding(o.RoleRef, o.Subjects)
	case *corev1.ServiceAccount:
		c.account(o)
	case *corev1.Namespace:
		c.named(Namespaces)
	case *corev1.ConfigMap:
		c.named(ConfigMaps)
	case *corev1.Secret:
		c.named(Secrets)
	case *corev1.PersistentVolumeClaim:
		c.named(Claims)
	case *unstructured.Unstructured:
		c.other(o)
	}
}

// Named is the fact that an object is there, or will be.
type Named struct{ Object }

// named notes that the object is there.
func (c *collector) named(needs Needs) {
	if c.needs.Has(needs) {
		c.add(&Named{c.object})
	}
}

// name notes that something will be there that the object makes.
func (c *collector) name(kind, name string) { c.nameIn(c.object.Namespace, kind, name) }

func (c *collector) nameIn(namespace, kind, name string) {
	if name != "" {
		c.add(&Named{Object{At: c.object.At, Kind: kind, Namespace: namespace, Name: name}})
	}
}

// writesReplicas tells whether the manifest says how many replicas there are: on the way here the API
// server's default has been set.
func (c *collector) writesReplicas() bool {
	var document struct {
		Spec struct {
			Replicas json.RawMessage `json:"replicas"`
		} `json:"spec"`
	}
	return c.written != nil && json.Unmarshal(c.written, &document) == nil && len(document.Spec.Replicas) > 0 &&
		string(document.Spec.Replicas) != "null"
}

// ofEach is the kind of the beginnings of names of claims that a StatefulSet makes.
const ofEach = "VolumeClaimTemplate"
