package doctor

import (
	"context"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/names"
)

var mutationOrder = Check{
	Name:    "mutation-order",
	Summary: "what other webhooks add to a Pod after Taffrail gets its defaults too",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		others, err := i.others(ctx)
		if err != nil {
			return nil, err
		}
		reinvoked := true
		for _, c := range ours {
			for _, w := range c.webhooks {
				if c.kind == mutatingKind && ptr.Deref(w.Reinvocation, admissionregistrationv1.NeverReinvocationPolicy) != admissionregistrationv1.IfNeededReinvocationPolicy {
					reinvoked = false
				}
			}
		}
		var found []Finding
		for _, c := range others {
			// An API server calls configurations by name.
			if c.kind != mutatingKind || c.Name < names.Name {
				continue
			}
			for _, w := range c.webhooks {
				if !w.evaluatesPods(map[string]string{corev1.LabelMetadataName: corev1.NamespaceDefault}) {
					continue
				}
				if reinvoked {
					found = append(found, Finding{
						Note, "it changes Pods after Taffrail, which is then asked once more (reinvocationPolicy: IfNeeded)", c.at(w),
						"nothing: what it adds gets its defaults, and /validate sees the Pod as it ends up",
					})
					continue
				}
				found = append(found, Finding{
					Warn, "it changes Pods after Taffrail, which is not asked again: what it adds has no defaults, and may be refused", c.at(w),
					"set reinvocationPolicy: IfNeeded on mutate.taffrail.dev; " + again,
				})
			}
		}
		return found, nil
	},
}
