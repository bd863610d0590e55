package leader

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// tellUseEvery is how often a replica looks at what it has used, and lastUsedApart
// how far apart what it writes of one Exemption is.
const (
	tellUseEvery  = 10 * time.Second
	lastUsedApart = time.Hour
)

// tellUse writes when Exemptions were last used into their status. Every replica
// does: each lets through what it is asked about.
func (l *Leader) tellUse(ctx context.Context) {
	ticker := time.NewTicker(tellUseEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		current := l.current()
		if !current.known {
			continue
		}
		objects := current.objects()
		for i := range objects.Exemptions {
			e := &objects.Exemptions[i]
			used := current.report.Exemptions[types.NamespacedName{Namespace: e.Namespace, Name: e.Name}].LastUsed()
			if used.IsZero() || e.Status.LastUsed != nil && used.Sub(e.Status.LastUsed.Time) < lastUsedApart {
				continue
			}
			// Of two replicas that write at once, one has a conflict, and sees by the next time
			// that there is no need.
			l.writeStatus(ctx, "exemptions", e, map[string]any{"lastUsed": metav1.NewTime(used)})
		}
	}
}

// exemptionStatus is what there is to tell of an Exemption.
func exemptionStatus(e *v1alpha1.Exemption, outcome guardrail.Outcome, now time.Time) v1alpha1.ExemptionStatus {
	status := *e.Status.DeepCopy()
	status.ObservedGeneration = e.Generation
	setReady(&status.Conditions, e.Generation, outcome, now)
	inUse := metav1.Condition{
		Type: v1alpha1.ConditionInUse, Status: metav1.ConditionFalse, ObservedGeneration: e.Generation,
		Reason: "Unused", Message: "has let nothing through within the last 30 days",
	}
	if used := status.LastUsed; used != nil && now.Sub(used.Time) < guardrail.UseCounts {
		inUse.Status, inUse.Reason, inUse.Message = metav1.ConditionTrue, "Used", "has let something through within the last 30 days"
	}
	meta.SetStatusCondition(&status.Conditions, inUse)
	return status
}
