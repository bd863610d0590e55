package mutators

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "add-env",
	Summary: "adds environment variables that containers lack",
	Doc: `What every container of a platform needs to know, such as the region that it
runs in or the name of its node, is said once here.

    env:
    - name: TZ
      value: Etc/UTC
    - name: NODE_NAME
      valueFrom:
        fieldRef:
          fieldPath: spec.nodeName

A variable that a container has keeps its value; the others are appended in the
order given, so that one may refer to those before it: $(NODE_NAME). What a
container has by envFrom is not seen here, and gives way to what is added.

Sidecars count as containers; init containers do when asked.`,
	References: params.Refs(params.Kyverno, "mitigate-log4shell"),
	New:        newAddEnv,
})

type addEnv struct {
	Env            []corev1.EnvVar `json:"env" doc:"the variables as in a container, with value or with valueFrom a fieldRef, configMapKeyRef or secretKeyRef"`
	InitContainers bool            `json:"initContainers" doc:"add them to init containers too"`
}

func newAddEnv(decode params.Decode) (Mutate, error) {
	var p addEnv
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		for c := range r.Pod.Containers() {
			if !takesEnv(c, p.InitContainers) {
				continue
			}
			for _, env := range p.Env {
				c.AppendEnv(env)
			}
		}
	}, p.validate().ToAggregate()
}

func (p addEnv) validate() (mistakes field.ErrorList) {
	at := field.NewPath("env")
	if len(p.Env) == 0 {
		mistakes = append(mistakes, field.Required(at, "must hold a variable"))
	}
	seen := map[string]bool{}
	for i := range p.Env {
		env := &p.Env[i]
		mistakes = append(mistakes, validateEnv(env, at.Index(i))...)
		if seen[env.Name] {
			mistakes = append(mistakes, field.Duplicate(at.Index(i).Child("name"), env.Name))
		}
		seen[env.Name] = true
	}
	return mistakes
}
