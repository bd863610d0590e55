package mutators

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "default-prometheus-annotations",
	Summary: "tells Prometheus where a Pod serves its metrics",
	Doc: `Prometheus commonly finds what to scrape by the annotations
prometheus.io/scrape, port, path and scheme. A Pod that declares a metrics port
and forgets them is not watched, and nobody notices until it matters.

A metrics port is a TCP port of a container or a sidecar that is named metrics,
prometheus or *-metrics, such as http-metrics, or whose number is in ports. The
first one counts, sidecars last. One named https-metrics is scraped by https.

What is annotated stays, and a Pod whose prometheus.io/scrape is anything but
"true" is left alone.`,
	New: newPrometheusAnnotations,
})

const (
	scrapeAnnotation = "prometheus.io/scrape"
	portAnnotation   = "prometheus.io/port"
	pathAnnotation   = "prometheus.io/path"
	schemeAnnotation = "prometheus.io/scheme"
)

type prometheusAnnotations struct {
	Ports  []int32 `json:"ports" doc:"numbers of metrics ports, whatever their names"`
	Path   string  `json:"path" doc:"where metrics are served"`
	Scheme string  `json:"scheme" doc:"http or https; empty sets none"`
}

func newPrometheusAnnotations(decode params.Decode) (Mutate, error) {
	p := prometheusAnnotations{Path: "/metrics"}
	if err := decode(&p); err != nil {
		return nil, err
	}
	return p.mutate, p.validate().ToAggregate()
}

func (p prometheusAnnotations) validate() (mistakes field.ErrorList) {
	for i, port := range p.Ports {
		if len(validation.IsValidPortNum(int(port))) > 0 {
			mistakes = append(mistakes, field.Invalid(field.NewPath("ports").Index(i), port, "must be 1 to 65535"))
		}
	}
	if !strings.HasPrefix(p.Path, "/") {
		mistakes = append(mistakes, field.Invalid(field.NewPath("path"), p.Path, "must begin with /"))
	}
	if schemes := []string{"", "http", "https"}; !slices.Contains(schemes, p.Scheme) {
		mistakes = append(mistakes, field.NotSupported(field.NewPath("scheme"), p.Scheme, schemes[1:]))
	}
	return mistakes
}

func (p prometheusAnnotations) mutate(r *workload.Review) {
	annotations := r.Pod.Meta.Annotations
	if scrape, set := annotations[scrapeAnnotation]; set && scrape != "true" {
		return
	}
	port := p.metricsPort(r.Pod)
	if port == nil {
		return
	}
	number := strconv.Itoa(int(port.ContainerPort))
	scheme := p.Scheme
	if strings.HasPrefix(port.Name, "https") {
		scheme = "https"
	}
	// A port that the user has named may speak another scheme.
	if named, set := annotations[portAnnotation]; set && named != number {
		scheme = p.Scheme
	}
	r.Pod.SetAnnotation(scrapeAnnotation, "true")
	r.Pod.SetAnnotation(portAnnotation, number)
	r.Pod.SetAnnotation(pathAnnotation, p.Path)
	if scheme != "" {
		r.Pod.SetAnnotation(schemeAnnotation, scheme)
	}
}

// metricsPort is the first metrics port: those of regular containers come before those of sidecars.
func (p prometheusAnnotations) metricsPort(pod *workload.Pod) *corev1.ContainerPort {
	for _, wanted := range []workload.ContainerType{workload.Regular, workload.Sidecar} {
		for c := range pod.Containers() {
			if c.Type != wanted {
				continue
			}
			if i := slices.IndexFunc(c.Ports, p.isMetrics); i >= 0 {
				return &c.Ports[i]
			}
		}
	}
	return nil
}

func (p prometheusAnnotations) isMetrics(port corev1.ContainerPort) bool {
	if port.Protocol != "" && port.Protocol != corev1.ProtocolTCP {
		return false
	}
	return port.Name == "metrics" || port.Name == "prometheus" || strings.HasSuffix(port.Name, "-metrics") ||
		slices.Contains(p.Ports, port.ContainerPort)
}
