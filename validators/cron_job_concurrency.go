package validators

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "cron-job-concurrency",
	Summary: "CronJobs that run beside themselves, or keep too many finished Jobs",
	Doc: `
A CronJob that takes longer than its interval is started again while it runs.
Two backups write to one place, and a slow database gets slower with every
minute.

    spec:
      concurrencyPolicy: Forbid
      successfulJobsHistoryLimit: 3
      failedJobsHistoryLimit: 1

Forbid skips a run while another is on, Replace ends the other. Without the
field the API server sets Allow. Each of the two history limits is held to
maxHistory: finished Jobs and their Pods slow the API server down.
`,
	Severity:   Low,
	References: params.Refs(params.Kubernetes, "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#concurrency-policy"),
	Resources:  []Resource{written(batchv1.SchemeGroupVersion, "cronjobs")},
	New:        newCronJobConcurrency,
})

type cronJobConcurrency struct {
	MaxHistory int32 `json:"maxHistory" doc:"The most finished Jobs to keep, of the successful ones and of the failed ones."`
}

func newCronJobConcurrency(decode params.Decode) (Validate, error) {
	p := cronJobConcurrency{MaxHistory: 10}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.MaxHistory < 0 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("maxHistory"), p.MaxHistory, "must be 0 or more"))
	}
	return p.evaluate, mistakes.ToAggregate()
}

func (p *cronJobConcurrency) evaluate(r *workload.Review) (findings []Finding) {
	cron, ok := r.Object.(*batchv1.CronJob)
	if !ok {
		return nil
	}
	if policy := cron.Spec.ConcurrencyPolicy; policy == "" || policy == batchv1.AllowConcurrent {
		path := jobSpecPath.Child("concurrencyPolicy")
		findings = append(findings, notSupported(path, string(batchv1.AllowConcurrent), "must be Forbid or Replace").isDefault(true).
			fixedBy(workload.Add(path, string(batchv1.ForbidConcurrent))))
	}
	findings = p.evaluateHistory(findings, "successfulJobsHistoryLimit", cron.Spec.SuccessfulJobsHistoryLimit, 3)
	return p.evaluateHistory(findings, "failedJobsHistoryLimit", cron.Spec.FailedJobsHistoryLimit, 1)
}

func (p *cronJobConcurrency) evaluateHistory(findings []Finding, name string, limit *int32, byDefault int32) []Finding {
	is := byDefault
	if limit != nil {
		is = *limit
	}
	if is <= p.MaxHistory {
		return findings
	}
	path := jobSpecPath.Child(name)
	return append(findings, invalid(path, is, fmt.Sprintf("must be at most %d", p.MaxHistory)).isDefault(is == byDefault).above(float64(is)).
		fixedBy(workload.Add(path, p.MaxHistory)))
}
