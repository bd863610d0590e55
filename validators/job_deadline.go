package validators

import (
	"slices"

	batchv1 "k8s.io/api/batch/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "job-deadline",
	Summary: "Jobs without activeDeadlineSeconds",
	Doc: `
A Job that hangs holds its cpu, its memory and its locks until somebody looks,
and a CronJob that forbids concurrency does not run again.

    spec:
      activeDeadlineSeconds: 3600

The deadline is that of the Job, all retries included; one of the Pod (in
template.spec) only begins the next retry. The Jobs of a CronJob are checked by
its jobTemplate.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kubernetes, "https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup"),
		params.Refs(params.Kyverno, "enforce-pod-duration"),
	),
	Resources: jobs,
	New: func(decode params.Decode) (Validate, error) {
		return boundedSeconds(decode, "activeDeadlineSeconds", func(spec *batchv1.JobSpec) *int64 { return spec.ActiveDeadlineSeconds })
	},
})
