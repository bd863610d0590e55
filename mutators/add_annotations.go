package mutators

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "add-annotations",
	Summary: "adds annotations that Pods lack",
	Doc: `Meshes, backups and log collectors are told by annotations what to do with a
Pod. What holds for all Pods of a platform is said once here. An annotation that
a Pod has keeps its value, be it empty.

    annotations:
      example.com/on-call: team-web`,
	References: params.Refs(params.Kyverno, "add-castai-removal-disabled", "add-karpenter-donot-evict"),
	New:        newAddAnnotations,
})

type addAnnotations struct {
	Annotations map[string]string `json:"annotations" doc:"annotations and their values, such as example.com/on-call: shop"`
}

func newAddAnnotations(decode params.Decode) (Mutate, error) {
	var p addAnnotations
	if err := decode(&p); err != nil {
		return nil, err
	}
	pairs := sorted(p.Annotations)
	return func(r *workload.Review) {
		for _, p := range pairs {
			r.Pod.SetAnnotation(p.key, p.value)
		}
	}, requireAnnotations(pairs, field.NewPath("annotations")).ToAggregate()
}

// maxAnnotations leaves most of the 256 KiB that Kubernetes allows an object's
// annotations to those of the Pod.
const maxAnnotations = 16 << 10

func requireAnnotations(pairs []pair, at *field.Path) (mistakes field.ErrorList) {
	if len(pairs) == 0 {
		mistakes = append(mistakes, field.Required(at, "must hold an annotation"))
	}
	size := 0
	for _, p := range pairs {
		// The API server takes upper case in the prefix, too.
		if len(validation.IsQualifiedName(strings.ToLower(p.key))) > 0 {
			mistakes = append(mistakes, field.Invalid(at, p.key, "must be an annotation, such as example.com/on-call"))
		}
		size += len(p.key) + len(p.value)
	}
	if size > maxAnnotations {
		mistakes = append(mistakes, field.TooLong(at, "", maxAnnotations))
	}
	return mistakes
}
