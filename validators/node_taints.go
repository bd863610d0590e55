package validators

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "node-taints",
	Summary: "changes of a Node's taints and protected labels",
	Doc: `
Taints and labels keep workloads apart: the control plane from the rest, one
tenant's nodes from another's. Whoever may change them brings a Pod to where
it should never run.

Let the tool that makes the nodes set them, and name it:

    allowed: [system:serviceaccount:karpenter:karpenter]

What runs in kube-system, the node controller and the cloud's among it, is
always allowed, or nodes would not become ready; so is kubectl cordon, which
changes no taint itself. A star in a label stands for any characters.
`,
	Severity:   High,
	References: params.Refs(params.Kyverno, "protect-node-taints", "restrict-node-label-changes", "restrict-node-label-creation"),
	Resources: reading(Labels, Resource{
		GroupVersionResource: corev1.SchemeGroupVersion.WithResource("nodes"),
		Operations:           []admissionv1.Operation{admissionv1.Update},
	}),
	New: newNodeTaints,
})

type nodeTaints struct {
	Labels  []string `json:"labels" doc:"Labels that are protected; a star stands for any characters. None means taints alone."`
	Allowed []string `json:"allowed" doc:"Users and groups who may make such changes."`
}

func newNodeTaints(decode params.Decode) (Validate, error) {
	p := nodeTaints{Labels: []string{"node-role.kubernetes.io/*", "node-restriction.kubernetes.io/*"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var protected keyPatterns
	var mistakes field.ErrorList
	if len(p.Labels) > 0 {
		protected, mistakes = parseKeyPatterns(p.Labels, field.NewPath("labels"))
	}
	return func(r *workload.Review) (findings []Finding) {
		node, ok := r.Object.(*corev1.Node)
		old, updated := r.OldObject.(*corev1.Node)
		if !ok || !updated || workload.RunsTheCluster(r.User) || isAmong(p.Allowed, r.User) {
			return nil
		}
		at := (*workload.Path)(nil)
		was, is := taintsOf(old), taintsOf(node)
		for i, taint := range node.Spec.Taints {
			if !was[withoutTime(taint)] {
				findings = append(findings, invalid(at.Child("spec", "taints").Item(i, taint.Key), taint.ToString(), "must not be added"))
			}
		}
		for _, taint := range old.Spec.Taints {
			if !is[withoutTime(taint)] {
				findings = append(findings, invalid(at.Child("spec", "taints"), taint.ToString(), "must not be taken away"))
			}
		}
		for _, key := range changed(node.Labels, old.Labels, protected.match) {
			findings = append(findings, invalid(at.Child("metadata", "labels").Key(key), node.Labels[key], "must not be added or changed"))
		}
		for _, key := range changed(old.Labels, node.Labels, protected.match) {
			if _, there := node.Labels[key]; !there {
				findings = append(findings, forbidden(at.Child("metadata", "labels").Key(key), "must not be taken away"))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}

func taintsOf(node *corev1.Node) map[corev1.Taint]bool {
	taints := make(map[corev1.Taint]bool, len(node.Spec.Taints))
	for _, taint := range node.Spec.Taints {
		taints[withoutTime(taint)] = true
	}
	return taints
}

// withoutTime is what a taint says; the time it was added at is not a part.
func withoutTime(taint corev1.Taint) corev1.Taint {
	taint.TimeAdded = nil
	return taint
}

func isAmong(names []string, user authenticationv1.UserInfo) bool {
	return slices.Contains(names, user.Username) ||
		slices.ContainsFunc(user.Groups, func(group string) bool { return slices.Contains(names, group) })
}
