package guardrail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/catalogue"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// DefaultExcludedNamespaces are never matched: what keeps the cluster and
// Taffrail itself alive must come up while Taffrail is down.
var DefaultExcludedNamespaces = []string{"kube-system", "kube-public", "kube-node-lease", "taffrail-system"}

// Options are what a Set needs beside Guardrails and Exemptions.
type Options struct {
	// ExcludedNamespaces are never matched; nil means
	// DefaultExcludedNamespaces.
	ExcludedNamespaces []string
	// Namespace finds the metadata of a Namespace. It returns nil for a
	// Namespace that it knows nothing of, which selectors are then taken to
	// match. Left out, a Namespace has its name for a label and nothing else.
	Namespace func(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error)
	// Pods lists the Pods of a Namespace, page by page. Left out, none can be
	// listed.
	Pods func(ctx context.Context, namespace string) iter.Seq2[*corev1.PodList, error]
	// Now is the clock; left out, time.Now.
	Now func() time.Time
}

// Compile makes a Set. The error lists every mistake in every object; there is
// no Set then.
func Compile(objects Objects, options Options) (*Set, error) {
	c := newCompiler()
	set := newSet(options)
	for i := range objects.Guardrails {
		if g := c.guardrail(&objects.Guardrails[i]); g != nil {
			set.add(g)
		}
	}
	c.duplicates(objects)
	for i := range objects.Exemptions {
		if e := c.exemption(&objects.Exemptions[i]); e != nil {
			set.exemptions[e.namespace] = append(set.exemptions[e.namespace], e)
		}
	}
	if len(c.mistakes) > 0 {
		return nil, errors.Join(c.mistakes...)
	}
	set.sort()
	return set, nil
}

// compiler makes closures of what people wrote, and keeps what is wrong with
// it.
type compiler struct {
	validators map[string]validators.Validator
	mutators   map[string]mutators.Mutator
	mistakes   []error
}

func newCompiler() *compiler {
	checks, defaults := catalogued()
	return &compiler{validators: checks, mutators: defaults}
}

// catalogued is the catalogue by name.
var catalogued = sync.OnceValues(func() (map[string]validators.Validator, map[string]mutators.Mutator) {
	checks, defaults := map[string]validators.Validator{}, map[string]mutators.Mutator{}
	for _, v := range validators.All() {
		checks[v.Name] = v
	}
	for _, m := range mutators.All() {
		defaults[m.Name] = m
	}
	return checks, defaults
})

func (c *compiler) report(kind, name string, mistakes field.ErrorList) bool {
	for _, mistake := range mistakes {
		c.mistakes = append(c.mistakes, fmt.Errorf("%s %q: %w", kind, name, mistake))
	}
	return len(mistakes) == 0
}

func (c *compiler) duplicates(objects Objects) {
	seen := map[string]bool{}
	for _, g := range objects.Guardrails {
		if seen[g.Name] {
			c.report("Guardrail", g.Name, field.ErrorList{field.Duplicate(field.NewPath("metadata", "name"), g.Name)})
		}
		seen[g.Name] = true
	}
}

func (c *compiler) guardrail(in *v1alpha1.Guardrail) *guardrail {
	spec := field.NewPath("spec")
	out := &guardrail{name: in.Name}
	var mistakes field.ErrorList
	if in.Name == "" {
		mistakes = append(mistakes, field.Required(field.NewPath("metadata", "name"), "must be set"))
	}
	out.match, mistakes = compileMatch(in.Spec.Match, spec.Child("match"), mistakes)
	seen := map[string]bool{}
	for i := range in.Spec.Mutators {
		at := spec.Child("mutators").Index(i)
		mistakes = append(mistakes, duplicate(seen, at, in.Spec.Mutators[i].Name)...)
		m, wrong := c.mutator(&in.Spec.Mutators[i], at)
		out.mutators, mistakes = append(out.mutators, m), append(mistakes, wrong...)
	}
	slices.SortFunc(out.mutators, func(a, b mutator) int { return cmp.Compare(a.name, b.name) })
	clear(seen)
	for i := range in.Spec.Validators {
		at := spec.Child("validators").Index(i)
		mistakes = append(mistakes, duplicate(seen, at, in.Spec.Validators[i].Name)...)
		v, wrong := c.validator(&in.Spec.Validators[i], at)
		out.validators, mistakes = append(out.validators, v), append(mistakes, wrong...)
	}
	slices.SortFunc(out.validators, func(a, b validator) int { return cmp.Compare(a.name, b.name) })
	for i := range in.Spec.Rules {
		mistakes = append(mistakes, field.Forbidden(spec.Child("rules").Index(i), "must not be set: this version of Taffrail has no rules in CEL yet"))
	}
	if !c.report("Guardrail", in.Name, mistakes) {
		return nil
	}
	return out
}

