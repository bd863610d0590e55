package uninstall

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

// reportKinds are those that the audit writes, where a cluster serves them.
var reportKinds = []schema.GroupVersionKind{
	{Group: "openreports.io", Version: "v1alpha1", Kind: "Report"},
	{Group: "openreports.io", Version: "v1alpha1", Kind: "ClusterReport"},
	{Group: "wgpolicyk8s.io", Version: "v1alpha2", Kind: "PolicyReport"},
	{Group: "wgpolicyk8s.io", Version: "v1alpha2", Kind: "ClusterPolicyReport"},
}

// reports deletes what the audit has written, in whatever namespace; nobody would ever say it anew.
// Reports of others stay.
func (r *Remover) reports(ctx context.Context) error {
	var failed []error
	for _, kind := range reportKinds {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		err := r.client.List(ctx, list, client.MatchingLabels{"app.kubernetes.io/managed-by": names.Name})
		if gone(err) {
			continue
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("list the %ss of the audit: %w", kind.Kind, err))
			continue
		}
		deleted := 0
		for i := range list.Items {
			o := object{kind.Group, kind.Version, kind.Kind, list.Items[i].Namespace, list.Items[i].Name}
			switch err := r.client.Delete(ctx, o.empty()); {
			case gone(err):
			case err != nil:
				failed = append(failed, fmt.Errorf("delete %s: %w", o, err))
			default:
				deleted++
			}
		}
		if deleted > 0 {
			r.Deleted += deleted
			r.say("deleted %d of kind %s of %s", deleted, kind.Kind, kind.Group)
		}
	}
	return errors.Join(failed...)
}
