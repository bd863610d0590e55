package policyreport

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/printable"
)

// source is what viewers list us under.
const source = "taffrail"

// maxText bounds what somebody else chooses of a row: an object's paths, a Guardrail's messages.
const maxText = 1024

// rowOf is the row of a finding. Nothing in it changes while the finding stays: viewers take a row
// that has changed for another one, and tell people of it.
func (c catalogue) rowOf(f *audit.Result) Row {
	about := c.of(f)
	row := Row{
		Source: source, Policy: f.Guardrail, Rule: f.Validator, Category: about.category,
		Severity: strings.ToLower(f.Severity), Result: warn, Message: bounded(f.Message),
		Resources: []corev1.ObjectReference{reference(f.Owner)},
		Properties: map[string]string{
			resultID: identity(f.Owner.APIVersion, f.Owner.String(), string(f.Owner.UID), f.Guardrail, f.Validator, f.Control,
				string(f.Action), f.Kind, f.Place()),
			"action": string(f.Action),
		},
	}
	if f.Action == v1alpha1.Deny {
		row.Result, row.Scored = fail, true
	}
	set := func(name, value string) {
		if value != "" {
			row.Properties[name] = bounded(value)
		}
	}
	set("path", f.Path)
	set("control", f.Control)
	set("fix", fixOf(f))
	if f.Kind != f.Owner.Kind {
		set("foundIn", f.Kind)
	}
	set("documentation", about.documentation)
	return row
}

// fixOf is the fix as a JSON patch. Half of one is worse than none.
func fixOf(f *audit.Result) string {
	if len(f.Fix) == 0 {
		return ""
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(f.Fix) != nil || b.Len() > maxText {
		return ""
	}
	return printable.Text(strings.TrimSpace(b.String()))
}

func reference(o audit.Object) corev1.ObjectReference {
	return corev1.ObjectReference{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, UID: o.UID}
}

// rowOfExemption tells who lets what through, and until when. How often stands in the summary: a count
// in the row would make it another one.
func rowOfExemption(x *audit.ExemptionSummary) Row {
	row := Row{
		Source: source, Policy: x.Name, Rule: "exemption", Category: "Exemptions", Severity: "info", Result: skip,
		Message: bounded("findings are exempt: " + x.Reason),
		Resources: []corev1.ObjectReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "Exemption", Namespace: x.Namespace, Name: x.Name,
		}},
		Properties: map[string]string{
			resultID: identity("exemption", x.Namespace, x.Name, x.Owner, x.Reason), "owner": bounded(x.Owner), "reason": bounded(x.Reason),
		},
	}
	if x.Expires != nil {
		row.Properties["expires"] = x.Expires.UTC().Format(time.RFC3339)
	}
	return row
}

// rowOfNote tells of what could not be evaluated.
func rowOfNote(note string) Row {
	what, _, _ := strings.Cut(note, ":")
	return Row{
		Source: source, Policy: source, Rule: "evaluation", Category: "Evaluation", Severity: "info", Result: failure, Message: bounded(note),
		Properties: map[string]string{resultID: identity("note", what)},
	}
}

// identity is a short text for some texts, none of which holds a NUL.
func identity(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func bounded(text string) string {
	text = printable.Text(text)
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText-len("…")], "") + "…"
}
