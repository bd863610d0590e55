package validators

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "prometheus-annotations",
	Summary: "prometheus.io annotations by which nothing can be scraped",
	Doc: `
Prometheus commonly finds what to scrape by annotations of Pods. A wrong one is
no error anywhere: the Pod is just not watched, and nobody notices until it
matters.

    metadata:
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "8080"
        prometheus.io/path: /metrics
        prometheus.io/scheme: http

prometheus.io/scrape is "true" or "false". Where it is "true", the port must be
one that a container declares, the path begins with / and the scheme is http or
https; the last two may be left out.

With required, Pods must say whether they are scraped. Pods that run to their
end (restartPolicy Never or OnFailure) need not.
`,
	Severity:   Low,
	References: params.Refs("Prometheus", "documentation/examples/prometheus-kubernetes.yml"),
	Resources:  readingOfPods(Annotations),
	New:        newPrometheusAnnotations,
})

type prometheusAnnotations struct {
	Required bool `json:"required" doc:"Whether Pods must be annotated at all."`
}

func newPrometheusAnnotations(decode params.Decode) (Validate, error) {
	var p prometheusAnnotations
	if err := decode(&p); err != nil {
		return nil, err
	}
	return func(r *workload.Review) []Finding {
		if binding, ok := r.Object.(*corev1.Binding); ok {
			return p.evaluateBinding(binding)
		}
		if r.Pod == nil {
			return nil
		}
		return p.evaluate(r.Pod)
	}, nil
}

func (p prometheusAnnotations) evaluate(pod *workload.Pod) []Finding {
	scrape, set := pod.Meta.Annotations["prometheus.io/scrape"]
	switch {
	case !set && p.Required && alwaysRestarted(pod):
		return []Finding{required(annotation(pod, "scrape"), "must be true or false")}
	case !set || scrape == "false":
		return nil
	case scrape != "true":
		return []Finding{notSupported(annotation(pod, "scrape"), scrape, "must be true or false")}
	}
	return findWrongScheme(pod, findWrongPath(pod, findWrongPort(pod, nil)))
}

// evaluateBinding knows no port of the Pod: none that a Binding names is one that a
// container declares.
func (p prometheusAnnotations) evaluateBinding(binding *corev1.Binding) []Finding {
	if _, set := binding.Annotations["prometheus.io/scrape"]; !set {
		return nil
	}
	return p.evaluate(workload.BoundPod(binding))
}

func alwaysRestarted(pod *workload.Pod) bool {
	return pod.Spec.RestartPolicy == "" || pod.Spec.RestartPolicy == corev1.RestartPolicyAlways
}

func annotation(pod *workload.Pod, name string) *workload.Path {
	return pod.MetadataPath().Child("annotations").Key("prometheus.io/" + name)
}

func findWrongPort(pod *workload.Pod, findings []Finding) []Finding {
	const detail = "must be a TCP port that a container declares"
	port, set := pod.Meta.Annotations["prometheus.io/port"]
	number, err := strconv.ParseInt(port, 10, 32)
	if err == nil && servesTCP(pod, int32(number)) {
		return findings
	}
	f := required(annotation(pod, "port"), detail)
	if set {
		f = invalid(f.Path, port, detail)
	}
	return append(findings, f)
}

func servesTCP(pod *workload.Pod, number int32) bool {
	for c := range pod.Containers() {
		if c.LongRunning() && slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
			return p.ContainerPort == number && (p.Protocol == "" || p.Protocol == corev1.ProtocolTCP)
		}) {
			return true
		}
	}
	return false
}

func findWrongPath(pod *workload.Pod, findings []Finding) []Finding {
	path := pod.Meta.Annotations["prometheus.io/path"]
	if path == "" || strings.HasPrefix(path, "/") {
		return findings
	}
	at := annotation(pod, "path")
	return append(findings, invalid(at, path, "must begin with /").fixedBy(workload.Replace(at, "/"+path)).safely()) // Prometheus puts the slash there itself
}

func findWrongScheme(pod *workload.Pod, findings []Finding) []Finding {
	scheme := pod.Meta.Annotations["prometheus.io/scheme"]
	if scheme == "" || scheme == "http" || scheme == "https" {
		return findings
	}
	return append(findings, notSupported(annotation(pod, "scheme"), scheme, "must be http or https"))
}
