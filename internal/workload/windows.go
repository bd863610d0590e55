package workload

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// labelOSBeta is the former name of kubernetes.io/os, which every kubelet still sets.
const labelOSBeta = "beta.kubernetes.io/os"

// IsWindows tells whether the Pod says that it runs on Windows, where Linux's security context
// fields are not allowed, or can run on no other node: by its nodeSelector, into which the class of
// runtimeClassName has been merged by then, or by every term of its required node affinity. What
// Linux ignores, such as windowsOptions, asks for nothing.
func (p *Pod) IsWindows() bool {
	if p.Spec.OS != nil {
		return p.Spec.OS.Name == corev1.Windows
	}
	return selectsWindows(p.Spec.NodeSelector) || requiresWindows(p.Spec.Affinity)
}

func selectsWindows(selector map[string]string) bool {
	_, build := selector[corev1.LabelWindowsBuild]
	return build || selector[corev1.LabelOSStable] == string(corev1.Windows) || selector[labelOSBeta] == string(corev1.Windows)
}

// requiresWindows tells whether none of the terms, one of which is enough, is met by another node.
func requiresWindows(affinity *corev1.Affinity) bool {
	if affinity == nil || affinity.NodeAffinity == nil || affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return false
	}
	terms := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	return len(terms) > 0 && !slices.ContainsFunc(terms, func(term corev1.NodeSelectorTerm) bool {
		return !slices.ContainsFunc(term.MatchExpressions, meansWindows)
	})
}

func meansWindows(e corev1.NodeSelectorRequirement) bool {
	switch e.Key {
	case corev1.LabelOSStable, labelOSBeta:
		switch e.Operator {
		case corev1.NodeSelectorOpIn:
			return len(e.Values) > 0 && !slices.ContainsFunc(e.Values, func(os string) bool { return os != string(corev1.Windows) })
		case corev1.NodeSelectorOpNotIn: // Kubernetes has nodes of these two, and no others
			return slices.Contains(e.Values, string(corev1.Linux))
		}
	case corev1.LabelWindowsBuild:
		return e.Operator == corev1.NodeSelectorOpIn || e.Operator == corev1.NodeSelectorOpExists
	}
	return false
}
