package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "rbac-create-pods",
	Summary: "Roles that grant the creation of Pods",
	Doc: `
A Pod runs as any service account of its Namespace and mounts any Secret in
it. Whoever may create one has all of them.

Let people change what is in Git and let the deployer create it. With
controllers the kinds whose controllers create Pods, such as Deployment and
CronJob, count as well: it is the same by a longer way.

    controllers: true
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CIS, "5.1.4"),
		params.Refs(params.KubeLinter, "access-to-create-pods"),
	),
	Resources: roles,
	New:       newRBACCreatePods,
})

type rbacCreatePods struct {
	Controllers bool `json:"controllers" doc:"Whether kinds whose controllers create Pods count as well."`
}

func newRBACCreatePods(decode params.Decode) (Validate, error) {
	var p rbacCreatePods
	if err := decode(&p); err != nil {
		return nil, err
	}
	creating := []string{"create"}
	refused := grants{{group: "", resource: "pods", verbs: creating}}
	if p.Controllers {
		for _, r := range templates {
			// A PodTemplate alone creates nothing.
			if r.Resource != "podtemplates" {
				refused = append(refused, grant{group: r.Group, resource: r.Resource, verbs: creating})
			}
		}
	}
	return refused.evaluate, nil
}
