package validators

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/workload"
)

// Finding is one place where an object breaks a check.
type Finding struct {
	// Path is where.
	Path *workload.Path
	// Type is the kind of error, as in apimachinery's field.Error. A finding that
	// has none says what must be in its Detail, and nothing else: that of a rule
	// in CEL, whose message is its author's.
	Type field.ErrorType
	// Value is what is there. Only field.ErrorTypeInvalid and field.ErrorTypeNotSupported print it.
	Value any
	// Detail is what must be: it begins with "must", in lower case, with no full stop.
	Detail string
	// Level and Control tell which part of a standard is broken, for checks that
	// cover one; an Exemption may name the control.
	Level, Control string
	// Overrides is the control of a lower level that this finding is about as well, where the
	// control of a higher level takes its place. An Exemption of the lower one covers it.
	Overrides string
	// Action takes the place of the action in the Guardrail, for the check whose
	// action is the Namespace's to choose.
	Action Action
	// Words are somebody else's, where people and tools expect to hear those. The
	// finding's own are beside them, in causes and in `check`.
	Words Words
	// Container is the container that is to blame, or the zero Container.
	Container workload.Container
	// Fix are the operations that would mend it, where that can be said
	// mechanically. They are written for the object as it was evaluated: to mend
	// several findings, evaluate again after each.
	Fix []workload.Operation
	// Safe says that the Fix changes nothing of what the object does: it writes down what holds all the
	// same, or removes what has no effect.
	Safe bool

	byDefault bool    // the Value is the API server's default
	extent    *extent // all that the finding depends on, if that is not the Value alone
}

// Words are how somebody else says it. They count where there is an Intro, which
// is said once for all findings that have it in common; the reasons follow, each
// with its detail, where there are any.
type Words struct{ Intro, Reason, Detail string }

// Action is what follows from a finding.
type Action string

// The actions, named as in a Guardrail.
const (
	Deny  Action = "Deny"
	Warn  Action = "Warn"
	Audit Action = "Audit"
)

// Message is the finding without its path, as in apimachinery's field.Error:
// Invalid value: "nginx": must have a tag (container "web").
func (f Finding) Message() string {
	var onStack [256]byte
	return string(f.AppendMessage(onStack[:0]))
}

// AppendMessage appends what Message answers, in one line whatever is in the object.
func (f Finding) AppendMessage(b []byte) []byte {
	return printable.From(f.appendMessage(b), len(b))
}

func (f Finding) appendMessage(b []byte) []byte {
	// Other types of error speak of what must be, not of what is there.
	shown := f.Type == field.ErrorTypeInvalid || f.Type == field.ErrorTypeNotSupported
	if f.Type == "" {
		return append(b, f.Detail...)
	}
	switch value := f.Value.(type) {
	case nil:
		b = append(b, f.Type.String()...)
	case string:
		b = append(b, f.Type.String()...)
		if shown {
			b = strconv.AppendQuote(append(b, ": "...), shorten(value))
		}
	default:
		b = append(b, (&field.Error{Type: f.Type, BadValue: value}).ErrorBody()...)
	}
	if f.byDefault && shown {
		b = append(b, " (the default)"...)
	}
	b = append(append(b, ": "...), f.Detail...)
	separator := " ("
	about := func(text string) {
		b = append(append(b, separator...), text...)
		separator = ", "
	}
	if f.Container.Container != nil {
		about("container ")
		b = strconv.AppendQuote(b, shorten(f.Container.Name))
	}
	if f.Control != "" {
		about(f.Level)
		about(f.Control)
	}
	if separator == ", " {
		b = append(b, ')')
	}
	return b
}

// maxValue bounds how much of a value is repeated in a message, in bytes: a
// message is read by people, and a value may be a megabyte.
const maxValue = 80

func shorten(value string) string {
	if len(value) > maxValue {
		return strings.ToValidUTF8(value[:maxValue], "") + "…"
	}
	return value
}

func invalid(path *workload.Path, value any, detail string) Finding {
	return Finding{Path: path, Type: field.ErrorTypeInvalid, Value: value, Detail: detail}
}

func required(path *workload.Path, detail string) Finding {
	return Finding{Path: path, Type: field.ErrorTypeRequired, Detail: detail}
}

func notSupported(path *workload.Path, value any, detail string) Finding {
	return Finding{Path: path, Type: field.ErrorTypeNotSupported, Value: value, Detail: detail}
}

func forbidden(path *workload.Path, detail string) Finding {
	return Finding{Path: path, Type: field.ErrorTypeForbidden, Detail: detail}
}

// of blames a container.
func (f Finding) of(c workload.Container) Finding {
	f.Container = c
	return f
}

// isDefault says whether the value is the one that the API server sets: whoever wrote none would look
// for it in vain.
func (f Finding) isDefault(is bool) Finding {
	f.byDefault = is
	return f
}

// fixedBy says how to mend it.
func (f Finding) fixedBy(operations ...workload.Operation) Finding {
	f.Fix = operations
	return f
}

// safely says that to mend it changes nothing of what the object does.
func (f Finding) safely() Finding {
	f.Safe = true
	return f
}

// mustBe finds a value that is there, or its absence.
func mustBe[T any](path *workload.Path, value *T, detail string) Finding {
	if value == nil {
		return required(path, detail)
	}
	return invalid(path, *value, detail)
}
