package validators

import (
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "dangling-service-monitor",
	Summary: "ServiceMonitors and PodMonitors that select nothing to scrape",
	Doc: `
A ServiceMonitor selects Services by their own labels, not by those of the
Pods; a PodMonitor selects Pods. One that selects nothing, or names a port that
is not there, gives Prometheus no target: its alerts stay silent for ever.

    kind: ServiceMonitor             kind: Service
    spec:                            metadata:
      selector:                        labels: {app: web}
        matchLabels: {app: web}      spec:
      endpoints:                       ports:
      - port: metrics                  - name: metrics
                                         port: 9090

They are looked for in their own namespace, or in those of namespaceSelector:
where the inputs hold no workload in one of these, nothing is said. One that
looks into any namespace is left alone, and so is an empty selector.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "dangling-servicemonitor"),
	OverSet: &OverSet{
		Kinds: monitorKinds,
		Needs: sets.Monitors | sets.Services | sets.Workloads | sets.Ports,
		New:   withoutSetParameters(mustScrape),
	},
})

func mustScrape(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		for _, m := range n.Monitors {
			selector := m.Selector.Parse()
			if selector == nil || m.Selector.Empty() {
				continue
			}
			targets, known := lookedInto(m, all, n)
			if !known {
				continue
			}
			some, ports := scraped(m, selector, targets)
			if !some {
				found(&m.Object, selectsNothing(m, targets[0]))
				continue
			}
			for _, p := range m.Ports {
				if ports != nil && !ports[p.Name] {
					found(&m.Object, invalid(placeAt(p.Path), p.Name, bounded(selectedPort, didYouMean(meant(p.Name, ports)))))
				}
			}
		}
	}
}

const selectedPort = "must be the name of a port of what the selector selects"

func selectsNothing(m *sets.Monitor, in *sets.Namespace) Finding {
	if m.OfPods {
		return unselecting(specPath("selector"), m.Selector, in)
	}
	return invalid(specPath("selector"), m.Selector.String(), fmt.Sprintf("must select a Service in namespace %q by its labels", in.Name))
}

// lookedInto are the namespaces that a monitor looks into, and whether the inputs hold what is in
// all of them.
func lookedInto(m *sets.Monitor, all *sets.Set, own *sets.Namespace) (targets []*sets.Namespace, known bool) {
	if len(m.Namespaces) == 0 {
		return []*sets.Namespace{own}, own.Known() && !m.Any
	}
	for _, name := range m.Namespaces {
		n := all.Namespace(name)
		if !n.Known() {
			return nil, false
		}
		targets = append(targets, n)
	}
	return targets, !m.Any
}

// scraped tells whether a monitor selects anything, and which ports that has; nil where nobody knows.
func scraped(m *sets.Monitor, selector labels.Selector, in []*sets.Namespace) (some bool, ports map[string]bool) {
	ports = map[string]bool{}
	for _, n := range in {
		if m.OfPods {
			for w := range n.Selected(selector) {
				some = true
				for _, p := range w.Ports {
					ports[p.Name] = true
				}
			}
			continue
		}
		for s := range n.SelectedServices(selector) {
			some = true
			for _, p := range s.Ports {
				ports[p.Name] = true
			}
			if s.AnyPort {
				return true, nil
			}
		}
	}
	return some, ports
}
