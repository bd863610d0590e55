package kyverno

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// verdict is what a pattern says of a value, in CEL: it passes, or it is skipped, which admits as well.
// What neither passes nor is skipped fails.
type verdict struct{ pass, skip, admits string }

// skips tells whether it can be skipped at all.
func (v verdict) skips() bool { return v.skip != "false" }

// value is an expression, which may be one that is optional.
type value struct {
	expression string
	optional   bool
}

// field is a field of it, which may be missing.
func (v value) field(name string) value {
	if identifier(name) {
		return value{v.expression + ".?" + name, true}
	}
	return value{v.expression + "[?" + policy.Quote(name) + "]", true}
}

func (v value) present() string {
	if v.optional {
		return v.expression + ".hasValue()"
	}
	return "true"
}

// there is the value of which it is known that it is not missing.
func (v value) there() value {
	if v.optional {
		return value{v.expression + ".value()", false}
	}
	return v
}

func (v value) or(fallback string) string {
	if v.optional {
		return v.expression + ".orValue(" + fallback + ")"
	}
	return v.expression
}

func identifier(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && !slices.Contains(reserved, name)
}

// reserved are the words that no field may be called in CEL.
var reserved = strings.Fields("true false null in as break const continue else for function if import let loop package namespace return var void while")

// compiler makes expressions. Its variables of macros have names of their own, each once.
type compiler struct {
	variables int
	// differs is told of what is translated by its intent.
	differs func(string)
}

func (c *compiler) variable() string {
	c.variables++
	return fmt.Sprintf("v%d", c.variables)
}

// pattern is what a pattern says of a value.
func (c *compiler) pattern(p any, v value) (verdict, error) {
	switch p := p.(type) {
	case map[string]any:
		return c.mapPattern(p, v)
	case []any:
		return c.listPattern(p, v)
	}
	test, err := c.scalar(p, v)
	return never(test), err
}

// anchor is how a key of a pattern is meant.
func anchor(key string) (kind, name string) {
	for _, kind := range []string{"<(", "=(", "X(", "^(", "+(", "("} {
		if inner, is := strings.CutPrefix(key, kind); is && strings.HasSuffix(inner, ")") {
			return kind, strings.TrimSuffix(inner, ")")
		}
	}
	return "", key
}

// never is a test that is never skipped.
func never(test string) verdict { return verdict{test, "false", test} }

// below is what a pattern says of a field. A scalar is held against each item of a list.
func (c *compiler) below(name string, p any, of value) (verdict, error) {
	switch p.(type) {
	case map[string]any, []any, nil:
	default:
		if slices.Contains(lists, name) {
			return c.listPattern([]any{p}, of)
		}
	}
	return c.pattern(p, of)
}

// lists are the fields of Kubernetes that are lists of scalars.
var lists = strings.Fields(`add drop command args finalizers accessModes verbs resources apiGroups resourceNames
	nonResourceURLs externalIPs loadBalancerSourceRanges nameservers searches supplementalGroups policyTypes
	mountOptions hostnames ipFamilies namespaces topologyKeys`)

// mapPattern follows the order in which Kyverno compares keys: anchors first, and then the others,
// those with anchors below in descending order before the rest in ascending order.
func (c *compiler) mapPattern(p map[string]any, v value) (verdict, error) {
	conditions, rest := "true", []string{}
	for _, key := range slices.Sorted(maps.Keys(p)) {
		kind, name := anchor(key)
		if kind == "" || kind == "<(" {
			continue
		}
		if kind == "+(" {
			return verdict{}, fmt.Errorf("the anchor %s is one of mutations", key)
		}
		if policy.IsGlob(name) && kind != "X(" && kind != "=(" {
			return verdict{}, fmt.Errorf("the anchor %s has a wildcard", key)
		}
		test, err := c.anchored(kind, name, p[key], v)
		if err != nil {
			return verdict{}, err
		}
		if kind == "(" {
			conditions = policy.All(conditions, test)
		} else {
			rest = append(rest, test)
		}
	}
	out, err := c.sequence(p, v)
	if err != nil {
		return verdict{}, err
	}
	out.pass = policy.All(append(rest, out.pass)...)
	out.skip = policy.All(append(rest, out.skip)...)
	out.admits = policy.All(append(rest, out.admits)...)
	if conditions != "true" {
		otherwise := policy.Not(conditions)
		out = verdict{policy.All(conditions, out.pass), policy.Any(otherwise, out.skip), policy.Any(otherwise, out.admits)}
	}
	if conditions != "true" || needsMap(p) {
		out = verdict{policy.All(v.present(), out.pass), policy.All(v.present(), out.skip), policy.All(v.present(), out.admits)}
	}
	return out, nil
}

// needsMap tells whether a map must be asked for: a key that must be there asks for it as well.
func needsMap(p map[string]any) bool {
	for key, below := range p {
		if kind, name := anchor(key); kind == "" && !policy.IsGlob(name) && !acceptsAbsent(below) {
			return false
		}
	}
	return true
}

func acceptsAbsent(p any) bool {
	switch p.(type) {
	case map[string]any, []any, bool:
		return false
	}
	return true
}

