package kyverno

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
)

// said is what a pattern says of a value. The interpreter is written from Kyverno's documentation, and
// shares nothing with the compiler but how a key is split into anchor and name.
type said int

const (
	passes said = iota
	fails
	skips
)

// absent is a value that is not there.
type absent struct{}

func interpret(p, v any) said {
	switch p := p.(type) {
	case map[string]any:
		return interpretMap(p, v)
	case []any:
		return interpretList(p, v)
	}
	if list, is := v.([]any); is {
		for _, item := range list {
			if interpret(p, item) != passes {
				return fails
			}
		}
		return passes
	}
	return decided(interpretScalar(p, v))
}

func decided(ok bool) said {
	if ok {
		return passes
	}
	return fails
}

func interpretMap(p map[string]any, v any) said {
	object, is := v.(map[string]any)
	if !is {
		return fails
	}
	get := func(name string) any {
		if below, there := object[name]; there {
			return below
		}
		return absent{}
	}
	keys := slices.Sorted(maps.Keys(p))
	failed := false
	for _, key := range keys { // conditions come first in the order of bytes
		kind, name := anchor(key)
		below := get(name)
		_, missing := below.(absent)
		switch kind {
		case "(":
			if missing || interpret(p[key], below) != passes {
				return skips
			}
		case "=(":
			failed = failed || !missing && interpret(p[key], below) == fails
		case "X(":
			failed = failed || !missing
		case "^(":
			failed = failed || !missing && !existsIn(p[key].([]any), below)
		}
	}
	if failed {
		return fails
	}
	var first, then []string
	for _, key := range keys {
		switch kind, _ := anchor(key); {
		case kind == "<(" || kind == "" && anchorsBelow(p[key]):
			first = append(first, key)
		case kind == "":
			then = append(then, key)
		}
	}
	slices.Reverse(first)
	for _, key := range append(first, then...) {
		kind, name := anchor(key)
		below := get(name)
		_, missing := below.(absent)
		switch {
		case kind == "<(" && missing:
		case kind == "<(":
			if interpret(p[key], below) != passes {
				return skips
			}
		default:
			if what := interpret(p[key], below); what != passes {
				return what
			}
		}
	}
	return passes
}

func existsIn(patterns []any, v any) bool {
	list, is := v.([]any)
	if !is {
		return false
	}
	for _, p := range patterns {
		if !slices.ContainsFunc(list, func(item any) bool { return interpret(p, item) == passes }) {
			return false
		}
	}
	return true
}

func interpretList(p []any, v any) said {
	list, is := v.([]any)
	if !is || len(p) == 0 {
		return fails
	}
	applied, skipped := 0, 0
	for _, item := range list {
		switch interpret(p[0], item) {
		case fails:
			return fails
		case skips:
			skipped++
		default:
			applied++
		}
	}
	if skipped > 0 && applied == 0 {
		return skips
	}
	return passes
}

func interpretScalar(p, v any) bool {
	_, missing := v.(absent)
	switch p := p.(type) {
	case nil:
		list, isList := v.([]any)
		return missing || v == nil || v == "" || v == false || v == int64(0) || isList && len(list) == 0
	case bool:
		return v == p
	case int64:
		return !missing && quantities(fmt.Sprint(v), fmt.Sprint(p), "==")
	case string:
		if p == "*" {
			return !missing && v != nil
		}
		for alternative := range strings.SplitSeq(p, "|") {
			all := true
			for term := range strings.SplitSeq(alternative, "&") {
				all = all && interpretTerm(strings.TrimSpace(term), v)
			}
			if all {
				return true
			}
		}
	}
	return false
}

var rangeOf = regexp.MustCompile(`^([-+]?\d+(?:\.\d+)?[A-Za-z]*)(!?)-([-+]?\d+(?:\.\d+)?[A-Za-z]*)$`)

func interpretTerm(term string, v any) bool {
	if m := rangeOf.FindStringSubmatch(term); m != nil {
		if m[2] == "!" {
			return compared(v, "<", m[1]) || compared(v, ">", m[3])
		}
		return compared(v, ">=", m[1]) && compared(v, "<=", m[3])
	}
	for _, operator := range []string{">=", "<=", ">", "<"} {
		if operand, is := strings.CutPrefix(term, operator); is {
			return compared(v, operator, strings.TrimSpace(operand))
		}
	}
	if operand, is := strings.CutPrefix(term, "!"); is {
		return compared(v, "!=", strings.TrimSpace(operand))
	}
	return compared(v, "==", term)
}

// compared compares as durations, as quantities or, to be equal or not, as texts.
func compared(v any, operator, operand string) bool {
	_, missing := v.(absent)
	text := fmt.Sprint(v)
	if missing {
		text = "0"
	}
	a, errA := time.ParseDuration(text)
	b, errB := time.ParseDuration(operand)
	if errA == nil && errB == nil {
		return ordering(int(min(max(a-b, -1), 1)), operator)
	}
	if isQuantity(text) && isQuantity(operand) {
		return quantities(text, operand, operator)
	}
	if missing || operator != "==" && operator != "!=" {
		return false
	}
	fits := regexp.MustCompile("(?s)^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(operand)) + "$").MatchString(text)
	return fits == (operator == "==")
}

func quantities(a, b, operator string) bool {
	first, err := resource.ParseQuantity(a)
	second, errB := resource.ParseQuantity(b)
	return err == nil && errB == nil && ordering(first.Cmp(second), operator)
}

func ordering(c int, operator string) bool {
	switch operator {
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0
	}
	return c <= 0
}
