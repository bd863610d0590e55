package validators

import (
	"maps"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "node-selection",
	Summary: "Pods that choose their node by nodeName, or by other labels than these",
	Doc: `
nodeName goes past the scheduler, and with it past taints, resources and
affinity: a Pod lands on a control-plane node, or on one that is full, where it
fails. A nodeSelector chooses a pool that may be another team's, or cost ten
times as much.

Let the scheduler choose, and allow the labels that are anybody's to use, with
any value or with one:

    allowed: [kubernetes.io/arch, pool=general]

A node name that a Pod has been given by the scheduler is not checked, and
neither is node affinity, by which the DaemonSet controller places its Pods.

A Binding (pods/binding) gives a Pod its node as well. The scheduler and what
runs in kube-system may create one, and the schedulers of Volcano, YuniKorn,
Koordinator and KAI need not be named. A list of your own, of users and groups,
takes the place of these four:

    schedulers: ["system:serviceaccount:batch:own-scheduler"]
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-node-selection"),
	),
	Resources: readingOfPods(Node),
	New:       newNodeSelection,
})

type nodeSelection struct {
	Allowed    []string `json:"allowed" doc:"Labels of nodes that a nodeSelector may name: a key, or key=value."`
	Schedulers []string `json:"schedulers" doc:"Users and groups, besides the scheduler and kube-system, who may bind a Pod to a node."`
}

// knownSchedulers are the service accounts of schedulers that run beside the
// cluster's own, as their charts and manifests name them.
func knownSchedulers() []string {
	return []string{
		"system:serviceaccount:kai-scheduler:binder",
		"system:serviceaccount:koordinator-system:koord-scheduler",
		"system:serviceaccount:volcano-system:volcano-scheduler",
		"system:serviceaccount:yunikorn:yunikorn-admin",
	}
}

func newNodeSelection(decode params.Decode) (Validate, error) {
	p := nodeSelection{Allowed: []string{corev1.LabelArchStable, corev1.LabelOSStable}, Schedulers: knownSchedulers()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	for i, label := range p.Allowed {
		key, value, _ := strings.Cut(label, "=")
		if len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			mistakes = append(mistakes, field.Invalid(field.NewPath("allowed").Index(i), label, "must be the key of a label, or key=value"))
		}
	}
	detail := "must not be set"
	if len(p.Allowed) > 0 {
		detail = "must select by " + oneOf(p.Allowed)
	}
	return func(r *workload.Review) (findings []Finding) {
		if binding, ok := r.Object.(*corev1.Binding); ok {
			return p.evaluateBinding(r.User, binding)
		}
		if r.Pod == nil {
			return nil
		}
		if name := r.Pod.Spec.NodeName; name != "" && !wasScheduled(r) {
			path := r.Pod.SpecPath().Child("nodeName")
			findings = append(findings, invalid(path, name, "must not be set").fixedBy(workload.Remove(path)))
		}
		if p.allowsAll(r.Pod.Spec.NodeSelector) {
			return findings
		}
		for _, key := range slices.Sorted(maps.Keys(r.Pod.Spec.NodeSelector)) {
			if value := r.Pod.Spec.NodeSelector[key]; !p.allows(key, value) {
				path := r.Pod.SpecPath().Child("nodeSelector").Key(key)
				findings = append(findings, notSupported(path, value, detail).fixedBy(workload.Remove(path)))
			}
		}
		return findings
	}, mistakes.ToAggregate()
}

// evaluateBinding goes by who binds: a Binding has nothing else that could tell the
// choice of a scheduler from that of a tenant.
func (p *nodeSelection) evaluateBinding(user authenticationv1.UserInfo, binding *corev1.Binding) []Finding {
	if user.Username == "system:kube-scheduler" || workload.RunsTheCluster(user) || isAmong(p.Schedulers, user) {
		return nil
	}
	path := (*workload.Path)(nil).Child("target", "name")
	return []Finding{invalid(path, binding.Target.Name, "must be chosen by a scheduler")}
}

// wasScheduled tells whether the Pod had its node name before.
func wasScheduled(r *workload.Review) bool {
	old, ok := r.OldObject.(*corev1.Pod)
	return ok && old.Spec.NodeName == r.Pod.Spec.NodeName
}

func (p *nodeSelection) allowsAll(selector map[string]string) bool {
	for key, value := range selector {
		if !p.allows(key, value) {
			return false
		}
	}
	return true
}

func (p *nodeSelection) allows(key, value string) bool {
	return slices.ContainsFunc(p.Allowed, func(label string) bool {
		allowedKey, allowedValue, one := strings.Cut(label, "=")
		return allowedKey == key && (!one || allowedValue == value)
	})
}
