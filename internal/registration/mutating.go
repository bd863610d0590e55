package registration

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/validators"
)

// Mutated is what guardrails in force change.
type Mutated struct {
	// Completes says that there are defaults for new Pods.
	Completes bool
	// Again are the resources of mutations that are evaluated again when another webhook has changed the
	// object, and Once those of mutations that are not.
	Again, Once []validators.Resource
}

// MutatedBy is what the guardrails of a set change.
func MutatedBy(set *guardrail.Set) Mutated {
	of := Mutated{Completes: set.Completes()}
	of.Again, of.Once = set.Mutated()
	return of
}

// Mutating makes an API server call for what guardrails change. It fails open: a Pod without defaults
// can be mended, a Pod that cannot be created is an outage.
//
// New Pods have the first entry, which has no rule where nothing is for them. What mutations change
// besides has entries of its own, which are there only then.
func Mutating(excludedNamespaces []string, of Mutated) *admissionregistrationv1.MutatingWebhookConfiguration {
	var pods []validators.Resource
	if of.Completes || slices.ContainsFunc(of.Again, takesNewPods) {
		pods = append(pods, newPods)
	}
	first := mutating(names.MutateWebhook, names.MutatePath, admissionregistrationv1.IfNeededReinvocationPolicy, excludedNamespaces, pods)
	again := mutating(names.MutationsWebhook, names.MutatePath, admissionregistrationv1.IfNeededReinvocationPolicy,
		excludedNamespaces, withoutNewPods(of.Again))
	if slices.ContainsFunc(of.Again, func(r validators.Resource) bool { return !namesPods(r) && takesNewPods(r) }) {
		again.MatchConditions = append(slices.Clip(again.MatchConditions), notNewPods)
	}
	once := mutating(names.MutationsOnceWebhook, names.MutateOncePath, admissionregistrationv1.NeverReinvocationPolicy, excludedNamespaces, of.Once)
	webhooks := []admissionregistrationv1.MutatingWebhook{first}
	for _, w := range []admissionregistrationv1.MutatingWebhook{again, once} {
		if len(w.Rules) > 0 {
			webhooks = append(webhooks, w)
		}
	}
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		TypeMeta:   typeMeta("MutatingWebhookConfiguration"),
		ObjectMeta: objectMeta(),
		Webhooks:   webhooks,
	}
}

func mutating(
	name, path string, policy admissionregistrationv1.ReinvocationPolicyType, excludedNamespaces []string, resources []validators.Resource,
) admissionregistrationv1.MutatingWebhook {
	w := admissionregistrationv1.MutatingWebhook{
		Name:                    name,
		ClientConfig:            clientConfig(path),
		Rules:                   rules(resources),
		FailurePolicy:           ptr.To(admissionregistrationv1.Ignore),
		MatchPolicy:             ptr.To(admissionregistrationv1.Equivalent),
		NamespaceSelector:       notIn(excludedNamespaces),
		ObjectSelector:          &metav1.LabelSelector{},
		SideEffects:             ptr.To(admissionregistrationv1.SideEffectClassNoneOnDryRun),
		TimeoutSeconds:          ptr.To[int32](names.TimeoutSeconds),
		AdmissionReviewVersions: []string{"v1"},
		ReinvocationPolicy:      &policy,
		MatchConditions:         identities,
	}
	if slices.ContainsFunc(resources, func(r validators.Resource) bool { return r.Group == "*" }) {
		w.MatchConditions = append(slices.Clip(identities), notOurs)
	}
	return w
}

// newPods are what defaults are for.
var newPods = validators.Resource{
	GroupVersionResource: corev1.SchemeGroupVersion.WithResource("pods"),
	Operations:           []admissionv1.Operation{admissionv1.Create},
}

// notNewPods keeps new Pods out of an entry with rules for more than that, as they have one already.
var notNewPods = admissionregistrationv1.MatchCondition{
	Name:       "not-a-new-pod",
	Expression: `!(request.operation == "CREATE" && ` + resourcePath + ` == "/pods" && ` + subresource + ` == "")`,
}

// takesNewPods tells whether rules for a resource take new Pods in.
func takesNewPods(r validators.Resource) bool {
	either := func(pattern, value string) bool { return pattern == "*" || pattern == value }
	return slices.Contains(r.Operations, admissionv1.Create) && either(r.Group, "") && either(r.Version, "v1") &&
		slices.Contains([]string{"pods", "pods/*", "*", "*/*"}, r.Resource)
}

func namesPods(r validators.Resource) bool { return r.Group == "" && r.Resource == "pods" }

// withoutNewPods are the resources without the creation of Pods, where it is named.
func withoutNewPods(resources []validators.Resource) (rest []validators.Resource) {
	for _, r := range resources {
		if namesPods(r) {
			r.Operations = slices.DeleteFunc(slices.Clone(r.Operations), func(o admissionv1.Operation) bool { return o == admissionv1.Create })
		}
		if len(r.Operations) > 0 {
			rest = append(rest, r)
		}
	}
	return rest
}
