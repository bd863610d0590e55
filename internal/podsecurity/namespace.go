package podsecurity

import (
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// Evaluate obeys the Pod Security labels of the Namespace as Kubernetes' own admission does: what is
// enforced is enforced on Pods, while templates are only warned of and audited. Of a Namespace, it
// evaluates the labels.
func (a *Admission) Evaluate(r *workload.Review) []Violation {
	if namespace, is := r.Object.(*corev1.Namespace); is {
		return a.evaluateNamespace(r, namespace)
	}
	binding, isBinding := r.Object.(*corev1.Binding)
	if r.Pod == nil && !isBinding || a.exempts(r) || leavesSecurityAlone(r) {
		return nil
	}
	namespace := r.NamespaceMeta()
	if namespace == nil {
		// To evaluate as if the Namespace had no labels would be a hole.
		path := (*workload.Path)(nil).Child("metadata", "namespace")
		return []Violation{invalid(path, r.Namespace, "must be a Namespace whose Pod Security labels are known")}
	}
	// A label that is wrong counts as the strictest for enforce, and as none for warn and audit.
	policy, _ := psa.PolicyToEvaluate(namespace.Labels, a.defaults)
	if isBinding {
		violations := a.standards.of(policy.Enforce).evaluateBinding(binding)
		for i := range violations {
			violations[i].Mode = Enforce
		}
		return violations
	}
	var violations []Violation
	seen := map[string]bool{}
	add := func(mode Mode, intro string, level psa.LevelVersion) {
		for _, v := range a.standards.of(level).evaluate(r.Pod) {
			if place := v.Control + " " + v.Path.String(); !seen[place] {
				seen[place] = true
				v.Mode, v.Words.Intro = mode, fmt.Sprintf("%s PodSecurity %q", intro, level.String())
				violations = append(violations, v)
			}
		}
	}
	// The same place is reported once, with the gravest mode.
	if !r.Pod.IsTemplate() {
		add(Enforce, "violates", policy.Enforce)
	}
	add(Warn, "would violate", policy.Warn)
	add(Audit, "would violate", policy.Audit)
	return violations
}

// leavesSecurityAlone tells whether an update of a Pod changes nothing that is evaluated: what was let
// in is not told of anew with every label that it gets.
func leavesSecurityAlone(r *workload.Review) bool {
	old, isPod := r.OldObject.(*corev1.Pod)
	return isPod && r.Pod != nil &&
		r.Pod.Spec != &old.Spec && // Review.Old is to be checked
		equality.Semantic.DeepEqual(r.Pod.Spec, &old.Spec) &&
		maps.Equal(securityAnnotations(r.Pod.Meta.Annotations), securityAnnotations(old.Annotations))
}

// securityAnnotations are those that stood for fields before there were any, seccomp's and AppArmor's,
// and whatever else may look like them.
func securityAnnotations(all map[string]string) map[string]string {
	some := maps.Clone(all)
	maps.DeleteFunc(some, func(key, _ string) bool { return !strings.Contains(key, ".security.") })
	return some
}
