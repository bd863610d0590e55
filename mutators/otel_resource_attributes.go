package mutators

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "otel-resource-attributes",
	Summary: "tells OpenTelemetry what service a container belongs to",
	Doc: `Traces, metrics and logs of a service that has not said its name are all found
under unknown_service. Every OpenTelemetry SDK reads OTEL_SERVICE_NAME and
OTEL_RESOURCE_ATTRIBUTES, and the labels that Kubernetes recommends say what
belongs there:

- app.kubernetes.io/name is the service's name,
- app.kubernetes.io/version is service.version,
- app.kubernetes.io/part-of is service.namespace,

together with k8s.namespace.name and k8s.pod.name. The values come by the
downward API. Pods with none of these labels, init containers, and a variable
that a container has are left alone.`,
	Last: true, // labels
	New:  newOTelResourceAttributes,
})

// otelAttributes are the attributes and the variables that bring them. A
// variable is set before the one that refers to it.
var otelAttributes = [...]struct{ attribute, label, env, field string }{
	{"service.version", versionLabel, "OTEL_RESOURCE_ATTRIBUTES_SERVICE_VERSION", labelField(versionLabel)},
	{"service.namespace", partOfLabel, "OTEL_RESOURCE_ATTRIBUTES_SERVICE_NAMESPACE", labelField(partOfLabel)},
	{"k8s.namespace.name", "", "OTEL_RESOURCE_ATTRIBUTES_NAMESPACE_NAME", "metadata.namespace"},
	{"k8s.pod.name", "", "OTEL_RESOURCE_ATTRIBUTES_POD_NAME", "metadata.name"},
}

func labelField(label string) string { return "metadata.labels['" + label + "']" }

func newOTelResourceAttributes(decode params.Decode) (Mutate, error) {
	if err := decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(r *workload.Review) {
		labels := r.Pod.Meta.Labels
		if labels[nameLabel] == "" && labels[versionLabel] == "" && labels[partOfLabel] == "" {
			return
		}
		for c := range r.Pod.Containers() {
			if !takesEnv(c, false) {
				continue
			}
			if labels[nameLabel] != "" {
				c.AppendEnv(fromField("OTEL_SERVICE_NAME", labelField(nameLabel)))
			}
			if !hasEnv(c, "OTEL_RESOURCE_ATTRIBUTES") {
				appendResourceAttributes(c, labels)
			}
		}
	}, nil
}

func appendResourceAttributes(c workload.Container, labels map[string]string) {
	var attributes []string
	for _, a := range otelAttributes {
		if a.label == "" || labels[a.label] != "" {
			c.AppendEnv(fromField(a.env, a.field))
			attributes = append(attributes, a.attribute+"=$("+a.env+")")
		}
	}
	c.AppendEnv(corev1.EnvVar{Name: "OTEL_RESOURCE_ATTRIBUTES", Value: strings.Join(attributes, ",")})
}
