package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "tty-stdin",
	Summary: "containers with a terminal or an open standard input",
	Doc: `
A container that keeps a terminal or its standard input open waits for somebody
to attach: a shell left over from a test, with all that the Pod may do.
Services read no standard input.

Leave stdin and tty out. For a look inside there is kubectl exec, which the
audit log names. The containers that kubectl debug -it adds have both, and are
checked too: where that is how you debug, exempt them by their image.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Gatekeeper, "K8sDisallowInteractiveTTY"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustNotBeInteractive)),
})

func mustNotBeInteractive(pod *workload.Pod) (findings []Finding) {
	for c := range pod.AllContainers() {
		if c.Stdin {
			path := c.Path().Child("stdin")
			findings = append(findings, forbidden(path, "must not be true").of(c).fixedBy(workload.Remove(path)))
		}
		if c.TTY {
			path := c.Path().Child("tty")
			findings = append(findings, forbidden(path, "must not be true").of(c).fixedBy(workload.Remove(path)))
		}
	}
	return findings
}
