package leader

import (
	"context"
	"encoding/json"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// tellStatus writes what became of each object where it has not been written
// yet. What fails is tried again when anything changes, or at the next resync.
func (l *Leader) tellStatus(ctx context.Context, s state) {
	for i := range s.objects.Guardrails {
		g := &s.objects.Guardrails[i]
		outcome := s.report.Guardrails[g.Name]
		status := *g.Status.DeepCopy()
		status.ObservedGeneration = g.Generation
		status.Validators, status.Mutators = int32(outcome.Validators), int32(outcome.Mutators) //nolint:gosec // a few dozen
		setReady(&status.Conditions, g.Generation, outcome)
		if !equality.Semantic.DeepEqual(status, g.Status) {
			l.writeStatus(ctx, "guardrails", g, status)
		}
	}
	for i := range s.objects.Exemptions {
		e := &s.objects.Exemptions[i]
		key := types.NamespacedName{Namespace: e.Namespace, Name: e.Name}
		status := *e.Status.DeepCopy()
		status.ObservedGeneration = e.Generation
		setReady(&status.Conditions, e.Generation, s.report.Exemptions[key])
		if !equality.Semantic.DeepEqual(status, e.Status) {
			l.writeStatus(ctx, "exemptions", e, status)
		}
	}
}

func setReady(conditions *[]metav1.Condition, generation int64, outcome guardrail.Outcome) {
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: generation,
		Reason: v1alpha1.ReasonInForce, Message: "in force",
	}
	if outcome.Err != nil {
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonRefused, outcome.Err.Error()
	}
	meta.SetStatusCondition(conditions, ready)
}

// writeStatus writes the status of an object as long as it is the one that was
// judged: a newer one has a judgement of its own coming.
func (l *Leader) writeStatus(ctx context.Context, resource string, object metav1.Object, status any) {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": object.GetUID(), "resourceVersion": object.GetResourceVersion()},
		"status":   status,
	})
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = l.taffrail.Patch(types.MergePatchType).NamespaceIfScoped(object.GetNamespace(), object.GetNamespace() != "").
			Resource(resource).Name(object.GetName()).SubResource("status").Body(patch).Do(ctx).Error()
	}
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		l.options.Log.Error(err, "writing a status", "resource", resource, "namespace", object.GetNamespace(), "name", object.GetName())
	}
}
