package kyverno

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// result is what an expression of JMESPath yields, in CEL: one value, or a stream of values that is
// only ever asked whether some or all of them are something.
type result struct {
	value
	stream *stream
	// constant is a value that is written in the policy.
	constant any
	known    bool
	// items is the value as a list, where it is another one as a value.
	items string
	// number says that it is one, whatever the object holds.
	number bool
}

// scope is what names stand for.
type scope struct {
	c       *compiler
	names   map[string]result
	current *result
	// strict says that what is missing in a plain path is an error, as it is in Kyverno.
	strict bool
}

// evaluate translates an expression. Lenient is one within functions, alternatives and projections,
// where what is missing is null.
func (s *scope) evaluate(n *node, lenient bool) (result, error) {
	switch n.kind {
	case "text":
		return result{known: true, constant: n.name, value: value{expression: policy.Quote(n.name)}}, nil
	case "json":
		var out any
		if err := json.Unmarshal([]byte(n.name), &out); err != nil {
			out = n.name
		}
		out = policy.Plain(out)
		return result{known: true, constant: out, value: value{expression: policy.Literal(out)}}, nil
	case "current":
		if s.current == nil {
			return result{}, fmt.Errorf("@ stands for nothing here")
		}
		return *s.current, nil
	case "field":
		return s.field(n, lenient)
	case "index":
		return s.index(n, lenient)
	case "flatten", "filter":
		return s.project(n)
	case "list":
		return s.union(n)
	case "pipe":
		return s.pipe(n)
	case "each":
		return s.each(n)
	case "or":
		return s.or(n)
	case "call":
		return s.call(n)
	}
	test, err := s.truth(n)
	return result{value: value{expression: test}}, err
}

func (s *scope) field(n *node, lenient bool) (result, error) {
	if n.of[0] == nil {
		if s.current != nil {
			return s.below(*s.current, n.name, lenient)
		}
		if found, is := s.names[n.name]; is {
			return found, nil
		}
		return result{}, fmt.Errorf("the variable %s is not among those that are translated", n.name)
	}
	if known, is := s.names[path(n)]; is {
		return known, nil
	}
	of, err := s.evaluate(n.of[0], lenient)
	if err != nil {
		return result{}, err
	}
	return s.below(of, n.name, lenient)
}

// path is a plain path as a text.
func path(n *node) string {
	if n == nil || n.kind != "field" {
		return ""
	}
	if above := path(n.of[0]); above != "" {
		return above + "." + n.name
	}
	if n.of[0] == nil {
		return n.name
	}
	return ""
}

func (s *scope) below(of result, name string, lenient bool) (result, error) {
	switch {
	case of.stream != nil:
		return result{stream: of.stream.field(name)}, nil
	case of.known || of.expression == "":
		return result{}, fmt.Errorf("%s is a field of what has none", name)
	case !lenient && !of.optional && identifier(name) && s.strict:
		return result{value: value{expression: of.expression + "." + name}}, nil
	case !lenient && !of.optional && s.strict:
		return result{value: value{expression: of.expression + "[" + policy.Quote(name) + "]"}}, nil
	}
	return result{value: of.field(name)}, nil
}

func (s *scope) index(n *node, lenient bool) (result, error) {
	of, err := s.evaluate(n.of[0], lenient)
	if err != nil || of.stream != nil {
		return result{}, orElse(err, "an item of a projection")
	}
	return result{value: value{fmt.Sprintf("%s[?%d]", of.expression, n.n), true}}, nil
}

func orElse(err error, what string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is beyond what is translated", what)
}

// project is [] and [?condition].
func (s *scope) project(n *node) (result, error) {
	of, err := s.evaluate(n.of[0], true)
	if err != nil {
		return result{}, err
	}
	if n.kind == "filter" {
		return s.filter(s.list(of), n.of[1])
	}
	if of.stream == nil {
		return result{stream: s.list(of)}, nil
	}
	if of.stream.size == unioned { // [a, b][]: the items of each
		return of, nil
	}
	outer := of.stream
	return result{stream: &stream{present: outer.present, quantor: func(all bool, test func(value) string) string {
		return outer.quantor(all, func(list value) string {
			e := s.c.variable()
			items := list.expression + macro(all) + "(" + e + ", " + test(value{e, false}) + ")"
			if outer.nested {
				return items
			}
			return "(type(dyn(" + list.expression + ")) == list ? " + items + " : " + test(list) + ")"
		})
	}}}, nil
}

