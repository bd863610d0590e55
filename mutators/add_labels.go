package mutators

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "add-labels",
	Summary: "adds labels that Pods lack",
	Doc: `What costs, alerts and network policies are sorted by must be on every Pod, and
is forgotten on some. A label that a Pod has keeps its value, be it empty.

    labels:
      cost-center: shop

Do not add a label that a workload or a Service selects Pods by: the Pods of
others would be taken for its own.`,
	References: params.Refs(params.Kyverno, "add-labels"),
	New:        newAddLabels,
})

type addLabels struct {
	Labels map[string]string `json:"labels" doc:"labels and their values, such as cost-center: shop"`
}

func newAddLabels(decode params.Decode) (Mutate, error) {
	var p addLabels
	if err := decode(&p); err != nil {
		return nil, err
	}
	pairs := sorted(p.Labels)
	return func(r *workload.Review) {
		for _, p := range pairs {
			r.Pod.SetLabel(p.key, p.value)
		}
	}, requireLabels(pairs, field.NewPath("labels")).ToAggregate()
}
