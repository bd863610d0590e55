package doctor

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

var configurations = Check{
	Name:    "configurations",
	Summary: "the leader, and nobody else, writes both webhook configurations",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		var found []Finding
		for _, c := range ours {
			if c.unmanaged() {
				found = append(found, Finding{
					Note, "the leader leaves it alone: whether its rules fit your Guardrails is yours to see to", c.String(),
					"to have it kept: `kubectl annotate " + resource(c.kind) + " taffrail " + registration.Unmanaged + "-`",
				})
				continue
			}
			found = append(found, meddled(c)...)
			narrowed, err := i.leftOut(ctx, c)
			if err != nil {
				return nil, err
			}
			found = append(found, narrowed...)
			found = append(found, unowned(c)...)
		}
		return found, nil
	},
}

func resource(kind string) string {
	if kind == mutatingKind {
		return "mutatingwebhookconfiguration"
	}
	return "validatingwebhookconfiguration"
}

// meddled finds who else writes a configuration. The leader takes it back, and they write it again.
func meddled(c configuration) (found []Finding) {
	for _, m := range c.ManagedFields {
		// cert-manager's cainjector fills in the caBundle where it is asked to.
		_, injected := c.Annotations[registration.InjectCAFrom]
		if m.Manager == names.Name || injected && slices.Contains([]string{"cert-manager-cainjector", "cainjector"}, m.Manager) {
			continue
		}
		found = append(found, Finding{
			Warn, fmt.Sprintf("%q writes it too: what it changes is put back by the leader, again and again, at growing intervals", m.Manager), c.String(),
			"take the configuration out of what " + m.Manager + " applies, or annotate it " + registration.Unmanaged,
		})
	}
	return found
}

// unowned: deleting the Namespace must take the configurations along, or nothing
// can be made any more that they look at.
func unowned(c configuration) []Finding {
	owned := slices.ContainsFunc(c.OwnerReferences, func(o metav1.OwnerReference) bool {
		return o.Kind == "Namespace" && o.Name == names.Namespace
	})
	if owned {
		return nil
	}
	return []Finding{{
		Warn, "no Namespace owns it: were taffrail-system deleted, it would stay, and refuse", c.String(),
		"see that a leader runs (check leader), which sets the owner",
	}}
}
