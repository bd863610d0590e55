package leader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// NamespaceDeleted says that the Namespace that owns the webhook configurations
// is being deleted. The garbage collector takes them along, but some time after
// the last Pod, and until then the API server would refuse everything.
func (l *Leader) NamespaceDeleted() {
	l.end.Do(func() { close(l.ended) })
	l.Refresh() // what the leader was about to write, it takes away again
}

// endWithNamespace takes the webhook configurations away, whoever leads: with its
// Lease and its rights in the Namespace, there may be no leader any more. Nobody
// can take the deletion back, so that every replica may be the one.
func (l *Leader) endWithNamespace(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-l.ended:
	}
	var last string
	_ = wait.PollUntilContextCancel(ctx, time.Second, true, func(ctx context.Context) (bool, error) {
		owner, err := l.options.Webhooks.Owner(ctx)
		if err == nil && owner.DeletionTimestamp != nil { // and no new one of its name
			err = l.takeAway(ctx, owner)
		}
		if err != nil && ctx.Err() == nil && err.Error() != last {
			last = err.Error()
			l.options.Log.Error(err, "taking the webhook configurations away with their Namespace")
		}
		return err == nil, nil
	})
}

// takeAway deletes the webhook configurations that belong to a Namespace.
func (l *Leader) takeAway(ctx context.Context, owner *metav1.PartialObjectMetadata) error {
	if !l.options.Webhooks.Managed {
		return nil
	}
	var failed []error
	for _, resource := range configurations {
		if err := l.takeAwayOne(ctx, resource.Resource, owner); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", resource.Resource, err))
		}
	}
	return errors.Join(failed...)
}

func (l *Leader) takeAwayOne(ctx context.Context, resource string, owner *metav1.PartialObjectMetadata) error {
	current, _, err := l.read(ctx, resource)
	if err != nil || current == nil || unmanaged(current) {
		return err
	}
	if !slices.ContainsFunc(current.OwnerReferences, func(r metav1.OwnerReference) bool { return r.UID == owner.UID }) {
		return nil
	}
	// The one that was read, and no other: somebody may be making it their own.
	body, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta:      metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions: &metav1.Preconditions{UID: &current.UID, ResourceVersion: &current.ResourceVersion},
	})
	if err != nil {
		return err
	}
	err = l.core.Delete().AbsPath(path(resource)).Body(body).Do(ctx).Error()
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("deleting it: %w", err)
	}
	l.options.Log.Info("took a webhook configuration away: its Namespace is being deleted", "resource", resource)
	return nil
}
