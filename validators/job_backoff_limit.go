package validators

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "job-backoff-limit",
	Summary: "Jobs that are tried again too often",
	Doc: `
A Job that fails is tried again backoffLimit times, on the tenth about every
six minutes. What fails for good should fail soon, and be looked at.

    spec:
      backoffLimit: 3

Without backoffLimit the API server sets 6. Where backoffLimitPerIndex is set,
that one is evaluated in its place. The Jobs of a CronJob are evaluated by its
jobTemplate.
`,
	Severity:   Low,
	References: params.Refs(params.Kubernetes, "https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy"),
	Resources:  jobs,
	New:        newJobBackoffLimit,
})

type jobBackoffLimit struct {
	Max int32 `json:"max" doc:"The most retries."`
}

// defaultBackoffLimit is what the API server sets. It sets no limit per index.
const defaultBackoffLimit int32 = 6

func newJobBackoffLimit(decode params.Decode) (Validate, error) {
	p := jobBackoffLimit{Max: 6}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Max < 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), p.Max, "must be 0 or more"))
	}
	return onJobs(func(spec *batchv1.JobSpec, path *workload.Path) []Finding {
		name, limit := "backoffLimit", defaultBackoffLimit
		if spec.BackoffLimit != nil {
			limit = *spec.BackoffLimit
		}
		if spec.BackoffLimitPerIndex != nil {
			name, limit = "backoffLimitPerIndex", *spec.BackoffLimitPerIndex
		}
		if limit <= p.Max {
			return nil
		}
		about := path.Child("backoffLimit")
		path = path.Child(name)
		return []Finding{invalid(path, limit, fmt.Sprintf("must be at most %d", p.Max)).about(about).above(float64(limit)).
			isDefault(name == "backoffLimit" && limit == defaultBackoffLimit).
			fixedBy(workload.Add(path, p.Max))}
	}), mistakes.ToAggregate()
}
