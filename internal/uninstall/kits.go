package uninstall

import (
	"context"
	"errors"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// kits deletes what NamespaceKits have made and say that is removed with them. Once they are gone
// the garbage collector would do the same; here it is told what goes, and what could not. What is to
// be kept stays.
func (r *Remover) kits(ctx context.Context) error {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(v1alpha1.GroupVersion.String())
	list.SetKind("NamespaceKitList")
	if err := r.client.List(ctx, list); gone(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("list the NamespaceKits: %w", err)
	}
	var failed []error
	for i := range list.Items {
		failed = append(failed, r.kit(ctx, &list.Items[i]))
	}
	return errors.Join(failed...)
}

// kit deletes the kit first, so that nothing makes anew what goes with it.
func (r *Remover) kit(ctx context.Context, kit *unstructured.Unstructured) error {
	kinds, _, _ := unstructured.NestedSlice(kit.Object, "status", "kinds")
	gvk := kit.GroupVersionKind()
	o := object{gvk.Group, gvk.Version, gvk.Kind, "", kit.GetName()}
	if _, err := r.delete(ctx, o); err != nil {
		return err
	}
	var failed []error
	for _, k := range kinds {
		kind, _ := k.(map[string]any)
		text := func(key string) string { value, _ := kind[key].(string); return value }
		failed = append(failed, r.madeBy(ctx, kit, schema.GroupVersionKind{Group: text("group"), Version: text("version"), Kind: text("kind")}))
	}
	return errors.Join(failed...)
}

// madeBy deletes the objects of one kind that belong to a kit.
func (r *Remover) madeBy(ctx context.Context, kit *unstructured.Unstructured, kind schema.GroupVersionKind) error {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err := r.client.List(ctx, list, client.MatchingLabels{v1alpha1.KitLabel: kit.GetName()}); gone(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("list the %ss of NamespaceKit %s: %w", kind.Kind, kit.GetName(), err)
	}
	var failed []error
	deleted, kept := 0, 0
	for i := range list.Items {
		made := &list.Items[i]
		if !slices.ContainsFunc(made.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == kit.GetUID() }) {
			kept++
			continue
		}
		o := object{kind.Group, kind.Version, kind.Kind, made.Namespace, made.Name}
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
		r.say("deleted %d of kind %s that NamespaceKit %s had made", deleted, kind.Kind, kit.GetName())
	}
	if kept > 0 {
		r.say("left %d of kind %s that NamespaceKit %s had made: it keeps them", kept, kind.Kind, kit.GetName())
	}
	return errors.Join(failed...)
}
