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

// Text is a finding that is left, in the line where it is in the file: as it is on the disk, or as it
// is after the edits.
func (l *Left) Text(onDisk bool, f *File) string {
	line := l.Line
	if onDisk {
		line = edit.LineBefore(f.Before, f.Edits, line)
	}
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

// Summary is the last line.
func (r *Result) Summary(written bool) string {
	defaults, fixes, changed, left, unsafe, errors := 0, 0, 0, 0, 0, len(r.Errors)
	for _, f := range r.Files {
		defaults, fixes, left, errors = defaults+f.Defaults, fixes+f.Fixes, left+len(f.Left), errors+len(f.Errors)
		if len(f.Edits) > 0 {
			changed++
		}
		for i := range f.Left {
			if f.Left[i].Why == NeedsUnsafe {
				unsafe++
			}
		}
	}
	text := "nothing to fix"
	if changed > 0 {
		text = fmt.Sprintf("%s in %s of %s", counts(defaults, fixes), count(changed, "file"), count(len(r.Files), "file"))
		if written {
			text += " written"
		} else {
			text += " fixed"
		}
	} else {
		text += " in " + count(len(r.Files), "file")
	}
	if left > 0 {
		text += fmt.Sprintf("; %s left", count(left, "finding"))
	}
	if unsafe > 0 {
		text += fmt.Sprintf(", %d of them for --unsafe", unsafe)
	}
	if errors > 0 {
		text += "; " + count(errors, "error")
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
