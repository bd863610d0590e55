package plan

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

// WriteText writes the plan for people: how much becomes different first, then each workload with
// what is found in it, what breaks first.
func (p *Plan) WriteText(w io.Writer, look report.Look) error {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap() // that would take our own styles for somebody else's
	}
	buffer := bufio.NewWriter(w)
	t := &text{look: look, out: printable.NewWriter(buffer)}
	t.line(printable.Bold, 0, printable.Text(p.Old)+" → "+printable.Text(p.New))
	t.line(printable.Plain, 0, "")
	for _, one := range p.counted() {
		t.line(styleOf(one.what), 2, fmt.Sprintf("%6d %s", p.Summary.Changes[one.what], one.title))
	}
	if len(p.counted()) == 0 {
		t.line(printable.Plain, 2, "nothing becomes different")
	}
	t.line(printable.Dim, 2, fmt.Sprintf("%6s %s", "of", p.compared()))
	for _, one := range p.counted() {
		t.section(p, one)
	}
	if p.Summary.Left > 0 {
		t.line(printable.Plain, 0, "")
		t.line(printable.Plain, 0, fmt.Sprintf("%d more are counted, and not listed: there are so many", p.Summary.Left))
	}
	t.log(p.Log)
	if t.err == nil {
		t.err = buffer.Flush()
	}
	return t.err
}

func styleOf(what What) printable.Style {
	switch what {
	case NewlyRefused:
		return printable.Alarm
	case PerhapsRefused, RefusedOtherwise, NewlyWarned:
		return printable.Notice
	case NoLongerRefused, NoLongerWarned:
		return printable.Green
	}
	return printable.Cyan
}

// text writes lines until something fails.
type text struct {
	look report.Look
	out  *printable.Writer
	err  error
}

// line writes a text, folded at blanks where a terminal ends.
func (t *text) line(style printable.Style, indent int, content string) {
	if !t.look.Color {
		style = printable.Plain
	}
	begin := strings.Repeat(" ", indent)
	for _, line := range fold(content, t.look.Width-indent) {
		if t.err == nil {
			t.err = t.out.WriteStyled(style, begin+line+"\n")
		}
	}
}

// fold breaks a text at blanks so that it fits a number of columns, if that is above 0. What
// follows the first line is indented.
func fold(content string, columns int) (lines []string) {
	indent := ""
	for columns > 8 && printable.Width(indent+content) > columns {
		head := printable.Head(content, columns+1-len(indent))
		at := strings.LastIndexByte(head, ' ')
		if at <= 0 {
			break // one long word is easier to copy whole
		}
		lines = append(lines, indent+content[:at])
		content, indent = content[at+1:], "  "
	}
	return append(lines, indent+content)
}

func (t *text) section(p *Plan, one titled) {
	changes := p.of(one.what)
	t.line(printable.Plain, 0, "")
	t.line(styleOf(one.what), 0, fmt.Sprintf("%s: %s of %s", strings.ToUpper(one.title),
		count(p.Summary.Changes[one.what], p.noun()), count(len(changes), "workload")))
	if one.what == PerhapsRefused {
		t.line(printable.Plain, 0, "What these updates replace is not in the log: what was so before is let pass, with a warning.")
	}
	if by := byCheck(changes); by != "" {
		t.line(printable.Plain, 0, by)
	}
	namespace := ""
	for i, c := range changes {
		if place := c.Workload.place(); i == 0 || place != namespace {
			namespace = place
			t.line(printable.Bold, 0, printable.Text(namespace))
		}
		t.change(p, c)
	}
}

func (t *text) change(p *Plan, c *Change) {
	head := printable.Text(c.Workload.String())
	if c.Objects > 1 {
		head += ", " + count(c.Objects, p.noun())
	}
	if c.File != "" {
		head += "  " + printable.Text(c.File)
	}
	t.line(printable.Plain, 2, head)
	if example := c.example(); example != "" {
		t.line(printable.Dim, 4, example)
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		at := ""
		if f.Line > 0 {
			at = fmt.Sprintf("%d:%d ", f.Line, f.Column)
		}
		t.line(printable.Plain, 4, fmt.Sprintf("%s%s%s %s: %s", f.mark(), at, f.Action, f.check(), f.said()))
		if len(f.Fix) > 0 && f.New != "" {
			t.line(printable.Dim, 6, "fix: "+edits(f.Fix))
		}
	}
	if len(c.Defaults) > 0 {
		t.line(printable.Plain, 4, c.names())
		t.line(printable.Dim, 6, c.completed())
	}
}

// log says what of an audit log was compared, and what could not be.
func (t *text) log(l *Log) {
	if l == nil {
		return
	}
	t.line(printable.Plain, 0, "")
	for i, line := range l.lines() {
		t.line(printable.Plain, 2*min(i, 1), line)
	}
}

// lines are a headline, and what became of the requests.
func (l *Log) lines() []string {
	head := "audit log: " + count(l.Events, "request")
	if !l.From.IsZero() {
		head += fmt.Sprintf(", compared from %s to %s", l.From.UTC().Format(time.RFC3339), l.To.UTC().Format(time.RFC3339))
	}
	lines := []string{head, fmt.Sprintf("%6d compared", l.Replayed)}
	if l.Unknown > 0 {
		lines[1] += fmt.Sprintf(", %d of them updates of what the log has not told of before", l.Unknown)
	}
	lines = append(lines, fmt.Sprintf("%6d that no guardrail looks at", l.Unwanted))
	for _, not := range l.NotReplayed {
		lines = append(lines, fmt.Sprintf("%6d not compared: %s", not.Requests, not.About))
	}
	return lines
}
