package report

import (
	"fmt"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/validators"
)

// object is the object as kubectl writes it.
func (f *Result) object() string { return fmt.Sprintf("%s %q", printable.Text(f.Resource), f.Name) }

// said is what is said of the object.
func (f *Result) said() string {
	text := f.Message
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Ignored != "" {
		text += "; " + f.ignored()
	}
	return text
}

// sentence is all of it.
func (f *Result) sentence() string { return f.object() + ": " + f.said() }

// ignored says that a finding counts for nothing here, and what follows from it all the same: the
// cluster hears nothing of what is ignored.
func (f *Result) ignored() string {
	follows := "warned of by the cluster"
	switch {
	case !f.Rule && !hasWebhook(f.Validator):
		follows = "which no cluster looks for"
	case f.Action == v1alpha1.Deny:
		follows = "refused by the cluster"
	case f.Action == v1alpha1.Audit:
		follows = "recorded by the cluster"
	}
	return "ignored here (" + printable.Text(f.Ignored) + "), " + follows
}

// hasWebhook tells whether a check is one of the webhook too: neither schema nor those over all inputs
// are.
func hasWebhook(check string) bool {
	v, known := validators.Find(check)
	return known && v.OverSet == nil
}

// place is where it stands in what a path names: nowhere, if that is an object of a cluster.
func (f *Result) place(path string) string {
	if f.Line == 0 {
		return path
	}
	return fmt.Sprintf("%s:%d:%d", path, f.Line, f.Column)
}

// identity is the object, by its kind, namespace and name.
func (f *Result) identity() string {
	text := printable.Text(f.Kind) + "/"
	if f.Namespace != "" {
		text += printable.Text(f.Namespace) + "/"
	}
	return text + printable.Text(f.Name)
}

// check is the name of what has found it, which for a rule is only one within its guardrail.
func (f *Result) check() string {
	if f.Rule {
		return printable.Text(f.Guardrail + "/" + f.Validator)
	}
	return printable.Text(f.Validator)
}

// degree is how bad something is, in words that the forms of others have.
type degree int

const (
	note degree = iota
	warning
	failure
)

func (f *Result) degree() degree {
	switch {
	case f.Ignored != "", f.Action == v1alpha1.Audit:
		return note
	case f.Action == v1alpha1.Deny:
		return failure
	}
	return warning
}
