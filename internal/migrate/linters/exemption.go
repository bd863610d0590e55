package linters

import (
	"strings"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

const (
	ownExemption = "write an Exemption for the namespaces that need it"
	// placeholder is the owner that whoever reads the Exemption fills in.
	placeholder = "fill-in-the-owner"
	toFillIn    = "It needs an owner, in place of " + placeholder + ", and ends in 90 days at the latest."
)

// exempts makes an Exemption of some rules of a policy in a namespace; no rules are all.
func exempts(r *policy.Rule, in *policy.Inputs, of *policy.Object, rules []string, name, namespace, reason string, spec v1alpha1.ExemptionSpec) {
	e := v1alpha1.Exemption{Spec: spec}
	e.Name, e.Namespace = policy.Label(name), namespace
	e.Spec.Reason, e.Spec.Owner = strings.TrimSpace(reason), placeholder
	e.Spec.Expires = in.Now.Add(89 * 24 * time.Hour).UTC().Format(time.DateOnly)
	r.Excepts = []policy.Reference{{Policy: of.Name, Kinds: []string{of.Kind}, Rules: rules}}
	r.Parts = []policy.Part{{Exemptions: []v1alpha1.Exemption{e}}}
	r.Differ(toFillIn)
}

// ofAnnotations makes an Exemption of the annotations that spare an object from a tool's checks: all,
// or single ones by a key.
func ofAnnotations(o *policy.Object, in *policy.Inputs, kind, all string, single func(key string) string) []policy.Rule {
	var out []policy.Rule
	annotations := o.Annotations()
	for _, key := range keys(annotations) {
		name := single(key)
		if key != all && name == "" {
			continue
		}
		r := policy.Rule{Name: key}
		of := configured(in, kind)
		switch {
		case of == nil:
			r.Leave("the configuration that it is an exception from is not among the inputs", "give it as input, too")
		case annotations[key] == "false":
			continue
		default:
			var rules []string
			if key != all {
				rules = []string{name}
			}
			namespace := o.Namespace
			if namespace == "" {
				namespace = "default"
			}
			reason := annotations[key]
			if reason == "" || reason == "true" {
				reason = "annotation " + key
			}
			exempts(&r, in, of, rules, o.Name+"-"+name, namespace, reason, v1alpha1.ExemptionSpec{Names: []string{o.Name}})
		}
		out = append(out, r)
	}
	return out
}

func configured(in *policy.Inputs, kind string) *policy.Object {
	for _, o := range in.Objects {
		if o.Kind == kind && o.APIVersion == "" {
			return o
		}
	}
	return nil
}
