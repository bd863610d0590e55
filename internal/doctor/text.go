package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// width is that of a terminal that somebody has split in two.
const width = 100

// WriteText writes a report for people: one line when all is well; else a line a
// check, what was found, and what to do.
func (r Report) WriteText(out io.Writer) error {
	var text strings.Builder
	if r.count(OK) < len(r.Results) {
		r.table(&text)
		for _, result := range r.Results {
			for _, f := range result.Findings {
				f.write(&text, result.Check)
			}
		}
		for _, result := range r.Results {
			for _, why := range result.NotDone {
				fmt.Fprintf(&text, "\nskip  %s: not all could be looked at\n", result.Check)
				wrap(&text, "why", why)
			}
		}
		text.WriteString("\n")
	}
	text.WriteString(r.summary())
	_, err := io.WriteString(out, text.String())
	return err
}

func (r Report) table(text *strings.Builder) {
	longest := 0
	for _, result := range r.Results {
		longest = max(longest, len(result.Check))
	}
	for _, result := range r.Results {
		says := result.Summary
		switch {
		case len(result.Findings) == 1:
			says = result.Findings[0].What
		case len(result.Findings) > 1:
			says = fmt.Sprintf("%d findings, see below", len(result.Findings))
		case len(result.NotDone) > 0:
			says = "not all could be looked at, see below"
		}
		line := fmt.Sprintf("%-4s  %-*s  %s", result.Outcome, longest, result.Check, printable.Text(firstLine(says)))
		if runes := []rune(line); len(runes) > width {
			line = string(runes[:width-1]) + "…"
		}
		text.WriteString(line + "\n")
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (f Finding) write(text *strings.Builder, check string) {
	fmt.Fprintf(text, "\n%-4s  %s\n", f.Level, check)
	wrap(text, "what", f.What)
	wrap(text, "where", f.Where)
	wrap(text, "do", f.Do)
}

// word is what stays in one line: a command in backticks is there to be copied.
var word = regexp.MustCompile("`[^`]*`\\S*|\\S+")

// wrap writes a labelled text within the width. A word that is longer stays
// whole all the same.
func wrap(text *strings.Builder, label, content string) {
	const indent = 13
	content = printable.Text(strings.ReplaceAll(content, "\n", " "))
	line := fmt.Sprintf("      %-7s", label)
	for n, word := range word.FindAllString(content, -1) {
		if n > 0 && len([]rune(line))+1+len([]rune(word)) > width {
			text.WriteString(line + "\n")
			line = strings.Repeat(" ", indent) + word
			continue
		}
		if n > 0 {
			line += " "
		}
		line += word
	}
	text.WriteString(line + "\n")
}

func (r Report) summary() string {
	all := fmt.Sprintf("%d checks", len(r.Results))
	if r.count(OK) == len(r.Results) {
		return all + ": all is well\n"
	}
	for _, outcome := range []Outcome{Outcome(Fail), Outcome(Warn), Outcome(Note), Skipped, OK} {
		if n := r.count(outcome); n > 0 {
			all += fmt.Sprintf(", %d %s", n, outcome)
		}
	}
	return all + "\n"
}

// WriteJSON writes a report for programs.
func (r Report) WriteJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
