package sets

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// monitoring is the group of the Prometheus Operator.
const monitoring = "monitoring.coreos.com"

// Monitor is a ServiceMonitor or, if it is of Pods, a PodMonitor.
type Monitor struct {
	Object
	OfPods   bool
	Selector *Selector
	// Any says that it looks into all namespaces; else Namespaces are those that it looks into, and
	// its own where there are none.
	Any        bool
	Namespaces []string
	// Ports are the names of the ports to scrape, each with its place.
	Ports []Reference
}

func (c *collector) monitor(o *unstructured.Unstructured) {
	if !c.needs.Has(Monitors) {
		return
	}
	m := &Monitor{Object: c.object, OfPods: c.review.Kind.Kind == "PodMonitor"}
	var selector metav1.LabelSelector
	content, _, err := unstructured.NestedMap(o.Object, "spec", "selector")
	if err != nil || runtime.DefaultUnstructuredConverter.FromUnstructured(content, &selector) != nil {
		return
	}
	m.Selector = selectorOf(&selector)
	m.Any, _, _ = unstructured.NestedBool(o.Object, "spec", "namespaceSelector", "any")
	m.Namespaces, _, _ = unstructured.NestedStringSlice(o.Object, "spec", "namespaceSelector", "matchNames")
	field := "endpoints"
	if m.OfPods {
		field = "podMetricsEndpoints"
	}
	m.Ports = portsIn(o, field)
	c.add(m)
}

func portsIn(o *unstructured.Unstructured, field string) (ports []Reference) {
	list, _, err := unstructured.NestedSlice(o.Object, "spec", field)
	if err != nil {
		return nil
	}
	for i := range list {
		if endpoint, is := list[i].(map[string]any); is {
			if name, _ := endpoint["port"].(string); name != "" {
				ports = append(ports, Reference{Kind: "port", Name: name, Path: shared(fmt.Sprintf("/spec/%s/%d/port", field, i))})
			}
		}
	}
	return ports
}
