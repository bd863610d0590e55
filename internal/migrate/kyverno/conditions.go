package kyverno

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// conditions are those of deny and of preconditions: any and all must both hold, and a bare list is all.
func (s *scope) conditions(in any) (string, error) {
	switch in := in.(type) {
	case nil:
		return "true", nil
	case []any:
		var tests []string
		for _, item := range in {
			test, err := s.block(item)
			if err != nil {
				return "", err
			}
			tests = append(tests, test)
		}
		return policy.All(tests...), nil
	}
	return s.block(in)
}

func (s *scope) block(in any) (string, error) {
	block, is := in.(map[string]any)
	if !is {
		return "", fmt.Errorf("a condition is no map")
	}
	if _, single := block["operator"]; single {
		return s.condition(block)
	}
	tests := []string{}
	for _, name := range []string{"any", "all"} {
		list, given := block[name].([]any)
		if !given {
			continue
		}
		var each []string
		for _, item := range list {
			test, err := s.block(item)
			if err != nil {
				return "", err
			}
			each = append(each, test)
		}
		if name == "any" {
			tests = append(tests, policy.Any(each...))
		} else {
			tests = append(tests, policy.All(each...))
		}
	}
	for key := range block {
		if key != "any" && key != "all" {
			return "", fmt.Errorf("the field %s of a condition is not known", key)
		}
	}
	return policy.All(tests...), nil
}

// operand is what stands in key or value: a variable alone, or what is written there.
func (s *scope) operand(in any) (result, error) {
	text, is := in.(string)
	if !is {
		in = policy.Plain(in)
		if raw, _ := json.Marshal(in); strings.Contains(string(raw), "{{") {
			return result{}, fmt.Errorf("a list with variables in it is not translated here")
		}
		return result{known: true, constant: in, value: value{expression: policy.Literal(in)}}, nil
	}
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "{{") {
		return result{known: true, constant: text, value: value{expression: policy.Quote(text)}}, nil
	}
	inner, begins := strings.CutPrefix(text, "{{")
	inner, ends := strings.CutSuffix(inner, "}}")
	if !begins || !ends || strings.Contains(inner, "{{") {
		return result{}, fmt.Errorf("the text %q has a variable within", text)
	}
	n, err := parse(inner)
	if err != nil {
		return result{}, err
	}
	return s.evaluate(n, false)
}

func (s *scope) condition(block map[string]any) (string, error) {
	for field := range block {
		if !slices.Contains([]string{"key", "operator", "value", "message"}, field) {
			return "", fmt.Errorf("the field %s of a condition is not known", field)
		}
	}
	key, err := s.operand(block["key"])
	if err != nil {
		return "", err
	}
	with, err := s.operand(block["value"])
	if err != nil {
		return "", err
	}
	operator, _ := block["operator"].(string)
	switch operator {
	case "Equals", "Equal":
		return s.equals(key, with, false)
	case "NotEquals", "NotEqual":
		return s.equals(key, with, true)
	case "AnyIn", "In":
		return s.within(key, with, false, false)
	case "AllIn":
		return s.within(key, with, true, false)
	case "AnyNotIn":
		return s.within(key, with, false, true)
	case "AllNotIn", "NotIn":
		return s.within(key, with, true, true)
	case "GreaterThan", "GreaterThanOrEquals", "LessThan", "LessThanOrEquals":
		return s.order(key, with, map[string]string{
			"GreaterThan": ">", "GreaterThanOrEquals": ">=", "LessThan": "<", "LessThanOrEquals": "<=",
		}[operator])
	}
	return "", fmt.Errorf("the operator %s is not translated here", operator)
}

// there is a test of a key that must not be null: of that no condition holds.
func there(key result, test string) string {
	if key.stream != nil {
		return policy.All(key.stream.present, test)
	}
	return policy.All(key.present(), test)
}

// at is a key as a value that is there.
func at(key result) value {
	if key.optional {
		return value{key.expression + ".value()", false}
	}
	return key.value
}

func (s *scope) equals(key, with result, not bool) (string, error) {
	test, err := s.same(key, with)
	if not {
		test = policy.Not(test)
	}
	return there(key, test), err
}

