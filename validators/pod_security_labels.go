package validators

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

// evaluateNamespace evaluates the labels of a Namespace. When what it enforces gets
// stricter, it is told of the Pods that are there and break it.
func (o *obeyed) evaluateNamespace(r *workload.Review, namespace *corev1.Namespace) []Finding {
	policy, mistakes := psa.PolicyToEvaluate(namespace.Labels, o.defaults)
	findings := wrongLabels(mistakes)
	if r.Operation == admissionv1.Create {
		if len(mistakes) == 0 {
			findings = o.warnExempt(namespace, policy)
		}
		return findings
	}
	before, mistakesBefore := psa.PolicyToEvaluate(labelsBefore(r), o.defaults)
	switch {
	case len(mistakes) > 0 && !reflect.DeepEqual(mistakes, mistakesBefore):
		return findings
	case policy.Enforce == before.Enforce, policy.Enforce.Level == psa.LevelPrivileged,
		policy.Enforce.Version == before.Enforce.Version && psa.CompareLevels(policy.Enforce.Level, before.Enforce.Level) < 0:
		return findings
	case slices.Contains(o.exemptions.Namespaces, namespace.Name):
		return append(findings, o.warnExempt(namespace, policy)...)
	default:
		return append(findings, o.warnExisting(r, policy.Enforce)...)
	}
}

func labelsBefore(r *workload.Review) map[string]string {
	if r.OldObject == nil {
		return nil
	}
	return r.OldObject.GetLabels()
}

var labelsPath = (*workload.Path)(nil).Child("metadata", "labels")

func wrongLabels(mistakes field.ErrorList) (findings []Finding) {
	for _, mistake := range mistakes {
		label := strings.TrimSuffix(strings.TrimPrefix(mistake.Field, "metadata.labels["), "]")
		f := invalid(labelsPath.Key(label), mistake.BadValue, mistake.Detail)
		f.Action = Deny
		findings = append(findings, f)
	}
	return findings
}

// aboutEnforce is a warning of what a Namespace enforces, in Kubernetes' words.
func aboutEnforce(level psa.LevelVersion, detail string, words Words) Finding {
	f := invalid(labelsPath.Key(psa.EnforceLevelLabel), string(level.Level), detail)
	f.Action, f.Words = Warn, words
	return f
}

// warnExempt tells that the labels of an exempt Namespace come to nothing.
func (o *obeyed) warnExempt(namespace *corev1.Namespace, policy psa.Policy) []Finding {
	if !slices.Contains(o.exemptions.Namespaces, namespace.Name) || policy.FullyPrivileged() || policy.Equivalent(&o.defaults) {
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
	return []Finding{aboutEnforce(policy.Enforce, "must not be set on a Namespace that is exempt", Words{Intro: fmt.Sprintf(
		"namespace %q is exempt from Pod Security, and the policy (%s) will be ignored", namespace.Name, strings.Join(modes, ", "))})}
}
