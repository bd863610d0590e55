package validators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "duplicate-env",
	Summary: "environment variables that a container sets twice",
	Doc: `
Where a container sets a variable twice, the last value wins, and the next
kubectl apply may keep either: it knows the items of env by their names. Mostly
one of the two was meant for another container.

Set each variable once. What envFrom brings in may be set again on purpose, and
is not checked.
`,
	Severity:   Low,
	References: params.Refs(params.KubeLinter, "duplicate-env-var"),
	Resources:  podsAndTemplates,
	New:        withoutParameters(onPods(mustSetEnvOnce)),
})

func mustSetEnvOnce(pod *workload.Pod) (findings []Finding) {
	for c := range pod.AllContainers() {
		if !repeats(c.Env) {
			continue
		}
		places := map[string][]int{}
		for i := range c.Env {
			places[c.Env[i].Name] = append(places[c.Env[i].Name], i)
		}
		for last := range c.Env {
			name := c.Env[last].Name
			if at := places[name]; len(at) > 1 && at[len(at)-1] == last {
				findings = append(findings, setTwice(c, name, at))
			}
		}
	}
	return findings
}

// maxCompared bounds how many variables are compared each with each: a Pod may
// have as many as fit into a request.
const maxCompared = 64

func repeats(env []corev1.EnvVar) bool {
	if len(env) > maxCompared {
		return true // or maybe not, but a map is worth its while
	}
	for i := range env {
		name := env[i].Name
		if slices.ContainsFunc(env[:i], func(e corev1.EnvVar) bool { return e.Name == name }) {
			return true
		}
	}
	return false
}

// setTwice blames the value that wins. To mend it, those that do not are
// removed, from the last to the first. That changes nothing but for variables that are made of it.
func setTwice(c workload.Container, name string, places []int) Finding {
	list := c.Path().Child("env")
	last := len(places) - 1
	f := invalid(list.Item(places[last], name).Child("name"), name, "must not be set twice")
	for _, i := range slices.Backward(places[:last]) {
		f.Fix = append(f.Fix, workload.Remove(list.Item(i, name)))
	}
	f.Safe = !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return strings.Contains(e.Value, "$("+name+")") })
	return f.of(c).above(float64(len(places)))
}
