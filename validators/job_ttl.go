package validators

import (
	batchv1 "k8s.io/api/batch/v1"

	"taffrail.dev/taffrail/internal/params"
)

var _ = register(Validator{
	Name:    "job-ttl",
	Summary: "Jobs without ttlSecondsAfterFinished",
	Doc: `
A finished Job stays, with its Pods, until somebody deletes it. Thousands of
them slow the API server and the scheduler down.

    spec:
      ttlSecondsAfterFinished: 86400

Leave yourself the time to read its logs. The Jobs of a CronJob are checked by
its jobTemplate; a TTL there comes on top of the history limits.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "job-ttl-seconds-after-finished"),
	Resources:  jobs,
	New: func(decode params.Decode) (Validate, error) {
		return boundedSeconds(decode, "ttlSecondsAfterFinished", func(spec *batchv1.JobSpec) *int32 { return spec.TTLSecondsAfterFinished })
	},
})
