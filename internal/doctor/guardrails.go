package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// patience is how long a status may be behind before nobody is writing it. A
// leader writes within a second, and a new one leads within ten.
const patience = time.Minute

var guardrails = Check{
	Name:    "guardrails",
	Summary: "there are Guardrails, and all are in force",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.fromFiles(ctx) {
			return nil, nil
		}
		list := &v1alpha1.GuardrailList{}
		err := i.Client.List(ctx, list)
		if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
			return []Finding{{
				Fail, "the cluster does not know the kind Guardrail: NOTHING IS ENFORCED", "cluster",
				"apply the definitions, `kubectl apply --server-side -k deploy/crds`, and then your Guardrails: they went with the definitions",
			}}, nil
		}
		if err != nil {
			return nil, err
		}
		var found []Finding
		if len(list.Items) == 0 {
			found = append(found, Finding{
				Fail, "there is no Guardrail: NOTHING IS ENFORCED", "cluster",
				"apply one: guardrail/default.yaml, or one of deploy/guardrails",
			})
		}
		for n := range list.Items {
			g := &list.Items[n]
			ready := meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionReady)
			switch {
			case ready != nil && ready.Reason == v1alpha1.ReasonPartlyInForce && g.Status.ObservedGeneration == g.Generation:
				found = append(found, Finding{
					Fail, "it is " + ready.Message, "Guardrail " + g.Name,
					"mend what is not enforced; where a check is not known, install the version that knows it, or take it out",
				})
			case ready != nil && ready.Status == metav1.ConditionFalse && g.Status.ObservedGeneration == g.Generation:
				found = append(found, Finding{
					Fail, "it is not in force: " + ready.Message, "Guardrail " + g.Name,
					"mend what the message lists; `taffrail explain NAME` has the parameters",
				})
			case g.Status.ObservedGeneration < g.Generation && i.Now().Sub(written(g)) > patience:
				found = append(found, Finding{
					Warn, fmt.Sprintf("its status is about generation %d, and it is at %d: nobody leads", g.Status.ObservedGeneration, g.Generation),
					"Guardrail " + g.Name, "see the checks leader and permissions",
				})
			}
			if rules := guardrail.OnOwnKinds(&g.Spec); len(rules) > 0 {
				found = append(found, Finding{
					Note, "on Guardrails and Exemptions it is not enforced while no replica answers: " + strings.Join(rules, ", "),
					"Guardrail " + g.Name, "hold who may write them by RBAC too; failing closed, nobody could mend a Guardrail then",
				})
			}
		}
		ofKits, err := i.kitsThatCannotAct(ctx)
		return append(found, ofKits...), err
	},
}

// written is when an object, and not its status, was last written.
func written(object metav1.Object) time.Time {
	last := object.GetCreationTimestamp().Time
	for _, m := range object.GetManagedFields() {
		if m.Subresource == "" && m.Time != nil && m.Time.After(last) {
			last = m.Time.Time
		}
	}
	return last
}
