package validators

import (
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "name-pattern",
	Summary: "names that do not match a pattern",
	Doc: `
Names end up in DNS, in metrics and in bills. Where they follow a pattern,
people and programs find what belongs together.

    pattern: (web|api)-[a-z0-9-]+
    kinds: [Deployment, Service]

The pattern is a regular expression (RE2) that must match the whole name. A
name that the API server is left to make up (generateName) is checked once it
is made. Beware of kinds whose names controllers choose, such as ReplicaSet
and Pod.
`,
	Severity:  Low,
	Resources: allKinds,
	Narrow: func(decode params.Decode) ([]Resource, error) {
		p := namePattern{Kinds: defaultNamed()}
		err := decode(&p)
		return metadataOf(p.Kinds).themselves(allKinds), err
	},
	New: newNamePattern,
})

type namePattern struct {
	Pattern string   `json:"pattern" doc:"What names must match, as a whole. Required."`
	Kinds   []string `json:"kinds" doc:"Kinds of objects whose names are looked at."`
}

func newNamePattern(decode params.Decode) (Validate, error) {
	p := namePattern{Kinds: defaultNamed()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	kinds, mistakes := parseKinds(p.Kinds, field.NewPath("kinds"))
	at := field.NewPath("pattern")
	if p.Pattern == "" {
		mistakes = append(mistakes, field.Required(at, "must be set"))
	}
	pattern, err := regexp.Compile("^(?:" + p.Pattern + ")$")
	if err != nil {
		mistakes = append(mistakes, field.Invalid(at, p.Pattern, "must be a regular expression (RE2)"))
	}
	return func(r *workload.Review) []Finding {
		if r.Object == nil || !slices.Contains(kinds, r.Kind.Kind) {
			return nil
		}
		name := r.Object.GetName()
		if name == "" || pattern.MatchString(name) {
			return nil
		}
		path := (*workload.Path)(nil).Child("metadata", "name")
		return []Finding{invalid(path, name, "must match "+oneOf([]string{p.Pattern}))}
	}, mistakes.ToAggregate()
}

// defaultNamed are the kinds whose names people choose.
func defaultNamed() []string {
	return []string{"CronJob", "DaemonSet", "Deployment", "Ingress", "Namespace", "Service", "StatefulSet"}
}
