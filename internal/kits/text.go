package kits

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/cel"
)

// text is a text with placeholders.
type text []part

// part is what is written, or a placeholder.
type part struct {
	literal    string
	name       bool   // ${namespace}
	label      string // ${labels.NAME}
	expression *cel.Text
	written    string
}

// parse makes a text of what is written, or nil where there is no placeholder in it.
func parse(in string, at *field.Path) (text, field.ErrorList) {
	if !strings.Contains(in, "${") {
		return nil, nil
	}
	var out text
	var mistakes field.ErrorList
	for rest := in; rest != ""; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			return append(out, part{literal: rest}), mistakes
		}
		if escaped, is := strings.CutSuffix(before, "$"); is {
			out, rest = append(out, part{literal: escaped + "${"}), after
			continue
		}
		end := closing(after)
		if end < 0 {
			return nil, append(mistakes, field.Invalid(at, in, "must close ${ with }; $${ stands for ${ as it is"))
		}
		placeholder := strings.TrimSpace(after[:end])
		out, rest = append(out, part{literal: before}), after[end+1:]
		if placeholder == "namespace" {
			out = append(out, part{name: true})
			continue
		}
		if label, is := plainLabel(placeholder); is {
			out = append(out, part{label: label, written: placeholder})
			continue
		}
		expression, wrong := cel.CompileText(placeholder, at)
		mistakes = append(mistakes, wrong...)
		out = append(out, part{expression: expression, written: placeholder})
	}
	return out, mistakes
}

// closing is where a placeholder ends: at the first } that is in no text and closes no { of CEL.
func closing(in string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(in); i++ {
		switch c := in[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}

// plainLabel is the label that an expression yields as it is. Most kits need no more, and CEL takes
// as much memory as all else of them together.
func plainLabel(expression string) (label string, is bool) {
	if name, dotted := strings.CutPrefix(expression, "labels."); dotted {
		return name, isWord(name)
	}
	inner, opened := strings.CutPrefix(expression, "labels[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed || len(inner) < 3 || inner[0] != inner[len(inner)-1] || inner[0] != '\'' && inner[0] != '"' {
		return "", false
	}
	label = inner[1 : len(inner)-1]
	return label, len(validation.IsQualifiedName(label)) == 0
}

func isWord(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// of is the text for a Namespace.
func (t text) of(n *Namespace) (string, error) {
	var b strings.Builder
	for i := range t {
		p := &t[i]
		switch {
		case p.name:
			b.WriteString(n.Name)
		case p.label != "":
			value, has := n.Labels[p.label]
			if !has {
				return "", errors.New("${" + p.written + "}: the Namespace has no label " + p.label)
			}
			b.WriteString(value)
		case p.expression != nil:
			value, err := p.expression.Of(n.Name, n.Labels)
			if err != nil {
				return "", errors.New("${" + p.written + "}: " + err.Error())
			}
			b.WriteString(value)
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String(), nil
}

// constant is a text without placeholders.
func constant(in string) text { return text{{literal: in}} }