func duplicate(seen map[string]bool, at *field.Path, name string) field.ErrorList {
	if seen[name] {
		return field.ErrorList{field.Duplicate(at.Child("name"), name)}
	}
	seen[name] = true
	return nil
}

func (c *compiler) mutator(in *v1alpha1.Mutator, at *field.Path) (mutator, field.ErrorList) {
	m, known := c.mutators[in.Name]
	if !known {
		return mutator{}, field.ErrorList{unknownName(at.Child("name"), in.Name, c.mutators)}
	}
	mutate, mistakes := construct(m.New, rawOf(in.Params), at.Child("params"))
	return mutator{name: m.Name, last: m.Last, mutate: mutate}, mistakes
}

func (c *compiler) validator(in *v1alpha1.Validator, at *field.Path) (validator, field.ErrorList) {
	v, known := c.validators[in.Name]
	if !known {
		return validator{}, field.ErrorList{unknownName(at.Child("name"), in.Name, c.validators)}
	}
	out := validator{
		name: v.Name, severity: v.Severity, resources: v.Resources,
		action: cmp.Or(in.Action, v1alpha1.Deny),
	}
	var mistakes field.ErrorList
	if actions := []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}; !slices.Contains(actions, out.action) {
		mistakes = append(mistakes, field.NotSupported(at.Child("action"), in.Action, actions))
	}
	if in.EnforceFrom != "" {
		date, err := parseDate(in.EnforceFrom)
		if err != nil {
			mistakes = append(mistakes, field.Invalid(at.Child("enforceFrom"), in.EnforceFrom, err.Error()))
		}
		out.enforceFrom, out.enforceFromText = date, in.EnforceFrom
	}
	if in.Except != nil {
		var wrong field.ErrorList
		out.except, wrong = compileExcept(in.Except, at.Child("except"))
		mistakes = append(mistakes, wrong...)
	}
	var wrong field.ErrorList
	out.validate, wrong = construct(v.New, rawOf(in.Params), at.Child("params"))
	if v.Narrow != nil && len(wrong) == 0 {
		out.resources, wrong = construct(v.Narrow, rawOf(in.Params), at.Child("params"))
	}
	return out, append(mistakes, wrong...)
}

// construct makes a check or a default of its parameters, and places what it
// finds wrong with them.
func construct[T any](constructor func(catalogue.Decode) (T, error), raw []byte, at *field.Path) (T, field.ErrorList) {
	made, err := constructor(func(into any) error {
		if len(raw) == 0 {
			return nil
		}
		strict, err := kjson.UnmarshalStrict(raw, into)
		if err != nil {
			return err
		}
		for i := range strict {
			strict[i] = fmt.Errorf("%w; the parameters are: %s", strict[i], parameterNames(constructor))
		}
		return errors.Join(strict...)
	})
	if err == nil {
		return made, nil
	}
	var mistakes field.ErrorList
	for _, e := range flatten(err) {
		if mistake, ok := errors.AsType[*field.Error](e); ok {
			placed := *mistake
			placed.Field = at.String()
			if mistake.Field != "" {
				placed.Field += "." + mistake.Field
			}
			mistakes = append(mistakes, &placed)
			continue
		}
		mistakes = append(mistakes, field.Invalid(at, field.OmitValueType{}, e.Error()))
	}
	return made, mistakes
}

func parameterNames[T any](constructor func(catalogue.Decode) (T, error)) string {
	var names []string
	for _, p := range catalogue.Parameters(constructor) {
		names = append(names, p.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func rawOf(params *runtime.RawExtension) []byte {
	if params == nil {
		return nil
	}
	return params.Raw
}

func unknownName[T any](at *field.Path, name string, known map[string]T) *field.Error {
	detail := "must be a name of the catalogue; `taffrail explain` lists them"
	if nearest := NearestName(name, slices.Sorted(maps.Keys(known))); nearest != "" {
		detail = fmt.Sprintf("must be a name of the catalogue; did you mean %q?", nearest)
	}
	return field.Invalid(at, name, detail)
}
