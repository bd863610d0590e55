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
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// DefaultExcludedNamespaces are never matched: what keeps the cluster and
// Taffrail itself alive must come up while Taffrail is down.
var DefaultExcludedNamespaces = []string{"kube-system", "kube-public", "kube-node-lease", names.Namespace}

// ExcludedNamespaces are those that are never matched, and more. There is no way
// to have fewer: without its own namespace Taffrail could not start while it is
// down.
func ExcludedNamespaces(more ...string) []string {
	all := slices.Clone(DefaultExcludedNamespaces)
	for _, name := range more {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

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
	// AllFindings keeps every finding in a Decision, however many there are. A server
	// must not: the objects that it evaluates are anybody's.
	AllFindings bool
}

// Compile makes a Set. The error lists every mistake in every object; there is
// no Set then.
func Compile(objects Objects, options Options) (*Set, error) {
	set := newSet(options)
	c := newCompiler(ruleNames(objects.Guardrails), set.now())
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
	// rules are the names of rules in CEL, which Exemptions may name.
	rules map[string]bool
	// now is when an Exemption that does not know it was created.
	now      time.Time
	mistakes []error
	// stored says that the objects are a cluster's already, where mistakes that
	// earlier versions took for none do not put a Guardrail out of force; they are
	// in notices.
	stored  bool
	notices []error
	// aside are the mistakes of single entries, which take nothing else of a stored Guardrail out of force.
	aside field.ErrorList
}

func newCompiler(rules map[string]bool, now time.Time) *compiler {
	checks, defaults := catalogued()
	return &compiler{validators: checks, mutators: defaults, rules: rules, now: now}
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
	refused := 0
	for _, mistake := range mistakes {
		if c.stored && params.IsFormer(mistake) {
			c.notices = append(c.notices, printable.Error(fmt.Errorf("%w: counts for what is written there alone", mistake)))
			continue
		}
		c.mistakes = append(c.mistakes, printable.Error(fmt.Errorf("%s %q: %w", kind, name, mistake)))
		refused++
	}
	return refused == 0
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
	out := &guardrail{name: printable.Text(in.Name), rules: in.Spec.Rules}
	var mistakes field.ErrorList
	if in.Name == "" {
		mistakes = append(mistakes, field.Required(field.NewPath("metadata", "name"), "must be set"))
	}
	if n := cel.Bytes(&in.Spec); n > cel.MaxGuardrailBytes {
		c.report("Guardrail", in.Name, append(mistakes, field.Invalid(spec, field.OmitValueType{}, fmt.Sprintf(
			"must not have more than %d bytes of expressions, has %d: make two Guardrails of it", cel.MaxGuardrailBytes, n))))
		return nil // to compile them is what is to be avoided
	}
	out.match, mistakes = compileMatch(in.Spec.Match, spec.Child("match"), mistakes)
	out.exemptions, mistakes = compilePolicy(in.Spec.Exemptions, spec.Child("exemptions"), mistakes)
	out.overrides, mistakes = compileOverrides(in.Spec.NamespaceOverrides, spec.Child("namespaceOverrides"), mistakes)
	seen := map[string]bool{}
	for i := range in.Spec.Mutators {
		at := spec.Child("mutators").Index(i)
		mistakes = append(mistakes, duplicate(seen, at, in.Spec.Mutators[i].Name)...)
		m, wrong := c.mutator(&in.Spec.Mutators[i], at)
		if c.setAside(wrong) {
			continue
		}
		out.mutators, mistakes = append(out.mutators, m), append(mistakes, wrong...)
	}
	slices.SortFunc(out.mutators, func(a, b mutator) int { return cmp.Compare(a.name, b.name) })
	clear(seen)
	for i := range in.Spec.Validators {
		at := spec.Child("validators").Index(i)
		mistakes = append(mistakes, duplicate(seen, at, in.Spec.Validators[i].Name)...)
		v, wrong := c.validator(&in.Spec.Validators[i], at)
		if c.setAside(wrong) {
			continue
		}
		out.validators, mistakes = append(out.validators, v), append(mistakes, wrong...)
	}
	slices.SortFunc(out.validators, func(a, b validator) int { return cmp.Compare(a.name, b.name) })
	clear(seen)
	for i := range in.Spec.Rules {
		at := spec.Child("rules").Index(i)
		mistakes = append(mistakes, duplicate(seen, at, in.Spec.Rules[i].Name)...)
		v, wrong := c.rule(&in.Spec.Rules[i], at)
		if c.setAside(wrong) {
			continue
		}
		out.validators, mistakes = append(out.validators, v), append(mistakes, wrong...)
	}
	if len(out.validators)+len(out.mutators) == 0 { // nothing would be left of it
		mistakes, c.aside = append(mistakes, c.aside...), nil
	}
	if !c.report("Guardrail", in.Name, mistakes) {
		c.report("Guardrail", in.Name, c.aside)
		return nil
	}
	return out
}

// setAside leaves out an entry of a stored Guardrail that cannot be enforced. It may be one that a newer version has written:
// all else in that Guardrail must stay in force while versions change, or an upgrade would be a hole.
func (c *compiler) setAside(wrong field.ErrorList) bool {
	if !c.stored || !slices.ContainsFunc(wrong, func(m *field.Error) bool { return !params.IsFormer(m) }) {
		return false
	}
	c.aside = append(c.aside, wrong...)
	return true
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
	out := validator{name: v.Name, severity: v.Severity, resources: v.Resources}
	mistakes := out.setAction(in.Action, in.EnforceFrom, at)
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

// setAction says what follows from a finding, and from when on.
func (v *validator) setAction(action v1alpha1.Action, enforceFrom string, at *field.Path) field.ErrorList {
	var mistakes field.ErrorList
	v.action = cmp.Or(action, v1alpha1.Deny)
	if actions := []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}; !slices.Contains(actions, v.action) {
		mistakes = append(mistakes, field.NotSupported(at.Child("action"), action, actions))
	}
	if enforceFrom != "" {
		date, err := parseDate(enforceFrom)
		if err != nil {
			mistakes = append(mistakes, field.Invalid(at.Child("enforceFrom"), enforceFrom, err.Error()))
		}
		v.enforceFrom, v.enforceFromText = date, enforceFrom
	}
	return mistakes
}

// construct makes a check or a default of its parameters, and places what it
// finds wrong with them.
func construct[T any](constructor func(params.Decode) (T, error), raw []byte, at *field.Path) (T, field.ErrorList) {
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

func parameterNames[T any](constructor func(params.Decode) (T, error)) string {
	var names []string
	for _, p := range params.Describe(constructor) {
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
	return mustBe("a name of the catalogue", at, name, slices.Collect(maps.Keys(known)))
}

func mustBe(what string, at *field.Path, name string, names []string) *field.Error {
	detail := "must be " + what + "; `taffrail explain` lists them"
	slices.Sort(names) // so that of two that are as near it is always the same
	if nearest := NearestName(name, names); nearest != "" {
		detail = fmt.Sprintf("must be %s; did you mean %q?", what, nearest)
	}
	return field.Invalid(at, name, detail)
}
