package validators

import (
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "immutable-labels",
	Summary: "changes of the value of these labels",
	Doc: `
Labels that others go by, such as the team that pays or the level that a network
policy selects, are worth something only if they stay what they were. A label
that is there keeps its value and is not taken away; one that is missing may be
added.

    keys: [team, "network.example.com/*"]

A star stands for any characters. Where all but a few must stay, name those:

    mutable: [app.kubernetes.io/version, "rollout.example.com/*"]

With these alone, every other label must stay. To move an object to another
team, delete it and create it anew.
`,
	Severity:   Medium,
	References: params.Refs(params.Kyverno, "allowed-label-changes"),
	Resources:  reading(Labels, only(labelsChange, updated(allKinds)...)...),
	New:        newImmutableLabels,
})

const labelsChange = `request.operation == "UPDATE" && object.?metadata.?labels != oldObject.?metadata.?labels`

type immutableLabels struct {
	Keys    []string `json:"keys" doc:"Labels whose value must stay; a star stands for any characters. Required, unless mutable is set: then it is all others."`
	Mutable []string `json:"mutable" doc:"Labels whose value may change though a key matches them."`
}

func newImmutableLabels(decode params.Decode) (Validate, error) {
	var p immutableLabels
	if err := decode(&p); err != nil {
		return nil, err
	}
	var immutable immutableKeys
	var mistakes field.ErrorList
	if len(p.Mutable) > 0 {
		immutable.but, mistakes = parseKeyPatterns(p.Mutable, field.NewPath("mutable"))
		if len(p.Keys) == 0 {
			p.Keys = []string{"*"}
		}
	}
	keys, wrong := parseKeyPatterns(p.Keys, field.NewPath("keys"))
	immutable.keys, mistakes = keys, append(mistakes, wrong...)
	return func(r *workload.Review) (findings []Finding) {
		if binding, ok := r.Object.(*corev1.Binding); ok {
			return immutable.inBinding(binding)
		}
		if r.Operation != admissionv1.Update || r.Object == nil || r.OldObject == nil {
			return nil
		}
		before, after := r.OldObject.GetLabels(), r.Object.GetLabels()
		for _, key := range changed(before, after, immutable.hold) {
			labels := (*workload.Path)(nil).Child("metadata", "labels")
			findings = append(findings, invalid(labels.Key(key), after[key], "must stay "+strconv.Quote(before[key])).
				fixedBy(setKey(labels, after, key, before[key])))
		}
		return findings
	}, mistakes.ToAggregate()
}

// immutableKeys are keys, but for some.
type immutableKeys struct{ keys, but keyPatterns }

func (k immutableKeys) hold(key string) bool { return k.keys.match(key) && !k.but.match(key) }

// inBinding finds what a Binding would write over the labels of its Pod, of which nothing is known here.
func (k immutableKeys) inBinding(binding *corev1.Binding) (findings []Finding) {
	for _, key := range changed(binding.Labels, nil, k.hold) {
		path := (*workload.Path)(nil).Child("metadata", "labels").Key(key)
		findings = append(findings, forbidden(path, "must be set on the Pod itself, not by a Binding").fixedBy(workload.Remove(path)))
	}
	return findings
}

// updated are the same resources, looked at when they are changed.
func updated(resources []Resource) []Resource {
	resources = slices.Clone(resources)
	for i := range resources {
		resources[i].Operations = []admissionv1.Operation{admissionv1.Update}
	}
	return resources
}