func (s *scope) same(key, with result) (string, error) {
	switch {
	case key.stream != nil && with.known && fmt.Sprint(with.constant) == "[]":
		return policy.Not(key.stream.exists(func(value) string { return "true" })), nil
	case key.stream != nil || with.stream != nil:
		return "", fmt.Errorf("comparing a projection as a whole is beyond what is translated")
	case key.known && with.known:
		return "", fmt.Errorf("a condition on constants is beyond what is translated")
	case key.known:
		return "", fmt.Errorf("a condition whose key is constant is beyond what is translated")
	case !with.known:
		return at(key).expression + " == " + with.or("null"), nil
	}
	return sameAs(at(key), with.constant, key.number), nil
}

// sameAs compares a value with a constant: a text is a pattern, a quantity or a duration.
func sameAs(v value, constant any, number bool) string {
	switch constant := constant.(type) {
	case string:
		if isAmount(constant) {
			return asAmount(v, equal(constant, v))
		}
		return equal(constant, v)
	case int64, float64:
		if number {
			return v.expression + " == " + policy.Literal(constant)
		}
		return "[string(" + v.expression + ")].exists(t, " + quantityIs("t", "==", fmt.Sprint(constant)) + ")"
	}
	return "dyn(" + v.expression + ") == " + policy.Literal(constant)
}

// within asks whether items of the key are among those of a list.
func (s *scope) within(key, with result, all, not bool) (string, error) {
	var among func(value) string
	switch {
	case with.known:
		list, is := with.constant.([]any)
		if !is {
			list = []any{with.constant}
			if text, is := with.constant.(string); is && strings.HasPrefix(text, "[") {
				if json.Unmarshal([]byte(text), &list) != nil {
					return "", fmt.Errorf("the list %q cannot be read", text)
				}
			}
		}
		test, err := oneOf(list)
		if err != nil {
			return "", err
		}
		among = test
	case with.stream != nil:
		among = func(item value) string {
			return with.stream.exists(func(other value) string { return "string(" + other.expression + ") == string(" + item.expression + ")" })
		}
	default:
		among = func(item value) string { return item.expression + " in " + cmp.Or(with.items, with.or("[]")) }
	}
	test := func(item value) string {
		if not {
			return policy.Not(among(item))
		}
		return among(item)
	}
	switch {
	case key.stream != nil:
		return there(key, key.stream.quantor(all, test)), nil
	case key.known:
		return test(key.value), nil
	}
	return there(key, test(at(key))), nil
}

// oneOf is a test whether a text is one of some, each of which may be a pattern or a range.
func oneOf(list []any) (func(value) string, error) {
	var patterns, ranges []string
	for _, item := range list {
		switch item.(type) {
		case map[string]any, []any:
			return nil, fmt.Errorf("a list of maps is not translated here")
		}
		text := fmt.Sprint(item)
		if between().MatchString(text) {
			ranges = append(ranges, text)
			continue
		}
		patterns = append(patterns, text)
	}
	return func(item value) string {
		var tests []string
		if len(patterns) > 0 {
			x := "string(" + item.expression + ")"
			if item.expression == "request.operation" {
				x = item.expression
			}
			tests = append(tests, policy.AnyGlob(x, patterns))
		}
		for _, r := range ranges {
			tests = append(tests, asAmount(item, termOf(r, item)))
		}
		return policy.Any(tests...)
	}, nil
}

func (s *scope) order(key, with result, operator string) (string, error) {
	if key.stream != nil || key.known || !with.known {
		return "", fmt.Errorf("ordering these is beyond what is translated")
	}
	if key.number {
		switch n := with.constant.(type) {
		case int64:
			return key.expression + " " + operator + " " + policy.Literal(n), nil
		case string:
			return quantityIs("string("+key.expression+")", operator, n), nil
		}
	}
	switch with.constant.(type) {
	case string, int64, float64:
		return there(key, asAmount(at(key), ordered(operator, fmt.Sprint(with.constant)))), nil
	}
	return "", fmt.Errorf("ordering these is beyond what is translated")
}
