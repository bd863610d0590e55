package validators

import (
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

// keyPatterns are keys of labels or annotations in which a star stands for any characters.
type keyPatterns []*regexp.Regexp

func parseKeyPatterns(keys []string, at *field.Path) (patterns keyPatterns, mistakes field.ErrorList) {
	if len(keys) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a key"))
	}
	for i, key := range keys {
		wrong := validation.IsQualifiedName(strings.ReplaceAll(key, "*", "x"))
		for _, text := range wrong {
			mistakes = append(mistakes, field.Invalid(at.Index(i), key, text))
		}
		if len(wrong) > 0 {
			continue // it may not even be a text that a regular expression takes
		}
		patterns = append(patterns, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(key), `\*`, ".*")+"$"))
	}
	return patterns, mistakes
}

func (p keyPatterns) match(key string) bool {
	return slices.ContainsFunc(p, func(r *regexp.Regexp) bool { return r.MatchString(key) })
}

// in are the keys that match, sorted.
func (p keyPatterns) in(values map[string]string) (keys []string) {
	for key := range values {
		if p.match(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// deniedKeys are the parameters of the checks that refuse keys.
type deniedKeys struct {
	Keys  []string `json:"keys" doc:"Keys that are refused; a star stands for any characters. Required."`
	Kinds []string `json:"kinds" doc:"Kinds of objects that are looked at; none means all that Taffrail knows."`
}

// newDeniedKeys makes the check for one map of the metadata.
func newDeniedKeys(member string, of func(metav1.Object) map[string]string) func(params.Decode) (Validate, error) {
	return func(decode params.Decode) (Validate, error) {
		var p deniedKeys
		if err := decode(&p); err != nil {
			return nil, err
		}
		if len(p.Kinds) == 0 {
			p.Kinds = kindsOf(allKinds)
		}
		kinds, mistakes := parseKinds(p.Kinds, field.NewPath("kinds"))
		denied, wrong := parseKeyPatterns(p.Keys, field.NewPath("keys"))
		return func(r *workload.Review) []Finding {
			return denied.evaluate(kinds, r, member, of)
		}, append(mistakes, wrong...).ToAggregate()
	}
}

// deniedAmong leaves of the resources those with metadata of the kinds that are looked at.
func deniedAmong(resources []Resource) func(params.Decode) ([]Resource, error) {
	return func(decode params.Decode) ([]Resource, error) {
		var p deniedKeys
		err := decode(&p)
		if len(p.Kinds) == 0 {
			return resources, err
		}
		return metadataOf(p.Kinds).among(resources), err
	}
}

func (p keyPatterns) evaluate(kinds metadataOf, r *workload.Review, member string, of func(metav1.Object) map[string]string) (findings []Finding) {
	for meta, base := range kinds.in(r) {
		values := of(meta)
		for _, key := range p.in(values) {
			path := base.Child("metadata", member).Key(key)
			findings = append(findings, forbidden(path, "must not be set").spans(holds("value", values[key])).fixedBy(workload.Remove(path)))
		}
	}
	return findings
}

// changed are the keys that matter and whose value before is not the one after, sorted.
func changed(before, after map[string]string, matters func(key string) bool) (keys []string) {
	for key, was := range before {
		if is, there := after[key]; (is != was || !there) && matters(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// setKey gives a label or an annotation its value, in a map that may not be there yet.
func setKey(at *workload.Path, values map[string]string, key, value string) workload.Operation {
	if len(values) == 0 {
		return workload.Add(at, map[string]string{key: value})
	}
	return workload.Add(at.Key(key), value)
}
