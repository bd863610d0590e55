package podsecurity

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// evaluateNamespace evaluates the labels of a Namespace. When what it enforces gets stricter, it
// warns of the Pods that are there and violate it.
func (a *Admission) evaluateNamespace(r *workload.Review, namespace *corev1.Namespace) []Violation {
	policy, mistakes := psa.PolicyToEvaluate(namespace.Labels, a.defaults)
	violations := wrongLabels(mistakes)
	if r.Operation == admissionv1.Create {
		if len(mistakes) == 0 {
			violations = a.warnExempt(namespace, policy)
		}
		return violations
	}
	before, mistakesBefore := psa.PolicyToEvaluate(labelsBefore(r), a.defaults)
	switch {
	case len(mistakes) > 0 && !reflect.DeepEqual(mistakes, mistakesBefore):
		return violations
	case policy.Enforce == before.Enforce, policy.Enforce.Level == psa.LevelPrivileged,
		policy.Enforce.Version == before.Enforce.Version && psa.CompareLevels(policy.Enforce.Level, before.Enforce.Level) < 0:
		return violations
	case slices.Contains(a.exemptions.Namespaces, namespace.Name):
		return append(violations, a.warnExempt(namespace, policy)...)
	default:
		return append(violations, a.warnExisting(r, policy.Enforce)...)
	}
}

func labelsBefore(r *workload.Review) map[string]string {
	if r.OldObject == nil {
		return nil
	}
	return r.OldObject.GetLabels()
}

var labelsPath = (*workload.Path)(nil).Child("metadata", "labels")

func wrongLabels(mistakes field.ErrorList) (violations []Violation) {
	for _, mistake := range mistakes {
		label := strings.TrimSuffix(strings.TrimPrefix(mistake.Field, "metadata.labels["), "]")
		v := invalid(labelsPath.Key(label), mistake.BadValue, mistake.Detail)
		v.Mode = Enforce
		violations = append(violations, v)
	}
	return violations
}

// aboutEnforce is a warning of what a Namespace enforces, in Kubernetes' words.
func aboutEnforce(level psa.LevelVersion, detail string, words Words) Violation {
	v := invalid(labelsPath.Key(psa.EnforceLevelLabel), string(level.Level), detail)
	v.Mode, v.Words = Warn, words
	return v
}

// warnExempt tells that the labels of an exempt Namespace come to nothing.
func (a *Admission) warnExempt(namespace *corev1.Namespace, policy psa.Policy) []Violation {
	if !slices.Contains(a.exemptions.Namespaces, namespace.Name) || policy.FullyPrivileged() || policy.Equivalent(&a.defaults) {
		return nil
	}
	var modes []string
	mode := func(name string, level psa.LevelVersion, labels ...string) {
		set := slices.ContainsFunc(labels, func(label string) bool { _, is := namespace.Labels[label]; return is })
		if set && level.Level != psa.LevelPrivileged {
			modes = append(modes, name+"="+level.String())
		}
	}
	mode("enforce", policy.Enforce, psa.EnforceLevelLabel, psa.EnforceVersionLabel)
	mode("audit", policy.Audit, psa.AuditLevelLabel, psa.AuditVersionLabel)
	mode("warn", policy.Warn, psa.WarnLevelLabel, psa.WarnVersionLabel)
	return []Violation{aboutEnforce(policy.Enforce, "must not be set on a Namespace that is exempt", Words{Intro: fmt.Sprintf(
		"namespace %q is exempt from Pod Security, and the policy (%s) will be ignored", namespace.Name, strings.Join(modes, ", "))})}
}
