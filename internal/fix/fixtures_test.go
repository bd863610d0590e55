package fix

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/validators"
)

var update = flag.Bool("update", false, "write the table of what is fixed")

// fixture is one of the catalogue that fails when it is created, with the guardrail that refuses it.
type fixture struct {
	file    string
	options check.Options
}

// failing are the failing fixtures of a check, but for those about updates, deletions and connections.
func failing(t testing.TB, name string) (all []fixture) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("../../validators/testdata", name, "fail-*.yaml"))
	require.NoError(t, err)
	for _, file := range found {
		f := fixture{file: file}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		params, created := "{}", true
		for line := range strings.Lines(string(text)) {
			directive, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
			switch {
			case !strings.HasPrefix(line, "# "):
			case directive == "operation", directive == "subresource", directive == "request-kind":
				created = false
			case directive == "params":
				params = value
			case directive == "namespace-labels":
				require.NoError(t, yaml.Unmarshal([]byte(value), &f.options.NamespaceLabels))
			}
		}
		if created {
			f.options.Namespace = "shop"
			f.options.Objects = guardrailOf(t, fmt.Sprintf("validators: [{name: %s, params: %s}]", name, params))
			all = append(all, f)
		}
	}
	return all
}

// guardrailOf is one that matches everything.
func guardrailOf(t testing.TB, spec string) guardrail.Objects {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guardrail.yaml")
	text := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	objects, err := files.Load(file)
	require.NoError(t, err)
	return objects
}

// fixed runs fix on one file.
func fixed(t testing.TB, o Options, file string) *File {
	t.Helper()
	result, err := Run(context.Background(), o, strings.NewReader(""), func(*File) {}, file)
	require.NoError(t, err)
	require.Len(t, result.Files, 1)
	require.Empty(t, result.Errors)
	return result.Files[0]
}

func findings(t testing.TB, o check.Options, file string) int {
	t.Helper()
	r, err := check.Run(context.Background(), o, strings.NewReader(""), file)
	require.NoError(t, err)
	return len(r.Results)
}

// TestFixturesGolden writes the fixes of every failing fixture of the catalogue: `check` finds nothing
// any more that was said to be fixed, and a second run changes nothing. The golden table says of which
// checks findings can be fixed.
func TestFixturesGolden(t *testing.T) {
	var table bytes.Buffer
	fmt.Fprintln(&table, "# check, failing fixtures, those mended by `fix`, and those mended by `fix --unsafe`")
	for _, name := range validators.Names() {
		if v, _ := validators.Find(name); v.OverSet != nil {
			continue // it finds no single object at fault, and mends none
		}
		all, safe, unsafe := failing(t, name), 0, 0
		for _, f := range all {
			safe += assertFixed(t, f, false)
			unsafe += assertFixed(t, f, true)
		}
		fmt.Fprintf(&table, "%s %d %d %d\n", name, len(all), safe, unsafe)
	}
	const golden = "testdata/fixtures.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, table.Bytes(), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), table.String(), "`make generate` writes it")
}

// assertFixed answers 1 if all that was found in a fixture has been fixed.
func assertFixed(t *testing.T, f fixture, unsafe bool) int {
	t.Helper()
	text, err := os.ReadFile(f.file)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), filepath.Base(f.file))
	require.NoError(t, os.WriteFile(file, text, 0o644))

	before := findings(t, f.options, file)
	one := fixed(t, Options{Options: f.options, Unsafe: unsafe}, file)
	require.Empty(t, one.Errors, f.file)
	if len(one.Edits) == 0 {
		assert.Zero(t, one.Fixes, f.file)
		return 0
	}
	require.NoError(t, one.Write(), f.file)
	after := findings(t, f.options, file)
	assert.Equal(t, before-one.Fixes, after, "%s: what was fixed is found, or something else", f.file)
	assert.Len(t, one.Left, after, f.file)
	again := fixed(t, Options{Options: f.options, Unsafe: unsafe}, file)
	assert.Empty(t, again.Edits, "%s: a second run changes something", f.file)
	if after == 0 {
		return 1
	}
	return 0
}
