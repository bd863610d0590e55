package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

// Look is how text looks where it is read.
type Look struct {
	Color bool
	// Width is that of the terminal. Where there is none it is 0, and nothing is cut that is not long in
	// itself: who reads a log may look for it.
	Width int
	// Before is called before the summary, for what else is to be seen. It tells whether there was any.
	Before func() bool
}

// mostLines is how many lines a finding takes, at most.
const mostLines = 6

// MostFixed is how many of these its fix takes, at most.
const MostFixed = 3

// Text writes the findings for people: by file, each with the line that it is about, what must be and
// what to write.
func Text(w io.Writer, r *Report, look Look) error {
	t := newText(w, look)
	catalogue := catalogue()
	told := map[string]bool{}
	file := ""
	begun := false
	for f := range r.All() {
		if !begun || f.File != file {
			begun, file = true, f.File
			name := printable.Within(file)
			if look.Width > 0 {
				name = printable.Tail(name, look.Width)
			}
			t.line(part{printable.Bold, name})
			t.line()
		}
		why := ""
		if !told[f.Validator] && f.Ignored == "" {
			why = catalogue[f.Validator].Summary
			told[f.Validator] = true
		}
		t.finding(f, why)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if look.Before != nil && look.Before() && look.Width > 0 && r.Len() > 0 {
		t.line()
	}
	t.rules(r)
	return t.last(r)
}

// finding writes one finding. The reason of a check is told once.
func (t *text) finding(f *Result, why string) {
	at := fmt.Sprintf("%d:%d ", f.Line, f.Column)
	if f.Value.Line > 0 { // what is quoted, and not its key
		at = fmt.Sprintf("%d:%d ", f.Value.Line, f.Value.Column)
	}
	what := ": " + f.object()
	if f.Ignored != "" {
		t.wrapped(printable.Plain, at+f.ignored()+": "+printable.Text(f.Validator)+what, 2)
		t.line()
		return
	}
	style := styleOf(f.Action)
	t.line(part{text: at}, part{style, string(f.Action) + " " + printable.Text(f.Validator)}, part{text: what})
	left := mostLines - 1
	if f.Excerpt != nil {
		left -= t.excerpt(f.Excerpt, style, must(f))
	} else {
		left -= t.noted(must(f), 2)
	}
	if why != "" {
		if all := why + " (see `taffrail explain " + f.Validator + "`)"; t.fits(all) {
			why = all
		}
		left -= t.noted(why, 1)
	}
	t.fix(f, left)
	t.line()
}

// must is what must be, and where that is not what is quoted, of what.
func must(f *Result) string {
	if f.Missing == "" {
		return f.Must
	}
	return f.Missing + ": " + strings.TrimPrefix(f.Message, "Required value: ")
}

func styleOf(action v1alpha1.Action) printable.Style {
	switch action {
	case v1alpha1.Deny:
		return printable.Alarm
	case v1alpha1.Audit:
		return printable.Cyan
	}
	return printable.Notice
}

// fix writes what to write instead, as far as there is room.
func (t *text) fix(f *Result, left int) {
	if len(f.Fix) == 0 || left < 1 {
		return
	}
	if f.Diff == nil || len(f.Diff.Removed)+len(f.Diff.Added) > left || !t.shows(f.Diff) {
		t.command(f, left)
		return
	}
	for i, line := range f.Diff.Removed {
		t.code(part{printable.Red, fmt.Sprintf("%5d - ", f.Diff.Line+i)}, part{printable.Red, line})
	}
	for i, line := range f.Diff.Added {
		t.code(part{printable.Green, fmt.Sprintf("%5d + ", f.Diff.Line+i)}, part{printable.Green, line})
	}
}

// shows tells whether the lines of a diff are seen whole.
func (t *text) shows(diff *manifest.Diff) bool {
	return !slices.ContainsFunc(slices.Concat(diff.Removed, diff.Added), func(line string) bool { return !t.fits(visible(line)) })
}

// command says how to fix what takes more lines than there are.
func (t *text) command(f *Result, left int) {
	command := "fix: `taffrail fix --only " + printable.Text(f.Validator)
	if !f.FixIsSafe {
		command = "fix: `taffrail fix --unsafe --only " + printable.Text(f.Validator)
	}
	whole := printable.Within(command + " " + printable.Text(f.File) + "`")
	if lines := printable.Wrap(whole, t.room(), left+1); len(lines) > left { // nobody can copy a half
		whole = command + "` for this file"
	}
	t.noted(whole, left)
}

// rule is what the findings of a check have in common.
type rule struct {
	action          v1alpha1.Action
	name, guardrail string
}

// rules writes a line a check: how often, what follows, by whose will, and how many can be fixed.
func (t *text) rules(r *Report) {
	found, fixable, safe := map[rule]int{}, map[rule]int{}, map[rule]int{}
	wide := map[string]int{}
	for f := range r.All() {
		if f.Ignored != "" {
			continue
		}
		of := rule{f.Action, printable.Text(f.Validator), printable.Text(f.Guardrail)}
		found[of]++
		if len(f.Fix) > 0 {
			fixable[of]++
		}
		if f.FixIsSafe {
			safe[of]++
		}
		wide["name"] = max(wide["name"], printable.Width(of.name))
		wide["guardrail"] = max(wide["guardrail"], printable.Width(of.guardrail))
	}
	rules := slices.SortedFunc(maps.Keys(found), func(a, b rule) int {
		return cmp.Or(cmp.Compare(gravity(a.action), gravity(b.action)), cmp.Compare(found[b], found[a]),
			cmp.Compare(a.name, b.name), cmp.Compare(a.guardrail, b.guardrail))
	})
	for _, of := range rules {
		rest := "  " + pad(of.name, wide["name"]) + "  " + pad(of.guardrail, wide["guardrail"])
		if n := fixable[of]; n > 0 {
			rest += fmt.Sprintf("  %d fixable", n)
			switch unsafe := n - safe[of]; unsafe {
			case 0:
			case n:
				rest += " with --unsafe"
			default:
				rest += fmt.Sprintf(", %d of them with --unsafe", unsafe)
			}
		}
		t.line(part{text: fmt.Sprintf("%6d ", found[of])}, part{styleOf(of.action), fmt.Sprintf("%-5s", of.action)}, part{text: strings.TrimRight(rest, " ")})
	}
	if len(rules) > 0 {
		t.line()
	}
}

func gravity(action v1alpha1.Action) int {
	return slices.Index([]v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}, action)
}

func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-printable.Width(text)))
}
