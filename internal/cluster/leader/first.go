package leader

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
)

// FirstGuardrails is the annotation of the leader's Lease that says when an installation was given
// its first Guardrails, or had some already. With it, none are made: to delete the last Guardrail
// is an emergency exit.
const FirstGuardrails = "taffrail.dev/first-guardrails"

// makeFirst makes the first Guardrails of an installation, once in its life.
func (l *Leader) makeFirst(ctx context.Context, s state) {
	if l.first == firstDone {
		return
	}
	if err := l.tryFirst(ctx, s); err != nil && ctx.Err() == nil {
		l.complain(err, "making the first Guardrails")
	}
}

// How far the first Guardrails are, as far as this replica knows.
const (
	firstUnknown = iota
	firstBegun   // there was none: what is there now may be of our making
	firstDone
)

func (l *Leader) tryFirst(ctx context.Context, s state) error {
	lease, err := l.leases.Get(ctx, names.Lease, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the Lease %s: %w", names.Lease, err)
	}
	if _, done := lease.Annotations[FirstGuardrails]; done {
		l.first = firstDone
		return nil
	}
	if l.first == firstBegun || len(s.objects().Guardrails) == 0 {
		l.first = firstBegun
		for i := range l.options.First {
			if err := l.create(ctx, &l.options.First[i]); err != nil {
				return err
			}
		}
	}
	// The elector writes the Lease too: whoever comes second reads it again, and keeps what the
	// other has written.
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		lease, err := l.leases.Get(ctx, names.Lease, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if lease.Annotations == nil {
			lease.Annotations = map[string]string{}
		}
		lease.Annotations[FirstGuardrails] = time.Now().UTC().Format(time.RFC3339)
		_, err = l.leases.Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("remembering it in the Lease %s: %w", names.Lease, err)
	}
	l.first = firstDone
	return nil
}

func (l *Leader) create(ctx context.Context, g *v1alpha1.Guardrail) error {
	err := l.taffrail.Post().Resource("guardrails").Body(g).Do(ctx).Error()
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil
	case err != nil:
		return fmt.Errorf("creating Guardrail %s: %w", g.Name, err)
	}
	l.options.Log.Info("made one of the first Guardrails of this installation", "guardrail", g.Name)
	return nil
}