func (s *scope) filter(of *stream, condition *node) (result, error) {
	if _, err := s.of(value{"v0", false}).truth(condition); err != nil {
		return result{}, err
	}
	return result{stream: &stream{present: of.present, quantor: func(all bool, test func(value) string) string {
		return of.quantor(all, func(item value) string {
			fits, _ := s.of(item).truth(condition)
			if all {
				return policy.Any(policy.Not(fits), test(item))
			}
			return policy.All(fits, test(item))
		})
	}}}, nil
}

// of is the scope in which names are fields of a value.
func (s *scope) of(current value) *scope {
	inner := *s
	inner.current, inner.strict = &result{value: current}, false
	return &inner
}

// unioned is the size of a list of lists before [] makes one of them.
const unioned = "?"

// union is [a, b, c]: with [] behind it the items of those that are there.
func (s *scope) union(n *node) (result, error) {
	var parts []*stream
	for _, item := range n.of {
		one, err := s.evaluate(item, true)
		if err != nil {
			return result{}, err
		}
		if one.known {
			return result{}, fmt.Errorf("a list of constants is beyond what is translated")
		}
		parts = append(parts, s.list(one))
	}
	return result{stream: &stream{present: "true", size: unioned, quantor: func(all bool, test func(value) string) string {
		var tests []string
		for _, part := range parts {
			tests = append(tests, part.quantor(all, test))
		}
		if all {
			return policy.All(tests...)
		}
		return policy.Any(tests...)
	}}}, nil
}

func (s *scope) pipe(n *node) (result, error) {
	left, err := s.evaluate(n.of[0], true)
	if err != nil {
		return result{}, err
	}
	inner := *s
	inner.current, inner.strict = &left, false
	return inner.evaluate(n.of[1], true)
}

// each is a function of each item of a projection, or of a value.
func (s *scope) each(n *node) (result, error) {
	left, err := s.evaluate(n.of[0], true)
	if err != nil {
		return result{}, err
	}
	if left.stream == nil {
		return s.of(left.value).evaluate(n.of[1], true)
	}
	probe, err := s.of(value{"v0", false}).evaluate(n.of[1], true)
	if err != nil || probe.stream == nil {
		return result{}, orElse(err, "a function of each item that yields no list")
	}
	return result{stream: &stream{present: left.stream.present, size: unioned, quantor: func(all bool, test func(value) string) string {
		return left.stream.quantor(all, func(item value) string {
			inner, _ := s.of(item).evaluate(n.of[1], true) // as it has been before
			return inner.stream.quantor(all, test)
		})
	}}}, nil
}

// or goes right on what is missing or empty.
func (s *scope) or(n *node) (result, error) {
	left, err := s.evaluate(n.of[0], true)
	if err != nil {
		return result{}, err
	}
	right, err := s.evaluate(n.of[1], true)
	switch {
	case err != nil:
		return result{}, err
	case left.expression == "request.operation":
		return left, nil // it always is something
	case left.stream != nil && right.known && fmt.Sprint(right.constant) == "[]":
		whole := *left.stream
		whole.present = "true"
		return result{stream: &whole}, nil
	case left.stream != nil && right.known && isScalar(right.constant):
		return result{stream: left.stream.otherwise(right.value)}, nil
	case left.stream != nil || right.stream != nil:
		return result{}, fmt.Errorf("alternatives of projections are beyond what is translated")
	case !left.optional:
		return result{value: value{expression: "(" + left.expression + ` in [dyn(null), dyn(""), dyn(false)] ? dyn(` + right.or("null") + ") : dyn(" + left.expression + "))"}}, nil
	case right.known && slices.Contains([]string{"map[]", "[]", "", "false", "<nil>"}, fmt.Sprint(right.constant)):
		// Of what is empty one stands for all.
		return result{value: value{expression: left.or(right.expression)}, items: left.or("[]")}, nil
	}
	fallback := right.or("null")
	return result{value: value{expression: "dyn(" + left.or(fallback) + ` in [dyn(null), dyn(""), dyn(false), dyn([]), dyn({})] ? dyn(` + fallback + ") : dyn(" + left.or(fallback) + "))"}}, nil
}

func isScalar(constant any) bool {
	switch constant.(type) {
	case string, bool, int64, float64:
		return true
	}
	return false
}

