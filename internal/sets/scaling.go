package sets

import (
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Autoscaler is a HorizontalPodAutoscaler, or a ScaledObject of KEDA, which makes one.
type Autoscaler struct {
	Object
	Target Target
	// Min is the least number of replicas that it goes down to.
	Min int32
}

// Target is an object of the namespace, by its kind.
type Target struct{ Group, Kind, Name string }

func targetOf(apiVersion, kind, name string) Target {
	group := schema.FromAPIVersionAndKind(apiVersion, kind).Group
	if group == "extensions" { // where Deployments were at first
		group = "apps"
	}
	return Target{shared(group), shared(kind), name}
}

// Target is the workload as autoscalers name it.
func (w *Workload) Target() Target { return Target{w.Group, w.Kind, w.Name} }

func (c *collector) autoscaler(apiVersion, kind, name string, fewest *int32) {
	if !c.needs.Has(Autoscalers) {
		return
	}
	a := &Autoscaler{Object: c.object, Target: targetOf(apiVersion, kind, name), Min: 1}
	if fewest != nil {
		a.Min = *fewest
	}
	c.add(a)
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	Object
	Selector *Selector
	// MinAvailable is nil where the budget says something else.
	MinAvailable *intstr.IntOrString
}

func (c *collector) budget(o *policyv1.PodDisruptionBudget) {
	if c.needs.Has(Budgets) {
		c.add(&Budget{c.object, selectorOf(o.Spec.Selector), o.Spec.MinAvailable})
	}
}
