package guardrail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

var (
	guardrailsResource = v1alpha1.GroupVersion.WithResource("guardrails")
	exemptionsResource = v1alpha1.GroupVersion.WithResource("exemptions")
)

// OnOwnKinds are the rules of a Guardrail that refuse something of Guardrails or Exemptions. The
// webhook that evaluates them fails open, or nobody could mend a Guardrail while no replica
// answers: so long they are not enforced.
func OnOwnKinds(in *v1alpha1.GuardrailSpec) (names []string) {
	for i := range in.Rules {
		rule := &in.Rules[i]
		if rule.Action != "" && rule.Action != v1alpha1.Deny {
			continue
		}
		if slices.ContainsFunc(rule.Resources, selectsOwnKinds) {
			names = append(names, rule.Name)
		}
	}
	return names
}

func selectsOwnKinds(s admissionregistrationv1.RuleWithOperations) bool {
	return oneOf(s.APIGroups, v1alpha1.GroupVersion.Group) && oneOf(s.APIVersions, v1alpha1.GroupVersion.Version) &&
		slices.ContainsFunc(s.Resources, func(pattern string) bool {
			resource, subresource, narrow := strings.Cut(pattern, "/")
			return slices.Contains([]string{anything, guardrailsResource.Resource, exemptionsResource.Resource}, resource) &&
				(!narrow || subresource == anything)
		})
}

// ownStatus says what is wrong with a rule about the status of our own kinds: only Taffrail writes
// it, and must be able to. It would never be evaluated.
func ownStatus(s *admissionregistrationv1.RuleWithOperations, at *field.Path) (mistakes field.ErrorList) {
	if !slices.Contains(s.APIGroups, v1alpha1.GroupVersion.Group) {
		return nil
	}
	for i, resource := range s.Resources {
		if strings.HasSuffix(resource, "/status") {
			mistakes = append(mistakes, field.Forbidden(at.Child("resources").Index(i),
				"must not be a status of "+v1alpha1.GroupVersion.Group+": Taffrail alone writes it, and no rule is evaluated for it"))
		}
	}
	return mistakes
}

// isDeletion tells whether a Guardrail is to be deleted, which is the way out of whatever its rules
// do: what cannot be evaluated must not be in it.
func isDeletion(r *workload.Review) bool {
	return r.Operation == admissionv1.Delete && r.Resource.GroupResource() == guardrailsResource.GroupResource()
}

// LocksOut lists the rules of a Guardrail by which whoever writes it could not mend it, or delete
// it, once it is in force.
func (s *Set) LocksOut(ctx context.Context, request *admissionv1.AdmissionRequest) []error {
	var objects Objects
	if err := objects.decode(request.Object.Raw); err != nil || len(objects.Guardrails) != 1 || len(OnOwnKinds(&objects.Guardrails[0].Spec)) == 0 {
		return nil
	}
	alone, mended := s.alone(&objects.Guardrails[0]), withHarmlessRules(request.Object.Raw)
	if alone == nil || mended == nil {
		return nil // its mistakes are told
	}
	var mistakes []error
	for _, hypothetical := range []struct {
		operation admissionv1.Operation
		what      string
		object    []byte
	}{
		{admissionv1.Update, "an update", mended},
		{admissionv1.Delete, "the deletion", nil},
	} {
		next := *request
		next.Operation, next.OldObject, next.Object = hypothetical.operation, request.Object, runtime.RawExtension{Raw: hypothetical.object}
		review, err := workload.NewReview(&next)
		if err != nil {
			return []error{err}
		}
		decision, err := alone.Validate(ctx, review)
		if err != nil {
			return []error{err}
		}
		for _, name := range distinctNames(decision.With(v1alpha1.Deny), func(f *Finding) string { return f.Validator }) {
			mistakes = append(mistakes, field.Forbidden(field.NewPath("spec"), fmt.Sprintf(
				"must not refuse %q, who writes it, %s of this very Guardrail (%s): it could not be mended", request.UserInfo.Username, hypothetical.what, name)))
		}
	}
	return mistakes
}

// alone is a Guardrail in force on its own, with all that it refuses from some day on; nil for one
// with mistakes.
func (s *Set) alone(in *v1alpha1.Guardrail) *Set {
	options := Options{}
	if s != nil {
		options = Options{Cluster: s.cluster, Now: s.now}
	}
	set := newSet(options)
	b := builder{rules: ruleNames([]v1alpha1.Guardrail{*in}), now: set.now()}
	g, _ := b.guardrail(in)
	if g == nil {
		return nil
	}
	for i := range g.validators {
		g.validators[i].enforceFrom = metav1.Time{}.Time
	}
	set.add(g)
	set.sort()
	return set
}

// withHarmlessRules is the Guardrail with rules that refuse nothing: the update that mends it.
func withHarmlessRules(raw []byte) []byte {
	var document map[string]any
	if json.Unmarshal(raw, &document) != nil {
		return nil
	}
	spec, _ := document["spec"].(map[string]any)
	rules, _ := spec["rules"].([]any)
	for _, rule := range rules {
		if rule, ok := rule.(map[string]any); ok {
			rule["expression"] = "true"
		}
	}
	mended, err := json.Marshal(document)
	if err != nil {
		return nil
	}
	return mended
}
