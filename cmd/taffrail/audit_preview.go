package main

import (
	"context"
	"strings"
	"unicode"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page"
	"taffrail.dev/taffrail/internal/plan"
)

// preview tells what would become different in a cluster, if what somebody writes were in force in the
// place of what an audit follows.
func preview(from audit.Cluster, o audit.LiveOptions) func(context.Context, []byte) (*page.Preview, error) {
	return func(ctx context.Context, written []byte) (*page.Preview, error) {
		inForce, err := audit.Stored(ctx, from)
		if err != nil {
			return nil, err
		}
		switch {
		case !o.Stored:
			inForce.Guardrails = o.Guardrails.Guardrails
			inForce.Exemptions = append(inForce.Exemptions, o.Guardrails.Exemptions...)
		case len(inForce.Guardrails) == 0:
			inForce.Guardrails = o.Fallback.Guardrails
		}
		found, err := plan.Preview(ctx, from, inForce, written)
		if err != nil {
			return nil, err
		}
		return previewed(found), nil
	}
}

// previewed is a plan as the page shows it.
func previewed(p *plan.Plan) *page.Preview {
	shown := &page.Preview{Notes: p.Notes}
	for _, c := range p.Changes {
		last := len(shown.Groups) - 1
		if title := inWords(c.What); last < 0 || shown.Groups[last].Title != title {
			worse := c.What == plan.NewlyRefused || c.What == plan.PerhapsRefused
			shown.Groups = append(shown.Groups, page.PreviewGroup{Title: title, Worse: worse})
			last++
		}
		group := &shown.Groups[last]
		row := page.PreviewRow{Kind: c.Workload.Kind, Namespace: c.Workload.Namespace, Name: c.Workload.Name, Objects: c.Objects}
		for _, f := range c.Findings {
			row.Guardrail, row.Rule, row.Path, row.Message = f.Guardrail, f.Validator, f.Path, f.Message
			group.Rows = append(group.Rows, row)
		}
		for _, d := range c.Defaults {
			row.Guardrail, row.Rule, row.Path, row.Message = d.Guardrail, d.Mutator, "", ""
			group.Rows = append(group.Rows, row)
		}
	}
	return shown
}

// inWords is a change as people say it: newlyRefused is "Newly refused".
func inWords(what plan.What) string {
	var b strings.Builder
	for i, letter := range string(what) {
		switch {
		case i == 0:
			letter = unicode.ToUpper(letter)
		case unicode.IsUpper(letter):
			b.WriteByte(' ')
			letter = unicode.ToLower(letter)
		}
		b.WriteRune(letter)
	}
	return b.String()
}
