package validators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-service",
	Summary: "Services that select no Pods, or name a port that these do not have",
	Doc: `
A Service whose selector selects nothing has no endpoints: every connection to
it is refused, and nothing says why. Mostly a label was renamed in the
Deployment, and not in the Service.

    kind: Service
    spec:
      selector: {app: web}    # labels of the Pods, not of the Deployment
      ports:
      - port: 80
        targetPort: http

A targetPort that is a name must be that of a port of the Pods; one that is a
number need not be declared by any container.

Services without a selector and those of type ExternalName are left alone.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "dangling-service"),
	OverSet: &OverSet{
		Kinds: serviceKinds,
		Needs: sets.Services | sets.Workloads | sets.Ports,
		New:   withoutSetParameters(mustHaveEndpoints),
	},
})

func mustHaveEndpoints(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		if !n.Known() {
			continue
		}
		for _, s := range n.Services {
			selector := s.Selector.Parse()
			switch {
			case s.Selector == nil || selector == nil:
			case !n.Selects(selector):
				found(&s.Object, unselecting(specPath("selector"), s.Selector, n))
			default:
				for i, port := range s.Ports {
					if port.Target != "" && !declaresPort(port.Target, s.Selector, n) {
						path := specPath("ports").Item(i, port.Name).Child("targetPort")
						found(&s.Object, invalid(path, port.Target, "must be the name of a port of the Pods that it selects"))
					}
				}
			}
		}
	}
}

// declaresPort tells whether any of the Pods that a selector selects has a port of a name.
func declaresPort(name string, selector *sets.Selector, in *sets.Namespace) bool {
	for w := range in.Selected(selector.Parse()) {
		if w.Declares(name) {
			return true
		}
	}
	return false
}
