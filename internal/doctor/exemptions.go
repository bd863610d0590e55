package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// soon is as in taffrail_exemptions{state="expiring"}.
const soon = 14 * 24 * time.Hour

var exemptions = Check{
	Name:    "exemptions",
	Summary: "every Exemption is without mistakes, and none expires within 14 days",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.fromFiles(ctx) {
			return nil, nil
		}
		guardrails, exemptions := &v1alpha1.GuardrailList{}, &v1alpha1.ExemptionList{}
		if err := errors.Join(i.Client.List(ctx, guardrails), i.Client.List(ctx, exemptions)); err != nil {
			return nil, err
		}
		_, report := guardrail.NewCompiler(guardrail.Options{Now: i.Now}).
			Compile(guardrail.Objects{Guardrails: guardrails.Items, Exemptions: exemptions.Items})
		var found []Finding
		for _, e := range exemptions.Items {
			where := fmt.Sprintf("Exemption %s/%s, owner %s", e.Namespace, e.Name, e.Spec.Owner)
			outcome := report.Exemptions[types.NamespacedName{Namespace: e.Namespace, Name: e.Name}]
			left := outcome.Expires.Sub(i.Now())
			switch {
			case outcome.Err != nil:
				found = append(found, Finding{Warn, "it does not hold: " + outcome.Err.Error(), where, "mend what the message lists, or delete it"})
			case left <= 0:
				found = append(found, Finding{
					Warn, "it has expired: what it let through is refused when it is next changed", where,
					"mend the workload and delete the Exemption, or agree on a new date with its owner",
				})
			case left < soon:
				found = append(found, Finding{
					Warn, fmt.Sprintf("it expires %s", outcome.Expires.UTC().Format(time.RFC3339)), where,
					"mend the workload until then, or agree on a new date with its owner",
				})
			}
		}
		return found, nil
	},
}
