package leader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	objects, now := s.objects(), time.Now()
	for i := range objects.Guardrails {
		g := &objects.Guardrails[i]
		outcome := s.report.Guardrails[g.Name]
		if outcome.Generation != g.Generation {
			continue // its own evaluation is coming
		}
		status := *g.Status.DeepCopy()
		status.ObservedGeneration = g.Generation
		status.Validators, status.Mutators = int32(outcome.Validators), int32(outcome.Mutators) //nolint:gosec // a few dozen
		setReady(&status.Conditions, g.Generation, outcome, now)
		if !equality.Semantic.DeepEqual(status, g.Status) {
			l.tellGuardrail(g, status, outcome, l.writeStatus(ctx, "guardrails", g, status))
		}
	}
	for i := range objects.Exemptions {
		e := &objects.Exemptions[i]
		outcome := s.report.Exemptions[types.NamespacedName{Namespace: e.Namespace, Name: e.Name}]
		if outcome.Generation != e.Generation {
			continue
		}
		status := exemptionStatus(e, outcome, now)
		if !equality.Semantic.DeepEqual(status, e.Status) {
			l.writeStatus(ctx, "exemptions", e, status)
		}
	}
}

func setReady(conditions *[]metav1.Condition, generation int64, outcome guardrail.Outcome, now time.Time) {
	ready := metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: generation,
		Reason: v1alpha1.ReasonInForce, Message: "in force",
	}
	if len(outcome.SetAside) > 0 {
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonPartlyInForce, "in force in part"
	}
	for _, mistake := range outcome.SetAside {
		ready.Message += "; NOT ENFORCED: " + mistake.Error()
	}
	if rules := outcome.OnOwnKinds; len(rules) > 0 {
		ready.Message += "; not enforced on " + v1alpha1.GroupVersion.Group + " while no replica answers: " + strings.Join(rules, ", ")
	}
	if n := len(outcome.OverSet); n > 0 {
		ready.Message += fmt.Sprintf("; validators that need all objects together, left to taffrail check: %d", n)
	}
	for _, notice := range outcome.Notices {
		ready.Message += "; but " + notice.Error()
	}
	switch {
	case outcome.Err != nil:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonRefused, outcome.Err.Error()
	case !outcome.Expires.IsZero() && !now.Before(outcome.Expires):
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, v1alpha1.ReasonExpired, "expired "+outcome.Expires.UTC().Format(time.RFC3339)
	}
	meta.SetStatusCondition(conditions, ready)
}

// tellGuardrail tells in an Event what is new in a status that has been written.
func (l *Leader) tellGuardrail(g *v1alpha1.Guardrail, status v1alpha1.GuardrailStatus, outcome guardrail.Outcome, written bool) {
	before := meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionReady)
	now := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	if !written || before != nil && before.ObservedGeneration == now.ObservedGeneration && before.Message == now.Message {
		return
	}
	mistakes := outcome.Err
	if len(outcome.SetAside) > 0 {
		mistakes = errors.New(now.Message)
	}
	l.options.Events.Guardrail(g, fmt.Sprintf("%s: %d validators, %d mutators", now.Message, status.Validators, status.Mutators), mistakes)
}

// writeStatus writes the status of an object as long as it is the one that was
// evaluated: a newer one has a evaluation of its own coming. It tells whether it did.
func (l *Leader) writeStatus(ctx context.Context, resource string, object metav1.Object, status any) bool {
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
	return err == nil
}
