package audit

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// Stored are the Guardrails, Exemptions and NamespaceKits of a cluster. Where it does not know these kinds there are
// none.
func Stored(ctx context.Context, cluster Cluster) (objects guardrail.Objects, err error) {
	if objects.Guardrails, err = stored[v1alpha1.Guardrail](ctx, cluster, "guardrails"); err != nil {
		return objects, err
	}
	if objects.Exemptions, err = stored[v1alpha1.Exemption](ctx, cluster, "exemptions"); err != nil {
		return objects, err
	}
	objects.Kits, err = stored[v1alpha1.NamespaceKit](ctx, cluster, "namespacekits")
	if apierrors.IsForbidden(err) { // an audit may be without that right: what kits have made is there itself
		err = nil
	}
	return objects, err
}

func stored[T any](ctx context.Context, cluster Cluster, resource string) (all []T, err error) {
	for p, err := range pages(ctx, cluster.Objects, path(v1alpha1.GroupVersion.WithResource(resource)), whole) {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", resource, err)
		}
		for _, item := range p.Items {
			var object T
			if err := json.Unmarshal(item, &object); err != nil {
				return nil, fmt.Errorf("reading one of %s: %w", resource, err)
			}
			all = append(all, object)
		}
	}
	return all, nil
}
