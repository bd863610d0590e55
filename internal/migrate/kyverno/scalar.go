package kyverno

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// scalar is whether a value is as a scalar of a pattern says.
func (c *compiler) scalar(p any, v value) (string, error) {
	switch p := p.(type) {
	case nil:
		empty := func(x string) string {
			return x + ` == null || ` + x + ` == "" || ` + x + ` == 0 || ` + x + ` == false || ` + x + " == []"
		}
		if v.optional {
			return policy.Any(policy.Not(v.present()), "("+empty(v.expression+".value()")+")"), nil
		}
		return "(" + empty(v.expression) + ")", nil
	case bool:
		if v.optional {
			return fmt.Sprintf("%s.orValue(%t) == %t", v.expression, !p, p), nil
		}
		return fmt.Sprintf("%s == %t", v.expression, p), nil
	case string:
		return c.text(p, v)
	case int64, int, float64:
		return "[string(" + v.or(`""`) + ")].exists(t, " + quantityIs("t", "==", fmt.Sprint(p)) + ")", nil
	}
	return "", fmt.Errorf("%v is no scalar", p)
}

// quantityIs compares a text with a quantity. What is no quantity is none.
func quantityIs(x, operator, with string) string {
	return "isQuantity(" + x + ") && quantity(" + x + ").compareTo(quantity(" + policy.Quote(with) + ")) " + operator + " 0"
}

// text is the language of texts in patterns: alternatives of conjunctions of terms.
func (c *compiler) text(p string, v value) (string, error) {
	if strings.Contains(p, "{{") || strings.Contains(p, "$(") {
		return "", fmt.Errorf("the pattern %q has a variable", p)
	}
	if p == "*" {
		if v.optional {
			return v.expression + ".orValue(null) != null", nil
		}
		return v.expression + " != null", nil
	}
	// What is compared as an amount is named once, since it is asked several times.
	bound := value{"x", v.optional}
	test := alternatives(p, bound)
	if hasAmounts(p) {
		return "[" + v.expression + "].exists(x, " + asAmount(bound, test) + ")", nil
	}
	return alternatives(p, v), nil
}

// alternatives are those of a text, of which one must hold.
func alternatives(p string, v value) string {
	var all []string
	for alternative := range strings.SplitSeq(p, "|") {
		var terms []string
		for term := range strings.SplitSeq(alternative, "&") {
			terms = append(terms, termOf(strings.TrimSpace(term), v))
		}
		all = append(all, policy.All(terms...))
	}
	return policy.Any(all...)
}

// hasAmounts tells whether some term of a text is compared as a duration or a quantity.
func hasAmounts(p string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(p, func(r rune) bool { return r == '|' || r == '&' }), func(term string) bool {
		return isAmount(strings.TrimSpace(term))
	})
}

// asAmount tests t, which is a value as a text. What is absent is "0".
func asAmount(v value, test string) string {
	return "[string(" + v.or(`"0"`) + ")].exists(t, " + test + ")"
}

// isAmount tells whether a term is compared as a duration or a quantity.
func isAmount(term string) bool {
	bare := strings.TrimSpace(strings.TrimLeft(term, "<>=!"))
	return between().MatchString(term) || notBetween().MatchString(term) || isQuantity(bare) || isDuration(bare)
}

var (
	between    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(` + bound + `)-(` + bound + `)$`) })
	notBetween = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(` + bound + `)!-(` + bound + `)$`) })
)

const bound = `[-+]?\d+(?:\.\d+)?[A-Za-z]*`

// termOf is one term. What is absent counts as 0 to durations and quantities, and is no text.
func termOf(term string, v value) string {
	if found := between().FindStringSubmatch(term); found != nil {
		return policy.All(ordered(">=", found[1]), ordered("<=", found[2]))
	}
	if found := notBetween().FindStringSubmatch(term); found != nil {
		return policy.Any(ordered("<", found[1]), ordered(">", found[2]))
	}
	for _, operator := range []string{">=", "<=", ">", "<"} {
		if operand, is := strings.CutPrefix(term, operator); is {
			return ordered(operator, strings.TrimSpace(operand))
		}
	}
	if operand, is := strings.CutPrefix(term, "!"); is {
		return unequal(strings.TrimSpace(operand), v)
	}
	return equal(term, v)
}

const duration = `"^[-+]?([0-9]+([.][0-9]*)?(ns|us|ms|s|m|h))+$|^0$"`

func isDuration(operand string) bool { _, err := time.ParseDuration(operand); return err == nil }

func isQuantity(operand string) bool { _, err := resource.ParseQuantity(operand); return err == nil }

// ordered compares as durations if both are, else as quantities if both are. Else it does not hold.
func ordered(operator, operand string) string {
	x := "t"
	quantities := "false"
	if isQuantity(operand) {
		quantities = quantityIs(x, operator, operand)
	}
	if isDuration(operand) {
		durations := x + ".matches(" + duration + ")"
		compared := "duration(" + x + ") " + operator + " duration(" + policy.Quote(seconds(operand)) + ")"
		return "(" + durations + " ? " + compared + " : " + quantities + ")"
	}
	return quantities
}

// seconds is a duration as CEL reads it.
func seconds(operand string) string {
	if d, err := time.ParseDuration(operand); err == nil {
		return d.String()
	}
	return operand
}

// equal holds for what is the same duration, quantity or text.
func equal(operand string, v value) string {
	fits := policy.Glob("string("+v.expression+")", operand)
	if v.optional {
		fits = v.present() + " && " + policy.Wrapped(policy.Glob("string("+v.expression+".value())", operand))
	}
	if !isQuantity(operand) && !isDuration(operand) {
		if v.optional && fits != "true" && !strings.HasPrefix(operand, "*") && operand != "" {
			return policy.Glob("string("+v.or(`""`)+")", operand)
		}
		return fits
	}
	return amount(operand, "==", fits)
}

// amount compares as durations or quantities if both are, and else says otherwise.
func amount(operand, operator, otherwise string) string {
	x, out := "t", policy.Wrapped(otherwise)
	if isQuantity(operand) {
		out = "(isQuantity(" + x + ") ? quantity(" + x + ").compareTo(quantity(" + policy.Quote(operand) + ")) " + operator + " 0 : " + out + ")"
	}
	if isDuration(operand) {
		out = "(" + x + ".matches(" + duration + ") ? duration(" + x + ") " + operator + " duration(" + policy.Quote(seconds(operand)) + ") : " + out + ")"
	}
	return out
}

// unequal holds for another duration, quantity or text. What is absent is no other text.
func unequal(operand string, v value) string {
	test := policy.Not(policy.Glob("string("+v.expression+")", operand))
	if v.optional {
		test = policy.All(v.present(), policy.Not(policy.Glob("string("+v.expression+".value())", operand)))
	}
	if !isQuantity(operand) && !isDuration(operand) {
		return test
	}
	return amount(operand, "!=", test)
}
