package mutators

import (
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Mutator{
	Name:    "disable-service-links",
	Summary: "spares containers an environment variable for each Service",
	Doc: `Kubernetes gives each container seven environment variables for each Service of
its Namespace, as Docker once did for links. Where there are thousands,
containers start slowly or not at all ("argument list too long"), and a Service
called redis sets REDIS_PORT to tcp://10.0.0.1:6379, which the application takes
for its own. They also tell an intruder what there is to attack.

This replaces enableServiceLinks, also where the user has set it to true: the
API server has set true by the time that Pods are completed, and nobody can tell
the two apart. Services are found by their names in DNS.`,
	References: params.Refs(params.Kyverno, "disable-service-discovery"),
	New:        newServiceLinks,
})

func newServiceLinks(decode params.Decode) (Mutate, error) {
	if err := decode(&struct{}{}); err != nil {
		return nil, err
	}
	return func(r *workload.Review) { r.Pod.ReplaceEnableServiceLinks(false) }, nil
}
