package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"taffrail.dev/taffrail/internal/printable"
)

// Summary counts decisions.
type Summary struct {
	Reviews, Denied, Warned, Allowed, Unreadable int
}

// Add counts one.
func (s *Summary) Add(d *Decision) {
	switch {
	case d.Error != "":
		s.Unreadable++
		return
	case d.Decision == Denied:
		s.Denied++
	case d.Decision == Warned:
		s.Warned++
	default:
		s.Allowed++
	}
	s.Reviews++
}

func (s *Summary) String() string {
	text := fmt.Sprintf("%d %s: %d denied, %d warned, %d allowed", s.Reviews, plural(s.Reviews, "review"), s.Denied, s.Warned, s.Allowed)
	if s.Unreadable > 0 {
		text += fmt.Sprintf("; %d could not be read", s.Unreadable)
	}
	return text
}

// Text writes a line about a review, and below it what was found.
func Text(w io.Writer, d *Decision) error {
	if d.Error != "" {
		return nil // which is for standard error
	}
	name := d.Name
	if d.Namespace != "" {
		name = d.Namespace + "/" + d.Name
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s:%d: %s %s %s %q", d.File, d.Line, d.Decision, printable.Text(d.Operation), printable.Text(d.Resource), name)
	if d.mutated != nil && len(d.mutated.Patch) > 0 {
		var operations []json.RawMessage
		if json.Unmarshal(d.mutated.Patch, &operations) == nil {
			fmt.Fprintf(&text, ", patched in %d %s", len(operations), plural(len(operations), "place"))
		}
	}
	fmt.Fprintf(&text, ", uid %s\n", printable.Text(d.UID))
	for _, f := range d.findings() {
		fmt.Fprintf(&text, "  %s %s\n", f.action, printable.Text(f.text))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// JSON writes a decision as a line of JSON.
func JSON(w io.Writer, d *Decision) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(d)
}

// ErrorLine is what could not be read, as editors read it, or "".
func (d *Decision) ErrorLine() string {
	switch {
	case d.Error == "":
		return ""
	case d.Line == 0:
		return fmt.Sprintf("%s: %s", d.File, d.Error)
	default:
		return fmt.Sprintf("%s:%d: %s", d.File, d.Line, d.Error)
	}
}

func plural(n int, one string) string {
	if n == 1 {
		return one
	}
	return one + "s"
}
