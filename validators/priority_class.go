package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "priority-class",
	Summary: "Pods without a priority class, or with another than these",
	Doc: `
When a cluster is full, Pods of a higher priority push those of a lower one
out. Without a class nobody has said who matters, and whoever may name any
class can push out everybody else.

    priorityClassName: business-hours

Name the classes that teams may use:

    allowed: [business-critical, business-hours, batch]
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-pod-priorityclassname", "allowed-pod-priorities"),
		params.Refs(params.Polaris, "priorityClassNotSet"),
		params.Refs(params.KubeLinter, "priority-class-name"),
	),
	Resources: podsAndTemplates,
	New:       newPriorityClass,
})

type priorityClass struct {
	Allowed []string `json:"allowed" doc:"Classes that are allowed. Without any, any class will do, but one must be named."`
}

func newPriorityClass(decode params.Decode) (Validate, error) {
	var p priorityClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	detail := "must be set"
	if len(p.Allowed) > 0 {
		detail = "must be " + oneOf(p.Allowed)
	}
	return onPods(func(pod *workload.Pod) []Finding {
		name := pod.Spec.PriorityClassName
		if name != "" && (len(p.Allowed) == 0 || slices.Contains(p.Allowed, name)) {
			return nil
		}
		path := pod.SpecPath().Child("priorityClassName")
		f := required(path, detail)
		if name != "" {
			f = notSupported(path, name, detail)
		}
		if len(p.Allowed) == 1 {
			f.Fix = []workload.Operation{workload.Add(path, p.Allowed[0])}
		}
		return []Finding{f}
	}), checkNames(p.Allowed, field.NewPath("allowed")).ToAggregate()
}

// checkNames finds what cannot be the name of an object.
func checkNames(names []string, at *field.Path) (mistakes field.ErrorList) {
	for i, name := range names {
		mistakes = append(mistakes, checkName(name, at.Index(i))...)
	}
	return mistakes
}

func checkName(name string, at *field.Path) (mistakes field.ErrorList) {
	for _, wrong := range validation.IsDNS1123Subdomain(name) {
		mistakes = append(mistakes, field.Invalid(at, name, wrong))
	}
	return mistakes
}
