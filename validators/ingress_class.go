package validators

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ingress-class",
	Summary: "Ingresses of no class, or of one outside a list",
	Doc: `
The class decides who serves an Ingress: the internal controller or the one on
the internet. Without one it is the cluster's default, or each controller that
takes what has none.

    spec:
      ingressClassName: internal

List the classes that may be used:

    allowed: [internal]

The old annotation kubernetes.io/ingress.class is checked too. In a cluster with
a default class the API server has written it into the Ingress by then; in a
manifest it is not known, so write it there.
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "restrict-ingress-classes"),
	Resources:  reading(Annotations, ingresses...),
	New:        newIngressClass,
})

type ingressClass struct {
	Allowed []string `json:"allowed" doc:"Classes that are allowed. Required."`
}

// ingressClassAnnotation named the class before there was a field for it.
const ingressClassAnnotation = "kubernetes.io/ingress.class"

func newIngressClass(decode params.Decode) (Validate, error) {
	var p ingressClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	if len(p.Allowed) == 0 {
		return nil, field.ErrorList{field.Required(field.NewPath("allowed"), "must name a class")}.ToAggregate()
	}
	mustBe := "must be " + oneOf(p.Allowed)
	return func(r *workload.Review) (findings []Finding) {
		ingress, ok := r.Object.(*networkingv1.Ingress)
		if !ok {
			return nil
		}
		name, annotation := ingress.Spec.IngressClassName, ingress.Annotations[ingressClassAnnotation]
		add := func(f Finding) {
			// Which of the two names the class makes no difference to it.
			f = f.about((*workload.Path)(nil).Child("spec", "ingressClassName"))
			if len(p.Allowed) == 1 {
				f = f.fixedBy(workload.Add(f.Path, p.Allowed[0]))
			}
			findings = append(findings, f)
		}
		path := (*workload.Path)(nil)
		switch {
		case name == nil && annotation == "":
			add(required(path.Child("spec", "ingressClassName"), mustBe))
		case name != nil && !slices.Contains(p.Allowed, *name):
			add(notSupported(path.Child("spec", "ingressClassName"), *name, mustBe))
		}
		if annotation != "" && !slices.Contains(p.Allowed, annotation) {
			add(notSupported(path.Child("metadata", "annotations").Key(ingressClassAnnotation), annotation, mustBe))
		}
		return findings
	}, nil
}
