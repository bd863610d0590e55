package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "required-labels",
	Summary: "objects without these labels, or with other values than these",
	Doc: `
Costs, alerts, network policies and the people on call are found by labels. An
object without them belongs to nobody.

    kinds: [Namespace, Deployment, Pod]
    labels:
    - key: team
      pattern: team-[a-z]+
    - key: environment
      allowed: [test, production]

A pattern is a regular expression (RE2) that must match the whole value. Where
Pod is among the kinds, the templates of workloads are checked too, and where
Job is, those of CronJobs: else a Deployment would be let in and its Pods
refused.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-labels", "metadata-match-regex"),
		params.Refs(params.Gatekeeper, "K8sRequiredLabels"),
		params.Refs(params.KubeLinter, "required-label-owner"),
	),
	Resources: labelled,
	Narrow: func(decode params.Decode) ([]Resource, error) {
		p := requiredLabels{Kinds: kindsOf(podsAndTemplates)}
		err := decode(&p)
		return metadataOf(p.Kinds).among(labelled), err
	},
	New: newRequiredLabels,
})

type requiredLabels struct {
	Labels []requiredKey `json:"labels" doc:"Labels that must be there, each with a pattern or a list of values if these matter. Required."`
	Kinds  []string      `json:"kinds" doc:"Kinds of objects that must carry them."`
}

func newRequiredLabels(decode params.Decode) (Validate, error) {
	p := requiredLabels{Kinds: kindsOf(podsAndTemplates)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	kinds, mistakes := parseKinds(p.Kinds, field.NewPath("kinds"))
	rules, wrong := compileKeys(p.Labels, field.NewPath("labels"))
	return func(r *workload.Review) (findings []Finding) {
		for meta, base := range kinds.in(r) {
			labels := meta.GetLabels()
			for i := range rules {
				if !rules[i].accepts(labels) && !rules[i].leavesOut(r, labels) {
					findings = append(findings, rules[i].fault(labels, base.Child("metadata", "labels")))
				}
			}
		}
		return findings
	}, append(mistakes, wrong...).ToAggregate()
}
