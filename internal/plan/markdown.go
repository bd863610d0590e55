package plan

import (
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// A comment of GitHub holds 65,536 characters, and nobody reads half of them.
const (
	maxMarkdown     = 30_000 // bytes
	maxSection      = 6_000  // bytes
	maxFindingsEach = 10
	maxMessage      = 400
)

// WriteMarkdown writes the plan as the comment of a pull request: counts first, then what breaks,
// and the rest folded. What does not fit is counted. Whatever a user has chosen stands in code
// spans, where it is neither a link nor a mention.
func (p *Plan) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Taffrail: %s → %s\n\n%s\n", code(p.Old), code(p.New), p.verdict())
	for _, one := range p.counted() {
		p.markdownSection(&b, one)
	}
	p.markdownNotes(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict is one line.
func (p *Plan) verdict() string {
	var parts []string
	for _, one := range p.counted() {
		part := fmt.Sprintf("%d %s", p.Summary.Changes[one.what], one.title)
		if one.what == NewlyRefused {
			part = "**" + part + "**"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		parts = []string{"Nothing becomes different"}
	}
	return strings.Join(parts, ", ") + "; " + p.compared() + "."
}

func (p *Plan) markdownSection(b *strings.Builder, one titled) {
	changes := p.of(one.what)
	open := ""
	if one.what == NewlyRefused {
		open = " open"
	}
	fmt.Fprintf(b, "\n<details%s><summary><b>%s</b>: %s of %s</summary>\n\n", open, upper(one.title),
		count(p.Summary.Changes[one.what], p.noun()), count(len(changes), "workload"))
	if one.what == PerhapsRefused {
		b.WriteString("What these updates replace is not in the log: what was so before is let pass, with a warning.\n\n")
	}
	if by := byCheck(changes); by != "" {
		fmt.Fprintf(b, "%s\n\n", code(by))
	}
	left := min(maxSection, maxMarkdown-b.Len())
	for i, c := range changes {
		item := p.markdownChange(c)
		if left -= len(item); left < 0 {
			fmt.Fprintf(b, "- %d more: `taffrail plan` lists them all\n", len(changes)-i)
			break
		}
		b.WriteString(item)
	}
	b.WriteString("\n</details>\n")
}

func (p *Plan) markdownChange(c *Change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- %s", code(strings.TrimPrefix(c.Workload.Namespace+"/"+c.Workload.String(), "/")))
	if c.Objects > 1 {
		fmt.Fprintf(&b, ", %s", count(c.Objects, p.noun()))
	}
	if c.File != "" {
		fmt.Fprintf(&b, " in %s", code(c.File))
	}
	b.WriteByte('\n')
	for i := range c.Findings {
		if i == maxFindingsEach {
			fmt.Fprintf(&b, "  - %d more\n", len(c.Findings)-i)
			break
		}
		f := &c.Findings[i]
		fmt.Fprintf(&b, "  - %s %s: %s", f.Action, code(f.check()), code(printable.Head(f.said(), maxMessage)))
		if len(f.Fix) > 0 && f.New != "" {
			fmt.Fprintf(&b, "; fix: %s", code(printable.Head(edits(f.Fix), maxMessage)))
		}
		b.WriteByte('\n')
	}
	if len(c.Defaults) > 0 {
		fmt.Fprintf(&b, "  - %s: %s\n", code(c.names()), code(printable.Head(c.completed(), maxMessage)))
	}
	return b.String()
}

// markdownNotes are what could not be read or compared, and what else one should know.
func (p *Plan) markdownNotes(b *strings.Builder) {
	var lines []string
	for i := range p.Errors {
		lines = append(lines, code(p.Errors[i].String()))
	}
	if p.Log != nil {
		for _, line := range p.Log.lines() {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for _, note := range p.Notes {
		lines = append(lines, code(note))
	}
	if len(lines) == 0 {
		return
	}
	b.WriteString("\n<details><summary>Notes</summary>\n\n")
	left := maxSection
	for i, line := range lines {
		if left -= len(line); left < 0 {
			fmt.Fprintf(b, "- %d more\n", len(lines)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n", line)
	}
	b.WriteString("\n</details>\n")
}

func upper(title string) string { return strings.ToUpper(title[:1]) + title[1:] }

// code is a code span of one line, whatever is in the text.
func code(text string) string {
	text = printable.Text(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 || text == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}
