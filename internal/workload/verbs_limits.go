package workload

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// SetResourceLimit sets resources.limits[name], unless it is set.
func (c Container) SetResourceLimit(name corev1.ResourceName, quantity resource.Quantity) {
	if _, set := c.Resources.Limits[name]; set {
		return
	}
	c.recordResource("limits", c.Resources.Limits != nil, name, quantity)
	if c.Resources.Limits == nil {
		c.Resources.Limits = corev1.ResourceList{}
	}
	c.Resources.Limits[name] = quantity
}
