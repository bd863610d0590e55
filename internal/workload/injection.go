package workload

// An injector is a webhook that completes Pods, and replaces a placeholder in them by an image.
type injector struct {
	placeholder string
	// keys are labels or annotations by which a Pod asks for it; one whose value is off asks not to.
	keys []string
	off  string
}

// injectors are those that have a placeholder. Istio's documentation says of its own that nothing
// runs which nobody has replaced: https://istio.io/latest/docs/reference/config/analysis/ist0146/
var injectors = []injector{
	{placeholder: "auto", keys: []string{"sidecar.istio.io/inject", "inject.istio.io/templates", "istio.io/rev"}, off: "false"},
}

// AwaitsImage tells whether an image is the placeholder of an injector that the Pod asks for by a
// label or an annotation. Until it has been replaced, it says nothing of what will run.
func (p *Pod) AwaitsImage(image string) bool {
	for i := range injectors {
		if injectors[i].placeholder == image && injectors[i].isAskedBy(p) {
			return true
		}
	}
	return false
}

func (i *injector) isAskedBy(p *Pod) bool {
	for _, key := range i.keys {
		if p.Meta.Labels[key] == i.off || p.Meta.Annotations[key] == i.off {
			return false
		}
	}
	for _, key := range i.keys {
		if p.Meta.Labels[key] != "" || p.Meta.Annotations[key] != "" {
			return true
		}
	}
	return false
}
