package validators

import (
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// evaluate obeys the Pod Security labels of the Namespace as Kubernetes' own admission does: what
// is enforced is enforced on Pods, while templates are only warned of and audited.
func (o *obeyed) evaluate(r *workload.Review) []Finding {
	if namespace, is := r.Object.(*corev1.Namespace); is {
		return o.evaluateNamespace(r, namespace)
	}
	binding, isBinding := r.Object.(*corev1.Binding)
	if r.Pod == nil && !isBinding || o.exempts(r) || leavesSecurityAlone(r) {
		return nil
	}
	namespace := r.NamespaceMeta()
	if namespace == nil {
		// To evaluate as if the Namespace had no labels would be a hole.
		path := (*workload.Path)(nil).Child("metadata", "namespace")
		return []Finding{invalid(path, r.Namespace, "must be a Namespace whose Pod Security labels are known")}
	}
	// A label that is wrong counts as the strictest for enforce, and as none for warn and audit.
	policy, _ := psa.PolicyToEvaluate(namespace.Labels, o.defaults)
	if isBinding {
		findings := o.evaluateBinding(binding, o.controls.of(policy.Enforce))
		for i := range findings {
			findings[i].Action = Deny
		}
		return findings
	}
	var findings []Finding
	seen := map[string]bool{}
	add := func(action Action, intro string, level psa.LevelVersion) {
		for _, f := range o.podSecurity.evaluate(r.Pod, o.controls.of(level)) {
			if place := f.Control + " " + f.Path.String(); !seen[place] {
				seen[place] = true
				f.Action, f.Words.Intro = action, fmt.Sprintf("%s PodSecurity %q", intro, level.String())
				findings = append(findings, f)
			}
		}
	}
	// The same place is reported once, with the gravest action.
	if !r.Pod.IsTemplate() {
		add(Deny, "violates", policy.Enforce)
	}
	add(Warn, "would violate", policy.Warn)
	add(Audit, "would violate", policy.Audit)
	return findings
}

// leavesSecurityAlone tells whether an update of a Pod changes nothing that is
// evaluated: what was let in is not told of anew with every label that it gets.
func leavesSecurityAlone(r *workload.Review) bool {
	old, isPod := r.OldObject.(*corev1.Pod)
	return isPod && r.Pod != nil &&
		r.Pod.Spec != &old.Spec && // Review.Old is to be checked
		equality.Semantic.DeepEqual(r.Pod.Spec, &old.Spec) &&
		maps.Equal(securityAnnotations(r.Pod.Meta.Annotations), securityAnnotations(old.Annotations))
}

// securityAnnotations are those that were fields before there were fields for
// them, seccomp's and AppArmor's, and whatever else may look like them.
func securityAnnotations(all map[string]string) map[string]string {
	some := maps.Clone(all)
	maps.DeleteFunc(some, func(key, _ string) bool { return !strings.Contains(key, ".security.") })
	return some
}

// levels are the controls of each level and version that has some of its own.
type levels map[psa.LevelVersion][]control

func everyControl() levels {
	all := levels{}
	for _, level := range []psa.Level{psa.LevelBaseline, psa.LevelRestricted} {
		for _, version := range append(podSecurityVersions(), psa.LatestVersion()) {
			lv := psa.LevelVersion{Level: level, Version: version}
			all[lv] = controlsOf(lv)
		}
	}
	return all
}

// of are the controls of a level and version. A version that is newer than all
// that is known has the latest; the level privileged has none.
func (l levels) of(lv psa.LevelVersion) []control {
	if controls, known := l[lv]; known {
		return controls
	}
	return l[psa.LevelVersion{Level: lv.Level, Version: psa.LatestVersion()}]
}
