package audit

import (
	"bufio"
	"io"

	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

// part is a part of a line.
type part struct {
	style printable.Style
	text  string
}

// printer writes lines for people until something fails.
type printer struct {
	report.Look
	buffer *bufio.Writer
	out    *printable.Writer
	lines  int
	err    error
}

func newPrinter(w io.Writer, look report.Look) *printer {
	if wrapped, is := w.(*printable.Writer); is {
		w = wrapped.Unwrap() // that would take our own styles for somebody else's
	}
	buffer := bufio.NewWriter(w)
	return &printer{Look: look, buffer: buffer, out: printable.NewWriter(buffer)}
}

// atMost is a limit of what a terminal shows, and 0 for all.
func (p *printer) atMost(n int) int {
	if p.Width == 0 {
		return 0
	}
	return n
}

// line writes a line, cut where the terminal ends.
func (p *printer) line(parts ...part) {
	p.lines++
	left := p.Width
	for _, one := range parts {
		if p.Width > 0 {
			if left <= 0 {
				break
			}
			one.text = printable.Head(printable.Within(one.text), left)
			left -= printable.Width(one.text)
		}
		p.write(one)
	}
	p.write(part{text: "\n"})
}

func (p *printer) write(one part) {
	if !p.Color {
		one.style = printable.Plain
	}
	if p.err == nil {
		p.err = p.out.WriteStyled(one.style, one.text)
	}
}

// wrapped writes a text in as many lines as it needs.
func (p *printer) wrapped(style printable.Style, text string) {
	begin := ""
	for _, line := range printable.Wrap(printable.Within(text), p.Width-2, len(text)) {
		p.line(part{style, begin + line})
		begin = "  "
	}
}

func (p *printer) flush() error {
	if p.err == nil {
		p.err = p.buffer.Flush()
	}
	return p.err
}
