package fix

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/printable"
)

// Stream is all that the files should hold, as one stream of documents. Files of directories that
// hold no object are left out.
func (r *Result) Stream() []byte {
	var b bytes.Buffer
	for _, file := range r.Files {
		after := file.After()
		if file.Objects == 0 {
			continue
		}
		if b.Len() > 0 {
			after = bytes.TrimPrefix(after, []byte("\xEF\xBB\xBF"))
			if !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
				b.WriteByte('\n')
			}
			if !bytes.HasPrefix(after, []byte("---")) {
				b.WriteString("---\n")
			}
		}
		b.Write(after)
	}
	return b.Bytes()
}

// Diff is what is different, for patch and git apply. It is empty where nothing is.
func (f *File) Diff() string {
	diff := edit.Unified(f.Before, f.Edits)
	if diff == "" {
		return ""
	}
	from, to := "a/"+f.Name, "b/"+f.Name
	if filepath.IsAbs(f.Name) {
		from, to = f.Name, f.Name
	}
	return fmt.Sprintf("--- %s\n+++ %s\n%s", printable.Text(from), printable.Text(to), diff)
}

// Counts says what has been written.
func (f *File) Counts() string { return counts(f.Defaults, f.Fixes) }

func counts(defaults, fixes int) string {
	var parts []string
	if defaults > 0 {
		parts = append(parts, count(defaults, "default"))
	}
	if fixes > 0 {
		parts = append(parts, count(fixes, "finding"))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}

// LeftLines are the findings that are left, a line each. They are in the lines of the file as it is
// before the edits, or after them.
func (f *File) LeftLines(before bool) (lines []string) {
	var was []int
	if before && len(f.Left) > 0 {
		was = edit.LinesBefore(f.Before, f.Edits)
	}
	for i := range f.Left {
		line := f.Left[i].Line
		if line > 0 && line <= len(was) {
			line = was[line-1]
		}
		lines = append(lines, f.Left[i].text(line))
	}
	return lines
}

func (l *Left) text(line int) string {
	path, why := l.Path, ""
	if path != "" {
		path += ": "
	}
	if l.Why != "" {
		why = "; " + l.Why
	}
	return fmt.Sprintf("%s:%d:%d: %s %s: %s %q: %s%s%s",
		printable.Text(l.File), line, l.Column, l.Action, printable.Text(l.Validator), printable.Text(l.Resource), l.Name, path, l.Message, why)
}

// Totals are counts over all files. Unsafe are the findings left that need --unsafe.
type Totals struct {
	Files, Changed, Defaults, Fixes, Left, Unsafe, Errors int
}

// Totals counts over all files.
func (r *Result) Totals() Totals {
	t := r.totals
	t.Errors += len(r.Errors)
	return t
}

func (t *Totals) add(f *File) {
	t.Files++
	t.Defaults += f.Defaults
	t.Fixes += f.Fixes
	t.Left += len(f.Left)
	t.Errors += len(f.Errors)
	if len(f.Edits) > 0 {
		t.Changed++
	}
	for i := range f.Left {
		if f.Left[i].Why == NeedsUnsafe {
			t.Unsafe++
		}
	}
}

// Text says it in a line: what has been done or, where nothing is written, what would be.
func (t Totals) Text(done bool) string {
	write, mend := "wrote ", "fixed "
	if !done {
		write, mend = "would write ", "fix "
		if t.Defaults == 0 {
			mend = "would fix "
		}
	}
	var parts []string
	if t.Defaults > 0 {
		parts = append(parts, write+count(t.Defaults, "default"))
	}
	if t.Fixes > 0 {
		parts = append(parts, mend+count(t.Fixes, "finding"))
	}
	text := fmt.Sprintf("%s in %d of %s", strings.Join(parts, " and "), t.Changed, count(t.Files, "file"))
	switch {
	case len(parts) == 0 && t.Errors > 0:
		text = "nothing was fixed"
	case len(parts) == 0:
		text = "nothing to fix in " + count(t.Files, "file")
	}
	if t.Left > 0 {
		text += fmt.Sprintf("; %s left", count(t.Left, "finding"))
	}
	if t.Unsafe > 0 {
		text += fmt.Sprintf(", %d of them for --unsafe", t.Unsafe)
	}
	if t.Errors > 0 {
		text += "; " + count(t.Errors, "error")
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
