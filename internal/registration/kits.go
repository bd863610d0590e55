package registration

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/validators"
)

// HeldBack are the Pods that NamespaceKits hold back in Namespaces that have not got theirs. To miss
// them is no hole that lasts, so that they alone fail open.
func HeldBack() guardrail.Watched { return guardrail.Watched{Resource: newPods} }

// WithKits has mistakes in NamespaceKits told to whoever makes them, as those in Guardrails are.
func WithKits(configuration *admissionregistrationv1.ValidatingWebhookConfiguration) {
	kits := validators.Resource{
		GroupVersionResource: v1alpha1.GroupVersion.WithResource("namespacekits"),
		Operations:           []admissionv1.Operation{admissionv1.Create, admissionv1.Update},
	}
	i := slices.IndexFunc(configuration.Webhooks, func(w admissionregistrationv1.ValidatingWebhook) bool {
		return w.Name == names.OwnKindsWebhook
	})
	configuration.Webhooks[i].Rules = append(configuration.Webhooks[i].Rules, rules([]validators.Resource{kits})...)
}