// anchored is what an anchor asks of a field.
func (c *compiler) anchored(kind, name string, p any, v value) (string, error) {
	if kind == "X(" {
		if policy.IsGlob(name) {
			key := c.variable()
			return "!" + v.or("{}") + ".exists(" + key + ", " + policy.Glob(key, name) + ")", nil
		}
		return policy.Not(v.field(name).present()), nil
	}
	if policy.IsGlob(name) {
		key := c.variable()
		test, err := c.scalar(p, value{v.or("{}") + "[" + key + "]", false})
		c.differs("Every key that fits a pattern of keys is held against it; there any one of them.")
		return v.or("{}") + ".all(" + key + ", " + policy.Any(policy.Not(policy.Glob(key, name)), test) + ")", err
	}
	of := v.field(name)
	if kind == "^(" {
		return c.existence(p, of)
	}
	// A test of a scalar under an anchor asks nothing of what is absent.
	inner, err := c.below(name, p, of.there())
	if err != nil {
		return "", err
	}
	if kind == "(" {
		return policy.All(of.present(), inner.pass), nil
	}
	if inner.skips() {
		c.differs("A part that is skipped leaves the other parts of its pattern in force; there it can take them out.")
	}
	return policy.Any(policy.Not(of.present()), inner.admits), nil
}

// existence wants for each item of the pattern an item of the list.
func (c *compiler) existence(p any, of value) (string, error) {
	items, is := p.([]any)
	if !is {
		return "", fmt.Errorf("the anchor ^() goes with lists")
	}
	tests := []string{}
	for _, item := range items {
		e := c.variable()
		inner, err := c.pattern(item, value{e, false})
		if err != nil {
			return "", err
		}
		tests = append(tests, of.or("[]")+".exists("+e+", "+inner.pass+")")
	}
	return policy.Any(policy.Not(of.present()), policy.All(tests...)), nil
}

// sequence are the keys without an anchor and those of global conditions: the first that does not pass
// decides.
func (c *compiler) sequence(p map[string]any, v value) (verdict, error) {
	var first, then []string
	for _, key := range slices.Sorted(maps.Keys(p)) {
		kind, _ := anchor(key)
		switch {
		case kind != "" && kind != "<(":
		case kind == "<(" || anchorsBelow(p[key]):
			first = append(first, key)
		default:
			then = append(then, key)
		}
	}
	slices.Reverse(first)
	out := never("true")
	keys := append(first, then...)
	for _, key := range slices.Backward(keys) {
		kind, name := anchor(key)
		one, err := c.key(kind, name, p[key], v)
		if err != nil {
			return verdict{}, err
		}
		admits := policy.Any(one.skip, policy.All(one.pass, out.admits))
		if out.admits == "true" {
			admits = one.admits
		}
		out = verdict{policy.All(one.pass, out.pass), policy.Any(one.skip, policy.All(one.pass, out.skip)), admits}
	}
	return out, nil
}

func (c *compiler) key(kind, name string, p any, v value) (verdict, error) {
	if kind == "" && policy.IsGlob(name) {
		return c.someKey(name, p, v)
	}
	of := v.field(name)
	if kind != "<(" {
		return c.below(name, p, of)
	}
	inner, err := c.below(name, p, of.there())
	passes := policy.Any(policy.Not(of.present()), inner.pass)
	return verdict{passes, policy.Not(passes), "true"}, err
}

// someKey wants one key that fits, with a value that does.
func (c *compiler) someKey(name string, p any, v value) (verdict, error) {
	key := c.variable()
	test, err := c.scalar(p, value{v.or("{}") + "[" + key + "]", false})
	if err != nil {
		return verdict{}, err
	}
	return never(v.or("{}") + ".exists(" + key + ", " + policy.All(policy.Glob(key, name), test) + ")"), nil
}

func anchorsBelow(p any) bool {
	switch p := p.(type) {
	case map[string]any:
		for key, below := range p {
			if kind, _ := anchor(key); kind != "" || anchorsBelow(below) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(p, anchorsBelow)
	}
	return false
}

// listPattern holds the first item of a pattern against each item of a list.
func (c *compiler) listPattern(p []any, v value) (verdict, error) {
	if len(p) == 0 {
		return never("false"), nil
	}
	if _, nested := p[0].([]any); nested {
		return verdict{}, fmt.Errorf("a list of lists is compared by its places")
	}
	e := c.variable()
	inner, err := c.pattern(p[0], value{e, false})
	if err != nil {
		return verdict{}, err
	}
	present := func(test string) string { return policy.All(v.present(), test) }
	list := v.or("[]")
	all := func(test string) string { return list + ".all(" + e + ", " + test + ")" }
	if v.optional && !inner.skips() {
		// A list that is missing is as one with an item that fails.
		return never(present(v.there().expression + ".all(" + e + ", " + inner.pass + ")")), nil
	}
	if !inner.skips() {
		return never(all(inner.pass)), nil
	}
	applies := policy.Any("size("+list+") == 0", list+".exists("+e+", "+inner.pass+")")
	return verdict{
		present(policy.All(all(inner.admits), applies)),
		present(policy.All("size("+list+") > 0", all(inner.skip))),
		present(all(inner.admits)),
	}, nil
}
