package validators

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "pod-exec",
	Summary: "kubectl exec, attach and port-forward, unless they are allowed",
	Doc: `
A shell in a running container is a change that nobody reviewed and no manifest
shows, with the files, the Secrets and the network of the Pod at hand.

Look at logs, metrics and a copy of the Pod in a test cluster. Where a shell is
wanted, say where, and in which containers:

    operations: [exec, attach]
    namespaces: [playground]
    containers: [debug]

Only the operations named are refused. They are allowed in the namespaces named
and, when containers are given as well, only into these. A port-forward leads
into the Pod and not into a container of it: a list of containers allows none.
An exec that names no container is not among those named.

The proxy to Pods and Services is not looked at; leave it out of roles.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "block-pod-exec-by-namespace", "block-pod-exec-by-namespace-label"),
		params.Refs(params.KRail, "pod_no_exec"),
	),
	Resources: []Resource{{
		GroupVersionResource: corev1.SchemeGroupVersion.WithResource("pods"),
		Subresources:         podConnections(),
		Operations:           []admissionv1.Operation{admissionv1.Connect},
	}},
	New: newPodExec,
})

// podConnections are the subresources that lead into a Pod.
func podConnections() []string { return []string{"exec", "attach", "portforward"} }

type podExec struct {
	Operations []string `json:"operations" doc:"What is refused: exec, attach, portforward."`
	Namespaces []string `json:"namespaces" doc:"Namespaces where it is allowed; none means nowhere or, with containers, everywhere."`
	Containers []string `json:"containers" doc:"Containers into which it is allowed; none means any, in the namespaces."`
}

func newPodExec(decode params.Decode) (Validate, error) {
	p := podExec{Operations: podConnections()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) []Finding {
		if r.Operation != admissionv1.Connect || !slices.Contains(p.Operations, r.Subresource) {
			return nil
		}
		at := (*workload.Path)(nil)
		switch options, ok := r.Object.(*unstructured.Unstructured); {
		case len(p.Namespaces)+len(p.Containers) == 0:
			return []Finding{forbidden(at.Child(r.Subresource), "must not be used")}
		case len(p.Namespaces) > 0 && !slices.Contains(p.Namespaces, r.Namespace):
			return []Finding{forbidden(at.Child(r.Subresource), "must not be used except in namespace "+oneOf(p.Namespaces))}
		case len(p.Containers) == 0:
			return nil
		case r.Subresource == "portforward" || !ok:
			return []Finding{forbidden(at.Child(r.Subresource), "must not be used except for containers")}
		default:
			container, _, _ := unstructured.NestedString(options.Object, "container")
			if slices.Contains(p.Containers, container) {
				return nil
			}
			return []Finding{notSupported(at.Child("container"), container, "must be "+oneOf(p.Containers))}
		}
	}, p.mistakes().ToAggregate()
}

func (p *podExec) mistakes() (mistakes field.ErrorList) {
	if len(p.Operations) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("operations"), "must name an operation"))
	}
	for i, name := range p.Operations {
		if known := podConnections(); !slices.Contains(known, name) {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("operations").Index(i), name, known))
		}
	}
	return append(append(mistakes, labelsAt("namespaces", p.Namespaces)...), labelsAt("containers", p.Containers)...)
}

func labelsAt(at string, names []string) (mistakes field.ErrorList) {
	for i, name := range names {
		for _, wrong := range validation.IsDNS1123Label(name) {
			mistakes = append(mistakes, field.Invalid(field.NewPath(at).Index(i), name, wrong))
		}
	}
	return mistakes
}
