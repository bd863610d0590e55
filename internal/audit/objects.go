package audit

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// Inventory is what is in a cluster, for whoever looks at each object alone.
type Inventory struct {
	cluster    Cluster
	namespaces *namespaces
}

// Take lists the Namespaces, whose labels decide what is evaluated.
func Take(ctx context.Context, cluster Cluster) (*Inventory, error) {
	i := &Inventory{cluster, newNamespaces()}
	if err := i.namespaces.list(ctx, cluster.Objects); err != nil {
		return nil, fmt.Errorf("listing Namespaces, whose labels decide what is evaluated: %w", err)
	}
	return i, nil
}

// Namespace finds the metadata of a Namespace.
func (i *Inventory) Namespace(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	return i.namespaces.find(ctx, name)
}

// Each passes on the creation of each object that one of the sets looks at. The notes tell what
// could not be listed.
func (i *Inventory) Each(ctx context.Context, then func(*workload.Review), sets ...*guardrail.Set) (notes []string, err error) {
	seen := map[string]bool{}
	for _, set := range sets {
		resources, some, err := resourcesOf(i.cluster.Discovery, set, 0)
		if err != nil {
			return nil, err
		}
		notes = append(notes, some...)
		for _, kind := range resources {
			name := kind.resource.GroupResource().String()
			if seen[name] {
				continue
			}
			seen[name] = true
			if note := i.list(ctx, &kind, then); note != "" {
				notes = append(notes, note)
			}
		}
	}
	slices.Sort(notes)
	return slices.Compact(notes), ctx.Err()
}

func (i *Inventory) list(ctx context.Context, kind *listed, then func(*workload.Review)) (note string) {
	for p, err := range pages(ctx, i.cluster.Objects, path(kind.resource), whole) {
		if err != nil {
			return fmt.Sprintf("could not list %s: %v; the rest is complete", kind.resource.GroupResource(), err)
		}
		for _, item := range p.Items {
			review, err := kind.review(item)
			if err != nil {
				note = fmt.Sprintf("could not read one of %s: %v", kind.resource.GroupResource(), err)
				continue
			}
			then(review)
		}
	}
	return note
}

// WithoutRequests leaves out the rules that ask who sends a request: of what is there nobody does.
func WithoutRequests(objects guardrail.Objects) (rest guardrail.Objects, notes []string) {
	return withoutRequests(objects)
}
