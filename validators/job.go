package validators

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

// jobs are the Jobs, and the CronJobs whose template becomes one.
var jobs = []Resource{
	written(batchv1.SchemeGroupVersion, "cronjobs"),
	written(batchv1.SchemeGroupVersion, "jobs"),
}

var (
	jobSpecPath     = (*workload.Path)(nil).Child("spec")
	cronJobSpecPath = jobTemplatePath.Child("spec")
)

// onJobs makes a check of one that evaluates Jobs. The template of a CronJob is
// evaluated as the Job that it becomes.
func onJobs(evaluate func(*batchv1.JobSpec, *workload.Path) []Finding) Validate {
	return func(r *workload.Review) []Finding {
		switch o := r.Object.(type) {
		case *batchv1.Job:
			return evaluate(&o.Spec, jobSpecPath)
		case *batchv1.CronJob:
			return evaluate(&o.Spec.JobTemplate.Spec, cronJobSpecPath)
		default:
			return nil
		}
	}
}

// boundedSeconds makes a check that a number of seconds is set, and not above
// max where there is one.
func boundedSeconds[T int32 | int64](decode params.Decode, name string, seconds func(*batchv1.JobSpec) *T) (Validate, error) {
	var p struct {
		Max *T `json:"max" doc:"The most seconds. Without it, any number will do."`
	}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Max != nil && *p.Max < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), *p.Max, "must be at least 1"))
	}
	return onJobs(func(spec *batchv1.JobSpec, path *workload.Path) []Finding {
		is := seconds(spec)
		if is != nil && (p.Max == nil || *is <= *p.Max) {
			return nil
		}
		path = path.Child(name)
		switch {
		case p.Max == nil:
			return []Finding{required(path, "must be set")}
		case is == nil:
			return []Finding{required(path, fmt.Sprintf("must be set to at most %d", *p.Max)).above(unbounded).fixedBy(workload.Add(path, *p.Max))}
		default:
			return []Finding{invalid(path, *is, fmt.Sprintf("must be at most %d", *p.Max)).above(float64(*is)).fixedBy(workload.Add(path, *p.Max))}
		}
	}), mistakes.ToAggregate()
}
