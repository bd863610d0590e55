package doctor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestWhatOthersAddToNamespaceSelectors(t *testing.T) {
	byName := metav1.LabelSelectorRequirement{Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: []string{"kube-system"}}
	aks := metav1.LabelSelectorRequirement{Key: "control-plane", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"true"}}
	for name, test := range map[string]struct {
		selector []metav1.LabelSelectorRequirement
		labelled string
		level    Level
		what     string
	}{
		"nothing":                  {selector: []metav1.LabelSelectorRequirement{byName}, labelled: "shop"},
		"what is left out anyway":  {[]metav1.LabelSelectorRequirement{byName, aks}, "kube-system", Note, "it stays"},
		"a namespace that matters": {[]metav1.LabelSelectorRequirement{byName, aks}, "shop", Warn, `"control-plane notin (true)": nothing is evaluated in shop`},
	} {
		t.Run(name, func(t *testing.T) {
			builder := fake.NewClientBuilder().WithScheme(scheme.Scheme)
			for _, ns := range []string{"kube-system", "shop"} {
				labels := map[string]string{corev1.LabelMetadataName: ns}
				if ns == test.labelled {
					labels["control-plane"] = "true"
				}
				builder = builder.WithRuntimeObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, Labels: labels}})
			}
			c := configuration{ObjectMeta: metav1.ObjectMeta{Name: "taffrail"}, kind: validatingKind, webhooks: []entry{{
				ValidatingWebhook: admissionregistrationv1.ValidatingWebhook{Name: "validate.taffrail.dev", NamespaceSelector: &metav1.LabelSelector{MatchExpressions: test.selector}},
			}}}
			found, err := (&Installation{Client: builder.Build()}).leftOut(t.Context(), c)
			require.NoError(t, err)
			if test.what == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, test.level, found[0].Level)
			assert.Contains(t, found[0].What, test.what)
		})
	}
}
