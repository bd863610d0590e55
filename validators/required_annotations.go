package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "required-annotations",
	Summary: "objects without these annotations, or with other values than these",
	Doc: `
What people need at night and no selector needs belongs in annotations: who
owns the object, where its runbook is, which ticket allowed it.

    kinds: [Namespace, Deployment]
    annotations:
    - key: example.com/owner
      pattern: .+@example\.com
    - key: example.com/tier
      allowed: [gold, silver]

A pattern is a regular expression (RE2) that must match the whole value. Where
Pod is among the kinds, the templates of workloads are checked too, and where
Job is, those of CronJobs: else a Deployment would be let in and its Pods
refused.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-annotations"),
		params.Refs(params.Gatekeeper, "K8sRequiredAnnotations"),
		params.Refs(params.KubeLinter, "required-annotation-email"),
	),
	Resources: annotated,
	Narrow: func(decode params.Decode) ([]Resource, error) {
		p := requiredAnnotations{Kinds: kindsOf(podsAndTemplates)}
		err := decode(&p)
		return metadataOf(p.Kinds).among(annotated), err
	},
	New: newRequiredAnnotations,
})

type requiredAnnotations struct {
	Annotations []requiredKey `json:"annotations" doc:"Annotations that must be there, each with a pattern or a list of values if these matter. Required."`
	Kinds       []string      `json:"kinds" doc:"Kinds of objects that must carry them."`
}

func newRequiredAnnotations(decode params.Decode) (Validate, error) {
	p := requiredAnnotations{Kinds: kindsOf(podsAndTemplates)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	kinds, mistakes := parseKinds(p.Kinds, field.NewPath("kinds"))
	rules, wrong := compileKeys(p.Annotations, field.NewPath("annotations"))
	return func(r *workload.Review) (findings []Finding) {
		for meta, base := range kinds.in(r) {
			annotations := meta.GetAnnotations()
			for i := range rules {
				if !rules[i].accepts(annotations) && !rules[i].leavesOut(r, annotations) {
					findings = append(findings, rules[i].fault(annotations, base.Child("metadata", "annotations")))
				}
			}
		}
		return findings
	}, append(mistakes, wrong...).ToAggregate()
}
