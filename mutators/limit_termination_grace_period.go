package mutators

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "limit-termination-grace-period",
	Summary: "lowers grace periods that are too long",
	Doc: `A node is drained no faster than its slowest Pod ends. One with a grace period
of an hour that ignores SIGTERM holds up every upgrade, and a node that is
taken back at two minutes' notice does not wait for it.

This replaces terminationGracePeriodSeconds where it is above max. It is not
lowered below the sleep of a lifecycle hook, which the API server refuses to be
longer.`,
	References: params.Refs(params.Kyverno, "mutate-large-termination-gps"),
	New:        newTerminationGracePeriod,
})

type terminationGracePeriod struct {
	Max int64 `json:"max" doc:"the longest grace period in seconds"`
}

func newTerminationGracePeriod(decode params.Decode) (Mutate, error) {
	p := terminationGracePeriod{Max: 300}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	if p.Max < 1 {
		mistakes = append(mistakes, field.Invalid(field.NewPath("max"), p.Max, "must be 1 or more"))
	}
	return func(r *workload.Review) {
		longest := p.Max
		for c := range r.Pod.Containers() {
			if c.Lifecycle != nil {
				longest = max(longest, sleep(c.Lifecycle.PreStop), sleep(c.Lifecycle.PostStart))
			}
		}
		seconds := cmp.Or(r.Pod.Spec.TerminationGracePeriodSeconds, new(int64(corev1.DefaultTerminationGracePeriodSeconds)))
		if *seconds > longest {
			r.Pod.ReplaceTerminationGracePeriod(longest)
		}
	}, mistakes.ToAggregate()
}

func sleep(hook *corev1.LifecycleHandler) int64 {
	if hook == nil || hook.Sleep == nil {
		return 0
	}
	return hook.Sleep.Seconds
}
