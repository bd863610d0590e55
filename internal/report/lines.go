package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

// part is a part of a line.
type part struct {
	style printable.Style
	text  string
}

// text writes lines for people.
type text struct {
	Look
	buffer *bufio.Writer
	out    *printable.Writer
	err    error
}

func newText(w io.Writer, look Look) *text {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap() // that would take our own styles for somebody else's
	}
	buffer := bufio.NewWriter(w)
	return &text{Look: look, buffer: buffer, out: printable.NewWriter(buffer)}
}

func (t *text) flush() error {
	if t.err == nil {
		t.err = t.buffer.Flush()
	}
	return t.err
}

// last writes the last line, where there is one.
func (t *text) last(r *Report) error {
	if summary := r.summary(); summary != "" {
		t.wrapped(printable.Bold, summary, mostLines)
	}
	return t.flush()
}

// wrapped writes a text in a few lines.
func (t *text) wrapped(style printable.Style, text string, most int) {
	begin := ""
	for _, line := range printable.Wrap(printable.Within(text), t.Width-2, most) {
		t.line(part{style, begin + line})
		begin = "  "
	}
}

// line writes a line, cut where the terminal ends.
func (t *text) line(parts ...part) {
	left := t.Width
	for _, p := range append(parts, part{text: "\n"}) {
		if t.Width > 0 && p.text != "\n" {
			if left <= 0 {
				continue
			}
			p.text = printable.Within(p.text)
			p.text = printable.Head(p.text, left)
			left -= printable.Width(p.text)
		}
		if !t.Color {
			p.style = printable.Plain
		}
		if t.err == nil {
			t.err = t.out.WriteStyled(p.style, p.text)
		}
	}
}

// code writes a line of a manifest, as it is safe to be seen.
func (t *text) code(gutter part, code ...part) {
	for i := range code {
		code[i].text = visible(code[i].text)
	}
	t.line(append([]part{gutter}, code...)...)
}

// visible is the text of a manifest on a terminal: tabs take as much room everywhere.
func visible(text string) string {
	return printable.Within(strings.ReplaceAll(text, "\t", "    "))
}

// The columns before what is quoted: a number, a mark and blanks.
const (
	gutter = 8
	noteAt = "      = "
)

// room is how many columns there are behind the gutter, or 0 for as many as are needed.
func (t *text) room() int {
	if t.Width == 0 {
		return 0
	}
	return max(t.Width-gutter, 8)
}

func (t *text) fits(text string) bool {
	return t.Width == 0 || printable.Width(text) <= t.room()
}

// noted writes a text below what is quoted, in a few lines, and tells in how many.
func (t *text) noted(text string, most int) int {
	lines := printable.Wrap(printable.Within(text), t.room(), most)
	begin := noteAt
	for _, line := range lines {
		t.line(part{printable.Dim, begin}, part{text: line})
		begin = strings.Repeat(" ", gutter)
	}
	return len(lines)
}

// excerpt quotes a line, marks the value in it and says what must be, in as many lines as it answers.
func (t *text) excerpt(e *manifest.Excerpt, style printable.Style, must string) int {
	before, marked, after := visible(e.Before), visible(e.Marked), visible(e.After)
	if e.CutBefore {
		before = "…" + before
	}
	if e.CutAfter {
		after += "…"
	}
	if room := t.room(); room > 0 {
		// What is meant is seen, then what is before it, then what is after it.
		marked = printable.Head(marked, room-2)
		before = printable.Tail(before, room-printable.Width(marked)-1)
		after = printable.Head(after, max(1, room-printable.Width(before)-printable.Width(marked)))
	}
	t.line(part{printable.Dim, fmt.Sprintf("%5d | ", e.Line)}, part{text: before}, part{style, marked}, part{text: after})
	mark := strings.Repeat(" ", printable.Width(before)) + strings.Repeat("^", max(1, printable.Width(marked)))
	if t.fits(mark + " " + must) {
		t.line(part{printable.Dim, "      | "}, part{style, mark + " " + must})
		return 2
	}
	t.line(part{printable.Dim, "      | "}, part{style, mark})
	return 2 + t.noted(must, 2)
}
