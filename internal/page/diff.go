package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/workload"
)

// line is a line of YAML with what becomes of it.
type line struct {
	mark mark
	text string
}

type mark byte

const (
	stays    mark = ' '
	goes     mark = '-'
	comes    mark = '+'
	offends  mark = '!' // is wrong, and nobody knows what should be there
	unlisted      = "…" // a value that the report does not have
)

// diffOf are the smallest lines of YAML that show what a finding is about. With a fix, they are those
// that go and come. The object itself is not kept, so a value that the finding does not name is shown
// as left out, and never guessed.
func diffOf(r *audit.Result) []line {
	d := drawing{container: containerOf(r.Message)}
	place := steps(r.Path)
	old, written := valueIn(r.Message)
	there := written || strings.HasPrefix(r.Message, "Forbidden: ")
	if len(r.Fix) == 0 {
		d.offending(place, r.Message, old, written)
		return d.lines
	}
	for _, operation := range r.Fix {
		at := pointer(operation.Path)
		mine := same(at, place)
		d.operation(&operation, at, old, written && mine, there && mine)
	}
	return d.lines
}

// drawing writes YAML from the top down. What two changes have above them in common is written once.
type drawing struct {
	container string
	open      []string
	lines     []line
}

// descend opens the parents of a place, and returns how far its own lines are indented.
func (d *drawing) descend(parents []string) (indent int) {
	shared := 0
	for shared < len(parents) && shared < len(d.open) && parents[shared] == d.open[shared] {
		shared++
	}
	for i, step := range parents {
		item := isIndex(step)
		if i >= shared {
			d.write(stays, indentOf(indent, item), d.heading(parents, i))
		}
		indent = indentOf(indent, item) + 2
	}
	d.open = parents
	return indent
}

// indentOf is where an item of a list begins: as kubectl writes it, where its list does.
func indentOf(indent int, item bool) int {
	if item {
		return max(indent-2, 0)
	}
	return indent
}

func (d *drawing) heading(parents []string, i int) string {
	step := parents[i]
	switch {
	case !isIndex(step):
		return key(step) + ":"
	case d.container != "" && i > 0 && strings.HasSuffix(strings.ToLower(parents[i-1]), "containers"):
		return "- name: " + scalar(d.container)
	}
	return "- # " + parents[max(i-1, 0)] + "[" + step + "]"
}

func (d *drawing) write(mark mark, indent int, text string) {
	for l := range strings.Lines(text) {
		d.lines = append(d.lines, line{mark, strings.Repeat(" ", indent) + strings.TrimSuffix(l, "\n")})
	}
}

func (d *drawing) operation(o *workload.Operation, at []string, old any, known, there bool) {
	if len(at) == 0 {
		return
	}
	indent := d.descend(at[:len(at)-1])
	last := at[len(at)-1]
	indent = indentOf(indent, isIndex(last))
	if o.Op == "replace" || o.Op == "remove" || there {
		d.write(goes, indent, member(last, old, known))
	}
	if o.Op != "remove" {
		d.write(comes, indent, member(last, o.Value, true))
	}
}

// offending shows the place of a finding that nothing can mend mechanically.
func (d *drawing) offending(place []string, message string, old any, written bool) {
	if len(place) == 0 {
		return
	}
	indent := d.descend(place[:len(place)-1])
	last := place[len(place)-1]
	indent = indentOf(indent, isIndex(last))
	switch text := member(last, old, written); {
	case written, !strings.HasPrefix(message, "Required value"):
		d.write(offends, indent, text)
	case isIndex(last):
		d.write(offends, indent, "- # not set")
	default:
		d.write(offends, indent, key(last)+": # not set")
	}
}

// member is a field or an item with its value, as YAML.
func member(name string, value any, known bool) string {
	head := key(name) + ":"
	if isIndex(name) {
		head = "-"
	}
	if !known {
		return head + " " + unlisted
	}
	if text, is := value.(string); is {
		return head + " " + scalar(text)
	}
	raw, err := yaml.Marshal(value)
	text := strings.TrimSuffix(string(raw), "\n")
	switch {
	case err != nil:
		return head + " " + unlisted
	case !strings.Contains(text, "\n") && (isScalar(value) || text == "{}" || text == "[]"):
		return head + " " + text
	case isIndex(name):
		return "- " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	return head + "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

func isScalar(value any) bool {
	raw, err := json.Marshal(value)
	return err == nil && len(raw) > 0 && raw[0] != '{' && raw[0] != '['
}

func key(name string) string { return scalar(name) }

// scalar is a text as YAML, in one line.
func scalar(text string) string {
	raw, err := yaml.Marshal(text)
	if err != nil || bytes.Count(raw, []byte("\n")) > 1 {
		raw, _ = json.Marshal(text) // which is YAML, too
	}
	return strings.TrimSuffix(string(raw), "\n")
}

func isIndex(step string) bool {
	_, err := strconv.ParseUint(step, 10, 31)
	return err == nil
}

// steps are the names and indexes of a path as findings write it: spec.containers[0].limits[cpu].
func steps(path string) (all []string) {
	for path != "" {
		if rest, is := strings.CutPrefix(path, "["); is {
			name, after, _ := strings.Cut(rest, "]")
			all, path = append(all, name), strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			return append(all, path)
		}
		all, path = append(all, path[:end]), strings.TrimPrefix(path[end:], ".")
	}
	return all
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

func pointer(path string) (all []string) {
	for step := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		all = append(all, unescape.Replace(step))
	}
	return all
}

func same(a, b []string) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

var namedContainer = regexp.MustCompile(`\(container "([^"]+)"`)

func containerOf(message string) string {
	if found := namedContainer.FindStringSubmatch(message); found != nil {
		return found[1]
	}
	return ""
}

// mustNotBe is what is said of a value that can only be this one.
var mustNotBe = regexp.MustCompile(`^Forbidden: must not be (true|false)\b`)

// valueIn is the value that a message says is there. A default that nobody has written is none.
func valueIn(message string) (value any, written bool) {
	value, rest, found := cutValue(message)
	return value, found && strings.HasPrefix(rest, ": ")
}

// cutValue cuts a message into the value that is there and what is said of it.
func cutValue(message string) (value any, rest string, found bool) {
	if found := mustNotBe.FindStringSubmatch(message); found != nil {
		return found[1] == "true", message[len("Forbidden"):], true
	}
	head, rest, found := strings.Cut(message, " value: ")
	if !found || strings.Contains(head, ":") {
		return nil, message, false
	}
	decoder := json.NewDecoder(strings.NewReader(rest))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil, message, false
	}
	return value, rest[decoder.InputOffset():], true
}

// must is what must be: a message without what is there.
func must(message string) string {
	_, rest, _ := cutValue(message)
	if i := strings.Index(rest, "must "); i >= 0 {
		return rest[i:]
	}
	return message
}
