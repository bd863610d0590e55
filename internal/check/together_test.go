package check

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/sets"
)

// guardrailOf is a Guardrail that denies what one check finds.
func guardrailOf(t testing.TB, name, params string) guardrail.Objects {
	t.Helper()
	objects, err := guardrail.Parse("test", fmt.Appendf(nil,
		"apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: [{name: %s, params: %s}]}", name, params))
	require.NoError(t, err)
	return objects
}

// found is what is found in files, with their places or without.
func found(t testing.TB, objects guardrail.Objects, places bool, files ...string) (lines []string) {
	t.Helper()
	all, err := Run(t.Context(), Options{Objects: objects, Namespace: "shop"}, nil, files...)
	require.NoError(t, err)
	require.Empty(t, all.Errors)
	for _, r := range all.Results {
		if r.Validator == builtin.SchemaName {
			continue
		}
		line := fmt.Sprintf("%s %q: %s: %s", r.Kind, r.Name, r.Path, r.Message)
		if places {
			line = fmt.Sprintf("%s:%d:%d: %s", filepath.Base(r.File), r.Line, r.Column, line)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// The command finds what the fixtures say, in one file, in a file for each object, and in any order
// of these.
func TestWhatIsFoundTogetherDoesNotDependOnFiles(t *testing.T) {
	fixtures, err := filepath.Glob("../../validators/testdata/sets/*/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, fixtures)
	for _, file := range fixtures {
		name := filepath.Base(filepath.Dir(file))
		t.Run(name+"/"+filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			params, want := "{}", []string(nil)
			for line := range strings.Lines(string(text)) {
				if given, is := strings.CutPrefix(line, "# params: "); is {
					params = strings.TrimSpace(given)
				}
				if one, is := strings.CutPrefix(line, "# want: "); is {
					want = append(want, strings.TrimSpace(one))
				}
			}
			objects := guardrailOf(t, name, params)
			assert.Equal(t, want, found(t, objects, false, file))
			var files []string
			for i, document := range bytes.Split(text, []byte("\n---\n")) {
				files = append(files, filepath.Join(t.TempDir(), fmt.Sprintf("%d.yaml", i)))
				require.NoError(t, os.WriteFile(files[i], document, 0o600))
			}
			places := found(t, objects, true, files...)
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
			assert.Equal(t, want, found(t, objects, false, files...))
			assert.Equal(t, places, found(t, objects, true, files...), "and neither does the place")
		})
	}
}

// What was found in an object is told of no other one.
func TestAnObjectThatHasChangedIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	set, err := guardrail.Compile(guardrailOf(t, "dangling-service", "{}"), guardrail.Options{})
	require.NoError(t, err)
	write := func(text string) *manifest.Sources {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return manifest.Open(nil, file)
	}
	sources := write(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"},"spec":{"selector":{"app":"db"}}}`)
	e := &evaluator{set: set, fields: builtin.NewFields(), around: surroundingsIn(sources, Options{}), ignorable: ignorableIn(guardrail.Objects{})}
	for name, text := range map[string]string{
		"gone":    "# nothing\n",
		"renamed": `{"apiVersion":"v1","kind":"Service","metadata":{"name":"cache"}}`,
		"broken":  `{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"},"spec":{"ports":1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			to := e.again(t.Context(), write(text).Read(0), []*guardrail.InObject{{Object: sets.Object{Kind: "Service", Name: "db"}}})
			assert.Empty(t, to.Results)
			if name != "broken" { // of which what cannot be read is taken out
				assert.Equal(t, []string{`Service "db" has changed while it was evaluated: run the command again`}, to.Notes)
			}
		})
	}
}

// FuzzTogether: whatever the inputs are, all objects together are evaluated to the end, to the same
// findings in any order.
func FuzzTogether(f *testing.F) {
	fixtures, err := filepath.Glob("../../validators/testdata/sets/*/*.yaml")
	require.NoError(f, err)
	for _, file := range fixtures {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text), "web", "x")
	}
	names := overSetNames()
	objects, err := guardrail.Parse("test", []byte("apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: ["+names+"]}"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text, old, replaced string) {
		if old != "" {
			text = strings.ReplaceAll(text, old, replaced)
		}
		documents := strings.Split(text, "\n---\n")
		run := func() []string {
			all, err := Run(t.Context(), Options{Objects: objects}, strings.NewReader(strings.Join(documents, "\n---\n")), "-")
			require.NoError(t, err)
			var lines []string
			for _, r := range all.Results {
				if r.Validator != builtin.SchemaName {
					lines = append(lines, fmt.Sprintf("%s %s %s %s %s", r.Kind, r.Namespace, r.Name, r.Path, r.Message))
				}
			}
			for _, note := range all.Notes {
				assert.NotContains(t, note, "panicked")
			}
			slices.Sort(lines)
			return lines
		}
		first := run()
		slices.Reverse(documents)
		assert.Equal(t, first, run())
	})
}

// overSetNames are the checks over a set, as entries of a Guardrail.
func overSetNames() string {
	var names []string
	folders, _ := filepath.Glob("../../validators/testdata/sets/*")
	for _, folder := range folders {
		names = append(names, "{name: "+filepath.Base(folder)+"}")
	}
	return strings.Join(names, ", ")
}
