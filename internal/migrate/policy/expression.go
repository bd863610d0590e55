package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Quote is a text as CEL writes it.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Literal is a value of JSON as CEL writes it. Where values of one list or map are of several types
// each is wrapped, or the type checker would refuse them.
func Literal(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".eE") {
			text += ".0"
		}
		return text
	case json.Number:
		return v.String()
	case []any:
		return "[" + strings.Join(items(v), ", ") + "]"
	case map[string]any:
		keys := slices.Sorted(maps.Keys(v))
		values := make([]any, len(keys))
		for i, key := range keys {
			values[i] = v[key]
		}
		parts := items(values)
		for i, key := range keys {
			parts[i] = Quote(key) + ": " + parts[i]
		}
		return "{" + strings.Join(parts, ", ") + "}"
	default:
		return fmt.Sprint(v)
	}
}

func items(values []any) []string {
	out := make([]string, len(values))
	mixed := false
	for i, value := range values {
		out[i] = Literal(value)
		mixed = mixed || kindOf(value) != kindOf(values[0]) || kindOf(value) == "other"
	}
	for i := range out {
		if mixed {
			out[i] = "dyn(" + out[i] + ")"
		}
	}
	return out
}

// kindOf tells scalars apart. Lists and maps have types of what they hold: they are always wrapped.
func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "bool"
	case float64:
		return "double"
	case int64, int, json.Number:
		return "int"
	}
	return "other"
}

// Glob is a test whether a text fits a pattern of * (anything) and ? (one character).
func Glob(text, pattern string) string {
	stars := strings.Count(pattern, "*")
	bare := strings.Trim(pattern, "*")
	switch {
	case pattern == "?*" || pattern == "*?":
		return text + ` != ""`
	case strings.Contains(pattern, "?") || strings.Contains(bare, "*"):
		return text + ".matches(" + Quote("(?s)^"+globRegexp(pattern)+"$") + ")"
	case stars == 0:
		return text + " == " + Quote(pattern)
	case bare == "":
		return "true"
	case strings.HasPrefix(pattern, "*") && strings.HasSuffix(pattern, "*"):
		return text + ".contains(" + Quote(bare) + ")"
	case strings.HasPrefix(pattern, "*"):
		return text + ".endsWith(" + Quote(bare) + ")"
	default:
		return text + ".startsWith(" + Quote(bare) + ")"
	}
}

func globRegexp(pattern string) string {
	quoted := regexp.QuoteMeta(pattern)
	return strings.ReplaceAll(strings.ReplaceAll(quoted, `\*`, ".*"), `\?`, ".")
}

// AnyGlob is a test whether a text fits one of several patterns.
func AnyGlob(text string, patterns []string) string {
	var literal, tests []string
	for _, p := range patterns {
		if IsGlob(p) {
			tests = append(tests, Glob(text, p))
		} else {
			literal = append(literal, p)
		}
	}
	switch len(literal) {
	case 0:
	case 1:
		tests = append([]string{text + " == " + Quote(literal[0])}, tests...)
	default:
		tests = append([]string{text + " in " + Literal(texts(literal))}, tests...)
	}
	if len(tests) == 0 {
		return "false"
	}
	return strings.Join(tests, " || ")
}

// All is true where all of some expressions are.
func All(expressions ...string) string { return joined(expressions, "&&", "true", "false") }

// Any is true where one of some expressions is.
func Any(expressions ...string) string { return joined(expressions, "||", "false", "true") }

// joined leaves neutral expressions out, and is the dominant one where there is one.
func joined(expressions []string, operator, neutral, dominant string) string {
	var parts []string
	for _, e := range expressions {
		switch {
		case e == dominant:
			return dominant
		case e == neutral || e == "":
		case !slices.Contains(parts, e):
			parts = append(parts, e)
		}
	}
	switch len(parts) {
	case 0:
		return neutral
	case 1:
		return parts[0]
	}
	for i, part := range parts {
		parts[i] = Wrapped(part)
	}
	return strings.Join(parts, " "+operator+" ")
}

// Not is the opposite.
func Not(expression string) string {
	switch expression {
	case "true":
		return "false"
	case "false":
		return "true"
	}
	if inner, is := strings.CutPrefix(expression, "!"); is && whole(inner) {
		return inner
	}
	return "!" + Wrapped(expression)
}

// Wrapped is an expression in parentheses, if operators within it make that necessary.
func Wrapped(expression string) string {
	if whole(expression) {
		return expression
	}
	return "(" + expression + ")"
}

// whole tells whether an expression has no operator outside of parentheses and texts.
func whole(expression string) bool {
	depth, quoted := 0, false
	for i := 0; i < len(expression); i++ {
		switch c := expression[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == ' ' && depth == 0:
			return false
		}
	}
	return true
}
