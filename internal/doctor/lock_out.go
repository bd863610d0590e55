package doctor

import (
	"context"
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/registration"
)

var lockOut = Check{
	Name:    "lock-out",
	Summary: "the cluster and Taffrail can come up while no replica answers",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		var found []Finding
		for _, c := range ours {
			for _, w := range c.webhooks {
				if timeout := ptr.Deref(w.TimeoutSeconds, 10); timeout > 10 {
					found = append(found, Finding{
						Warn, fmt.Sprintf("it waits %d s: requests pile up in the API server, which gives up after 30 s altogether", timeout), c.at(w),
						"set timeoutSeconds: 2; " + again,
					})
				}
				if w.failsClosed() {
					found = append(found, lockedOut(c, w)...)
				}
			}
		}
		return found, nil
	},
}

// again is what makes a configuration as it should be.
const again = "without the annotation " + registration.Unmanaged + " the leader does so"

// lockedOut is what an entry that fails closed must leave out and does not.
func lockedOut(c configuration, w entry) (found []Finding) {
	var held []string
	for _, namespace := range guardrail.DefaultExcludedNamespaces {
		if w.selects(map[string]string{corev1.LabelMetadataName: namespace}) {
			held = append(held, namespace)
		}
	}
	if len(held) > 0 {
		found = append(found, Finding{
			Fail, fmt.Sprintf("it fails closed and evaluates %v: while Taffrail is down the cluster cannot come up", held), c.at(w),
			"leave them out in its namespaceSelector: kubernetes.io/metadata.name NotIn; " + again,
		})
	}
	conditions := map[string]bool{}
	for _, condition := range w.MatchConditions {
		conditions[condition.Expression] = true
	}
	for _, must := range registration.Mutating(nil, registration.Mutated{Completes: true}).Webhooks[0].MatchConditions {
		if !conditions[must.Expression] {
			found = append(found, Finding{
				Fail, fmt.Sprintf("it fails closed and has no match condition %s: nodes and the control plane wait for it", must.Name), c.at(w),
				"add the match condition: " + must.Expression + "; " + again,
			})
		}
	}
	if w.wild() && !slices.ContainsFunc(w.MatchConditions, func(m admissionregistrationv1.MatchCondition) bool { return m.Name == registration.NotVital }) {
		found = append(found, Finding{
			Fail, `it fails closed and a rule names "*": Leases, Events and Nodes wait for it`, c.at(w),
			"name the resources, or add the match condition " + registration.NotVital + "; " + again,
		})
	}
	if vital := vitalIn(w); len(vital) > 0 {
		found = append(found, Finding{
			Fail, fmt.Sprintf("it fails closed and has rules for %v: while Taffrail is down the cluster cannot come up, or Taffrail be mended", vital), c.at(w),
			"have an entry with failurePolicy: Ignore for what docs/reference/vital.md lists; " + again,
		})
	}
	return found
}

// vitalIn are the resources that rules name and no entry that fails closed may have.
func vitalIn(w entry) (names []string) {
	for _, rule := range w.Rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				if registration.IsVital(group, resource) {
					names = append(names, resource)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
