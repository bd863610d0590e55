package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest/block"
	"taffrail.dev/taffrail/internal/workload"
)

// FuzzEdits: whatever a document looks like and whatever a patch does to it, the text is edited to be
// what the patch makes of the object, or not at all. Comments that no edit spans are all there, and
// to edit it once more to be the same changes nothing.
func FuzzEdits(f *testing.F) {
	files, err := filepath.Glob("testdata/seeds/*")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for i, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		for n := range 24 {
			choices := make([]byte, 24)
			for j := range choices {
				choices[j] = byte(31*i + 7*n*n + 13*j*(n+1))
			}
			f.Add(text, filepath.Ext(file) == ".json", choices)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, isJSON bool, choices []byte) {
		was, err := read(text, isJSON)
		if err != nil || !utf8.Valid(text) || bytes.ContainsAny(text, "\u0085\u2028\u2029") || lonelyCR(text) {
			return
		}
		c := &chooser{choices}
		patch := c.patch(was)
		edits, err := editsOf(text, "", isJSON, patch)
		if err != nil {
			return
		}
		after := Apply(text, edits)
		if _, err := block.Silent(after); !isJSON && err != nil {
			return // a key in place of a merged y; fix reads what it has written, and refuses it
		}
		assertPatched(t, isJSON, text, after, patch)
		assertInOrder(t, text, edits)
		if isJSON {
			require.True(t, json.Valid(after), "%s", after)
		}
		want, err := read(after, isJSON)
		require.NoError(t, err)
		again, err := editsOf(after, "", isJSON, []workload.Operation{replace("", want)})
		if err != nil && !isJSON && block.Parse(after) == nil {
			return // it has come to be written in a form that is rare
		}
		require.NoError(t, err, "%s", after)
		assert.Empty(t, again, "%s", after)
	})
}

func lonelyCR(text []byte) bool {
	return bytes.Contains(bytes.ReplaceAll(text, []byte("\r\n"), nil), []byte("\r"))
}

func assertInOrder(t *testing.T, text []byte, edits []Edit) {
	t.Helper()
	at := 0
	for _, e := range edits {
		require.True(t, at <= e.Start && e.Start <= e.End && e.End <= len(text), "%v", edits)
		at = e.End
	}
}

// read reads a document that is an object, as the API server would.
func read(text []byte, isJSON bool) (any, error) {
	raw := text
	if !isJSON {
		var err error
		if raw, err = yaml.YAMLToJSON(text); err != nil {
			return nil, err
		}
		if _, err := block.Silent(text); err != nil { // whoever reads documents refuses it
			return nil, err
		}
	}
	var object map[string]any
	if twice, err := kjson.UnmarshalStrict(raw, &object); err != nil || len(twice) > 0 || object == nil {
		return nil, fmt.Errorf("is no object: %w", err)
	}
	return object, nil
}

// chooser makes a patch of choices.
type chooser struct{ choices []byte }

func (c *chooser) roll(n int) int {
	if len(c.choices) == 0 {
		return 0
	}
	first := c.choices[0]
	c.choices = c.choices[1:]
	return int(first) % n
}

func (c *chooser) patch(document any) (patch []workload.Operation) {
	root := &value{data: document, fresh: true}
	for range 1 + c.roll(6) {
		op, some := c.operation(root.plain())
		if !some || root.apply("", op) != nil {
			continue
		}
		patch = append(patch, op)
	}
	return patch
}

// operation is one that can be applied.
func (c *chooser) operation(document any) (op workload.Operation, some bool) {
	places := placesIn(document, "")
	op = workload.Operation{Path: places[c.roll(len(places))]}
	list := slices.Contains([]string{"-", "0"}, filepath.Base(op.Path))
	switch c.roll(4) {
	case 0:
		op.Op = "remove"
	case 1:
		op.Op, op.Value = "replace", c.value()
	default:
		op.Op, op.Value = "add", c.value()
		if c.roll(2) == 1 && !list && op.Path != "" {
			op.Path += "x"
		}
	}
	return op, op.Path != ""
}

func placesIn(data any, at string) (all []string) {
	all = append(all, at)
	switch d := data.(type) {
	case map[string]any:
		for _, name := range sortedNames(d) {
			all = append(all, placesIn(d[name], at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name))...)
		}
	case []any:
		for i, one := range d {
			all = append(all, placesIn(one, at+"/"+strconv.Itoa(i))...)
		}
		all = append(all, at+"/-")
	}
	return all
}

func (c *chooser) value() any {
	return []any{
		"text", true, 7, "yes",
		object{"name": "a", "value": "1e3"},
		[]any{"a", "b"},
		object{},
		[]any{},
		1.5,
		object{"b": object{"c": []any{object{"d": 1, "e": object{"f": "g"}}, "h"}}},
		"one\n two\n\nthree\n", " x",
		[]any{[]any{1}, object{"a": nil}},
	}[c.roll(13)]
}
