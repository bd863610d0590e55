package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// isTerminal tells whether people read along.
func isTerminal(out io.Writer) bool {
	file, is := raw(out).(*os.File)
	return is && term.IsTerminal(int(file.Fd()))
}

// isColored tells whether a terminal is to have colours: https://no-color.org.
func isColored(out io.Writer) bool {
	return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// The colours of a diff, as git has them.
const (
	bold  = "\x1b[1m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	plain = "\x1b[m"
)

// colored is a diff in colours.
func colored(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		text := strings.TrimSuffix(line, "\n")
		color := ""
		switch {
		case strings.HasPrefix(text, "--- "), strings.HasPrefix(text, "+++ "):
			color = bold
		case strings.HasPrefix(text, "@@"):
			color = cyan
		case strings.HasPrefix(text, "-"):
			color = red
		case strings.HasPrefix(text, "+"):
			color = green
		}
		if color == "" {
			b.WriteString(line)
			continue
		}
		b.WriteString(color + text + plain + line[len(text):])
	}
	return b.String()
}
