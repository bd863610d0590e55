package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// evaluate evaluates an item of a list. Pods are evaluated as they are; templates are completed with
// the defaults, as those of the webhook are. The error says that nobody can tell which object it is.
func (b *basis) evaluate(ctx context.Context, kind *listed, item json.RawMessage) (*record, error) {
	if kind.namesOnly() {
		return b.named(kind, item)
	}
	review, err := kind.review(item)
	if err != nil {
		return unread(kind, item, err)
	}
	meta := review.Meta()
	out := &record{
		uid: meta.GetUID(), namespace: shared(meta.GetNamespace()), name: strings.Clone(meta.GetName()), owner: controllerOf(meta),
		excluded: b.set.Excludes(review.Namespace),
	}
	if !out.excluded {
		out.problem = b.learn(ctx, out, review)
	}
	out.facts = b.facts(kind, out, review)
	return out, nil
}

// named is the record of an object of which nothing is known but its name.
func (b *basis) named(kind *listed, item json.RawMessage) (*record, error) {
	meta, err := identity(item)
	if err != nil {
		return nil, fmt.Errorf("reading one of %s: %w", kind.name(), err)
	}
	out := &record{uid: meta.UID, namespace: shared(meta.Namespace), name: meta.Name}
	out.facts = b.facts(kind, out, nil)
	return out, nil
}

// learn fills in what is found, or tells why that cannot be said.
func (b *basis) learn(ctx context.Context, out *record, review *workload.Review) (problem string) {
	var decision guardrail.Decision
	decision, err := b.set.Validate(ctx, review)
	if err != nil {
		return err.Error()
	}
	out.covered = joined(b.set.Coverage(ctx, review).By)
	out.findings, out.exempted = foundBy(&decision, review.Namespace, b.now())
	return ""
}

// unread is the record of an object that is not as its kind must be.
func unread(kind *listed, item json.RawMessage, problem error) (*record, error) {
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal(item, &object); err != nil || object.UID == "" {
		return nil, fmt.Errorf("reading one of %s: %w", kind.name(), problem)
	}
	return &record{
		uid: object.UID, namespace: shared(object.Namespace), name: object.Name, owner: controllerOf(&object), problem: problem.Error(),
	}, nil
}
