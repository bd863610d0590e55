package install

import (
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
)

// Objects are the objects of an installation, in an order that they can be applied in.
func Objects(choices Choices) ([]*unstructured.Unstructured, error) {
	if err := choices.check(); err != nil {
		return nil, err
	}
	set, err := choices.compile()
	if err != nil {
		return nil, err
	}
	rights, err := choices.kitRights()
	if err != nil {
		return nil, err
	}
	m := &manifests{resources("base")}
	edit(m, "Deployment", func(d *appsv1.Deployment) { container(d).Image = choices.Image })
	if len(choices.Guardrails.Guardrails) > 0 {
		m.firstGuardrails(choices.Guardrails.Guardrails)
	}
	if choices.Static {
		m.static(guardrail.ExcludedNamespaces(choices.ExcludeNamespaces...), set, choices.holdsBack())
	}
	switch choices.TLS {
	case CertManager:
		m.certManager(choices.Static)
	case Files:
		m.files()
	}
	if choices.ClientCA {
		m.clientCA()
	}
	if len(choices.APIServerAddresses) > 0 {
		m.apiServerAddresses(choices.APIServerAddresses)
	}
	if choices.HighAvailability {
		m.highAvailability()
	}
	if choices.Autoscaling {
		m.autoscaling()
	}
	if choices.Monitoring {
		m.add("components/monitoring")
	}
	if choices.Audit {
		m.audit(choices.Image, choices.HighAvailability)
	}
	if len(choices.Kits) > 0 {
		m.kits(rights, choices.Static)
	}
	if choices.ClientName != "" {
		m.argument(names.Name, "--client-name", choices.ClientName)
	}
	if len(choices.ExcludeNamespaces) > 0 {
		m.argument(names.Name, "--exclude-namespaces", choices.ExcludeNamespaces...)
		if choices.Audit {
			m.argument(names.Audit, "--exclude-namespaces", choices.ExcludeNamespaces...)
		}
	}
	if choices.BreakGlassGroup != "" {
		m.argument(names.Name, "--break-glass-group", choices.BreakGlassGroup)
	}
	if choices.TracingEndpoint != "" {
		m.tracing(choices.TracingEndpoint)
	}
	return m.objects, nil
}

// manifests are the objects that choices change.
type manifests struct{ objects []*unstructured.Unstructured }

// add adds the objects of a folder.
func (m *manifests) add(folder string) {
	m.objects = append(m.objects, resources(folder)...)
}

func (m *manifests) remove(name string, kinds ...string) {
	m.objects = slices.DeleteFunc(m.objects, func(o *unstructured.Unstructured) bool {
		return o.GetName() == name && slices.Contains(kinds, o.GetKind())
	})
}
