package doctor

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

var otherWebhooks = Check{
	Name:    "other-webhooks",
	Summary: "no webhook of another product keeps Taffrail's Pods from starting",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.outside(ctx) {
			return nil, nil // its Pods are not made here
		}
		others, err := i.others(ctx)
		if err != nil {
			return nil, err
		}
		namespaces := &corev1.NamespaceList{}
		if err := i.Client.List(ctx, namespaces, client.MatchingLabels{corev1.LabelMetadataName: names.Namespace}); err != nil {
			return nil, err
		}
		labels := map[string]string{corev1.LabelMetadataName: names.Namespace}
		for _, n := range namespaces.Items {
			maps.Copy(labels, n.Labels)
		}
		pod := map[string]string{"app.kubernetes.io/name": names.Name}
		var found []Finding
		for _, c := range others {
			for _, w := range c.webhooks {
				if !w.failsClosed() || !w.evaluatesPods(labels) || !matches(w.ObjectSelector, pod) {
					continue
				}
				f := Finding{
					Warn, "it fails closed on Pods of taffrail-system: while it is down, no replica of Taffrail starts", c.at(w),
					"leave taffrail-system out in its namespaceSelector: {key: kubernetes.io/metadata.name, operator: NotIn, values: [taffrail-system]}",
				}
				if len(w.MatchConditions) > 0 {
					f.Level, f.What = Note, f.What+", unless its matchConditions leave it out"
				}
				found = append(found, f)
			}
		}
		return found, nil
	},
}
