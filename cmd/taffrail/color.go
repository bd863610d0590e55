package main

import (
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// showDiff writes a diff for people, line by line: what can be printed of it, in colors where these are wanted.
func showDiff(out io.Writer, diff string, color bool) {
	w := printable.NewWriter(out)
	for line := range strings.Lines(diff) {
		text := strings.TrimSuffix(line, "\n")
		style := printable.Plain
		if color {
			style = diffStyle(text)
		}
		_ = w.WriteStyled(style, text)
		_ = w.WriteStyled(printable.Plain, line[len(text):])
	}
}

// diffStyle is that of a line, as git has it.
func diffStyle(line string) printable.Style {
	switch {
	case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		return printable.Bold
	case strings.HasPrefix(line, "@@"):
		return printable.Cyan
	case strings.HasPrefix(line, "-"):
		return printable.Red
	case strings.HasPrefix(line, "+"):
		return printable.Green
	}
	return printable.Plain
}
