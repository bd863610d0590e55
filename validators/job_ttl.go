package validators

import (
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "job-ttl",
	Summary: "Jobs of their own without ttlSecondsAfterFinished",
	Doc: `
A finished Job stays, with its Pods, until somebody deletes it. Thousands of
them slow the API server and the scheduler down.

    spec:
      ttlSecondsAfterFinished: 86400

Leave yourself the time to read its logs. CronJobs, and the Jobs that belong to
one, are not checked: successfulJobsHistoryLimit and failedJobsHistoryLimit
clean up after them.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "job-ttl-seconds-after-finished"),
	Resources:  reading(Owners, written(batchv1.SchemeGroupVersion, "jobs")),
	New:        newJobTTL,
})

func newJobTTL(decode params.Decode) (Validate, error) {
	bounded, err := boundedSeconds(decode, "ttlSecondsAfterFinished", func(spec *batchv1.JobSpec) *int32 { return spec.TTLSecondsAfterFinished })
	return func(r *workload.Review) []Finding {
		if job, ok := r.Object.(*batchv1.Job); !ok || isOfCronJob(job) {
			return nil
		}
		return bounded(r)
	}, err
}

func isOfCronJob(job *batchv1.Job) bool {
	owner := metav1.GetControllerOfNoCopy(job)
	return owner != nil && owner.Kind == "CronJob" && strings.HasPrefix(owner.APIVersion, batchv1.GroupName+"/")
}