// call is a function.
func (s *scope) call(n *node) (result, error) {
	var args []result
	for _, item := range n.of {
		one, err := s.evaluate(item, true)
		if err != nil {
			return result{}, err
		}
		args = append(args, one)
	}
	made := func(expression string) (result, error) { return result{value: value{expression: expression}}, nil }
	switch {
	case n.name == "length" && len(args) == 1 && args[0].stream == nil:
		return result{number: true, value: value{expression: "size(" + args[0].or("[]") + ")"}}, nil
	case n.name == "length" && len(args) == 1 && args[0].stream.size != "" && args[0].stream.size != unioned:
		return result{number: true, value: value{expression: args[0].stream.size}}, nil
	case n.name == "keys" && len(args) == 1 && args[0].stream == nil:
		return result{stream: s.list(result{value: value{expression: args[0].or("{}")}})}, nil
	case (n.name == "to_lower" || n.name == "to_upper") && len(args) == 1 && args[0].stream == nil:
		function := map[string]string{"to_lower": "lowerAscii", "to_upper": "upperAscii"}[n.name]
		return made(args[0].or(`""`) + "." + function + "()")
	case n.name == "to_string" && len(args) == 1 && args[0].stream == nil:
		return made("string(" + args[0].or(`""`) + ")")
	}
	if test, err := s.predicate(n.name, args); err == nil {
		return made(test)
	}
	return result{}, fmt.Errorf("the function %s of JMESPath is not translated here", n.name)
}

// predicate is a function that is true or false.
func (s *scope) predicate(name string, args []result) (string, error) {
	if len(args) != 2 {
		return "", fmt.Errorf("%s has other arguments", name)
	}
	a, b := args[0], args[1]
	switch {
	case name == "contains" && b.stream == nil && a.stream != nil:
		return a.stream.exists(func(item value) string { return item.expression + " == " + b.or("null") }), nil
	case a.stream != nil || b.stream != nil:
	case name == "contains" && a.known:
		return b.or(`""`) + " in " + a.expression, nil
	case name == "contains":
		x := "dyn(" + a.or(`""`) + ")"
		return "(type(" + x + ") == string ? string(" + x + ").contains(" + b.or(`""`) + ") : " + b.or("null") + " in " + x + ")", nil
	case name == "starts_with":
		return a.or(`""`) + ".startsWith(" + b.or(`""`) + ")", nil
	case name == "ends_with":
		return a.or(`""`) + ".endsWith(" + b.or(`""`) + ")", nil
	case name == "regex_match" && a.known:
		return "string(" + b.or(`""`) + ").matches(" + a.expression + ")", nil
	}
	return "", fmt.Errorf("%s is beyond what is translated", name)
}

// truth is an expression as a condition.
func (s *scope) truth(n *node) (string, error) {
	switch n.kind {
	case "not":
		test, err := s.truth(n.of[0])
		return policy.Not(test), err
	case "and", "or":
		left, err := s.truth(n.of[0])
		if err != nil {
			return "", err
		}
		right, err := s.truth(n.of[1])
		if n.kind == "and" {
			return policy.All(left, right), err
		}
		return policy.Any(left, right), err
	case "cmp":
		return s.compare(n)
	case "call":
		if slices.Contains([]string{"contains", "starts_with", "ends_with", "regex_match"}, n.name) {
			r, err := s.call(n)
			return r.expression, err
		}
	}
	r, err := s.evaluate(n, true)
	switch {
	case err != nil:
		return "", err
	case r.stream != nil:
		return r.stream.exists(func(value) string { return "true" }), nil
	case r.known:
		return fmt.Sprint(r.constant != nil && r.constant != false && r.constant != ""), nil
	}
	return policy.All(r.present(), "!("+strings.TrimSuffix(r.or("null"), " ")+` in [dyn(null), dyn(""), dyn(false), dyn([]), dyn({})])`), nil
}

func (s *scope) compare(n *node) (string, error) {
	left, err := s.evaluate(n.of[0], true)
	if err != nil {
		return "", err
	}
	right, err := s.evaluate(n.of[1], true)
	if err != nil || left.stream != nil || right.stream != nil {
		return "", orElse(err, "comparing projections")
	}
	if n.name == "==" || n.name == "!=" {
		return left.or("null") + " " + n.name + " " + right.or("null"), nil
	}
	return left.or("0") + " " + n.name + " " + right.or("0"), nil
}
