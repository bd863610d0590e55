package edit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// around is how many lines a diff shows before and after what is different.
const around = 3

// Unified is what edits, which must be in order, change in a text, as `diff -u` prints it, without
// the names of files.
func Unified(text []byte, edits []Edit) string {
	var b strings.Builder
	d := &differ{before: splitLines(text)}
	changes := changesIn(text, edits)
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].first-changes[n-1].after() <= 2*around {
			n++
		}
		d.hunk(&b, changes[:n])
		changes = changes[n:]
	}
	return b.String()
}

// change are lines that others take the place of.
type change struct {
	first    int // counted from 0
	old, new []string
}

func (c *change) after() int { return c.first + len(c.old) }

// changesIn are the lines that are different. Edits that touch a line in common make one change.
func changesIn(text []byte, edits []Edit) (all []change) {
	for len(edits) > 0 {
		start := lineStart(text, edits[0].Start)
		end, n := wholeLines(text, edits[0]), 1
		for n < len(edits) && lineStart(text, edits[n].Start) < end {
			end = max(end, wholeLines(text, edits[n]))
			n++
		}
		some := slices.Clone(edits[:n])
		for i := range some {
			some[i].Start -= start
			some[i].End -= start
		}
		if c, different := trimmed(change{
			first: bytes.Count(text[:start], []byte("\n")),
			old:   splitLines(text[start:end]), new: splitLines(Apply(text[start:end], some)),
		}); different {
			all = appendChange(all, c)
		}
		edits = edits[n:]
	}
	return all
}

// appendChange makes one of changes between which there is no line.
func appendChange(all []change, c change) []change {
	if last := len(all) - 1; last >= 0 && all[last].after() == c.first {
		all[last].old, all[last].new = slices.Concat(all[last].old, c.old), slices.Concat(all[last].new, c.new)
		return all
	}
	return append(all, c)
}

// wholeLines is behind the last line that an edit touches. Lines that it takes out whole are its last.
func wholeLines(text []byte, e Edit) int {
	if e.End > e.Start && text[e.End-1] == '\n' && lineStart(text, e.Start) == e.Start && (e.New == "" || strings.HasSuffix(e.New, "\n")) {
		return e.End
	}
	return nextLine(text, lineEnd(text, e.End))
}

// trimmed leaves out lines at both ends that are the same.
func trimmed(c change) (change, bool) {
	for len(c.old) > 0 && len(c.new) > 0 && c.old[0] == c.new[0] {
		c.first, c.old, c.new = c.first+1, c.old[1:], c.new[1:]
	}
	for len(c.old) > 0 && len(c.new) > 0 && c.old[len(c.old)-1] == c.new[len(c.new)-1] {
		c.old, c.new = c.old[:len(c.old)-1], c.new[:len(c.new)-1]
	}
	return c, len(c.old)+len(c.new) > 0
}

func splitLines(text []byte) (lines []string) {
	for line := range bytes.Lines(text) {
		lines = append(lines, string(line))
	}
	return lines
}

// differ writes the hunks of a diff.
type differ struct {
	before []string
	more   int // how many more lines there are by now
}

func (d *differ) hunk(b *strings.Builder, changes []change) {
	last := changes[len(changes)-1]
	from, to := max(changes[0].first-around, 0), min(last.after()+around, len(d.before))
	more := 0
	for _, c := range changes {
		more += len(c.new) - len(c.old)
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", extent(from, to-from), extent(from+d.more, to-from+more))
	d.more += more
	at := from
	for _, c := range changes {
		writeLines(b, ' ', d.before[at:c.first])
		writeLines(b, '-', c.old)
		writeLines(b, '+', c.new)
		at = c.after()
	}
	writeLines(b, ' ', d.before[at:to])
}

func extent(from, lines int) string {
	if lines > 0 {
		from++
	}
	if lines == 1 {
		return fmt.Sprint(from)
	}
	return fmt.Sprintf("%d,%d", from, lines)
}

func writeLines(b *strings.Builder, mark byte, lines []string) {
	for _, line := range lines {
		b.WriteByte(mark)
		b.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
