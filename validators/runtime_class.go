package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "runtime-class",
	Summary: "Pods of other runtime classes than these",
	Doc: `
A runtime class chooses what runs the containers: runc, a sandbox such as gVisor
or Kata, a runtime that hands out devices. One that is meant for few is open to
all who know its name, and in a cluster of strangers the sandbox is no use when
it can be left out.

    allowed: [gvisor, kata]
    required: true

and in the Pod:

    spec:
      runtimeClassName: gvisor

Without required, a Pod may also name none and runs as the node does by default.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "restrict-runtimeClassName"),
	),
	Resources: podsAndTemplates,
	New:       newRuntimeClass,
})

type runtimeClass struct {
	Allowed  []string `json:"allowed" doc:"Names of runtime classes. Required."`
	Required bool     `json:"required" doc:"Refuses Pods that name no runtime class, too."`
}

func newRuntimeClass(decode params.Decode) (Validate, error) {
	var p runtimeClass
	if err := decode(&p); err != nil {
		return nil, err
	}
	mistakes := checkObjectNames(p.Allowed, field.NewPath("allowed"))
	if len(p.Allowed) == 0 {
		mistakes = append(mistakes, field.Required(field.NewPath("allowed"), "must name a runtime class"))
	}
	detail := "must be " + oneOf(p.Allowed)
	set := func(f Finding) Finding {
		if len(p.Allowed) == 1 {
			f = f.fixedBy(workload.Add(f.Path, p.Allowed[0]))
		}
		return f
	}
	return onPods(func(pod *workload.Pod) []Finding {
		switch name := pod.Spec.RuntimeClassName; {
		case name == nil && p.Required:
			return []Finding{set(required(pod.SpecPath().Child("runtimeClassName"), detail))}
		case name != nil && !slices.Contains(p.Allowed, *name):
			return []Finding{set(notSupported(pod.SpecPath().Child("runtimeClassName"), *name, detail))}
		default:
			return nil
		}
	}), mistakes.ToAggregate()
}

func checkObjectNames(names []string, at *field.Path) (mistakes field.ErrorList) {
	for i, name := range names {
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Index(i), name, "must be the name of an object"))
		}
	}
	return mistakes
}
