package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/registration"
)

// leftOut finds what others have added to the namespaceSelectors of a configuration, and whom it
// leaves out. Some clouds add their own namespaces to each configuration of a cluster.
func (i *Installation) leftOut(ctx context.Context, c configuration) ([]Finding, error) {
	added := map[string]metav1.LabelSelectorRequirement{}
	for _, w := range c.webhooks {
		for _, r := range requirements(w.NamespaceSelector) {
			// The leader's own are by name.
			if r.Key != corev1.LabelMetadataName {
				added[describe(r)] = r
			}
		}
	}
	if len(added) == 0 {
		return nil, nil
	}
	namespaces := &corev1.NamespaceList{}
	if err := i.Client.List(ctx, namespaces); err != nil {
		return nil, err
	}
	var found []Finding
	for _, text := range slices.Sorted(maps.Keys(added)) {
		var out []string
		for _, n := range namespaces.Items {
			without := !matches(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{added[text]}}, n.Labels)
			if without && c.evaluates(n) {
				out = append(out, n.Name)
			}
		}
		found = append(found, narrowing(c, text, out))
	}
	return found, nil
}

func requirements(selector *metav1.LabelSelector) []metav1.LabelSelectorRequirement {
	if selector == nil {
		return nil
	}
	return selector.MatchExpressions
}

func describe(r metav1.LabelSelectorRequirement) string {
	return metav1.FormatLabelSelector(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{r}})
}

// evaluates tells whether a Namespace is not among those that the leader leaves out, by name.
func (c configuration) evaluates(n corev1.Namespace) bool {
	return slices.ContainsFunc(c.webhooks, func(w entry) bool {
		return !slices.ContainsFunc(requirements(w.NamespaceSelector), func(r metav1.LabelSelectorRequirement) bool {
			return r.Key == corev1.LabelMetadataName && slices.Contains(r.Values, n.Name)
		}) && len(requirements(w.NamespaceSelector)) > 0
	})
}

func narrowing(c configuration, added string, out []string) Finding {
	if len(out) == 0 {
		return Finding{
			Note, fmt.Sprintf("somebody else has added the namespaceSelector %q, which leaves out no namespace that is evaluated: it stays", added), c.String(),
			"see that nobody but your administrators may label Namespaces",
		}
	}
	return Finding{
		Warn, fmt.Sprintf("somebody else has added the namespaceSelector %q: nothing is evaluated in %s", added, strings.Join(out, ", ")), c.String(),
		"have them leave it alone (AKS does where it is labelled " + registration.AdmissionsEnforcer + "=true), or start Taffrail with --exclude-namespaces=" + strings.Join(out, ",") + " if they are the cloud's own",
	}
}
